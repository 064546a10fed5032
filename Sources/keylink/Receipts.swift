internal import ArgumentParser
internal import Envelope
internal import Foundation
internal import KeylinkAPI
internal import KeylinkClient
internal import SystemPackage

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tell what became of a secret that you shared.")

    @OptionGroup var receiptArgument: ReceiptArgument

    @Flag(help: "Print it as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let link = try receiptArgument.parse()
        let client = KeylinkClient(try ServerAddress(link.base, insecure: connection.insecure))
        let receipt = try await client.receipt(link)
        if json { return try Console.write(json: receipt) }
        let ended = receipt.endedAt.map { ", \(localTime($0))" } ?? ""
        try Console.write(
            line: """
                State       \(receipt.state.rawValue)\(ended)
                Shared      \(localTime(receipt.createdAt))
                Expires     \(localTime(receipt.expiresAt))
                Views left  \(receipt.viewsLeft) of \(receipt.views)
                Wrong tries \(receipt.failedClaims)
                """)
        for event in receipt.events { try Console.write(line: "\(localTime(event.at))  \(event.what.rawValue)") }
    }
}

struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take back a secret that you shared: it is destroyed at once.")

    @OptionGroup var receiptArgument: ReceiptArgument
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let link = try receiptArgument.parse()
        let client = KeylinkClient(try ServerAddress(link.base, insecure: connection.insecure))
        try await client.revoke(link)
        if Console.errorIsTerminal { Console.line("It is gone.") }
    }
}

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the receipts of what you shared from here.",
        discussion:
            "One a line, oldest first: when it was shared, when it expires, how often it can be opened, the receipt link. Asks no server."
    )

    @Flag(help: "Print them as JSON.")
    var json = false

    func run() throws {
        guard let state = StateFolder(environment: ProcessInfo.processInfo.environment) else { return }
        let records = try ReceiptRecords(in: state).list(now: .now)
        if json { return try Console.write(json: records) }
        for record in records {
            try Console.write(line: "\(record.sharedAt)\t\(record.expiresAt)\t\(record.views)\t\(record.receiptLink)")
        }
    }
}

/// The receipt link that `status` and `revoke` are about.
struct ReceiptArgument: ParsableArguments {
    @Argument(help: "The receipt link, as keylink list prints it, or - to read it from standard input.")
    var receipt: String

    /// - Throws: a `LinkFault` where it is none.
    func parse() throws -> ReceiptLink {
        let mended = try MendedLink(try pastedText(receipt))
        if (try? Link(parsing: mended.text)) != nil {
            throw Failure(
                .usage, "this is the link to the secret, not its receipt",
                hint: "keylink list prints the receipts of what you shared")
        }
        return try ReceiptLink(parsing: mended.text)
    }
}
