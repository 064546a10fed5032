internal import ArgumentParser
internal import Envelope
internal import Foundation
internal import KeylinkAPI
internal import KeylinkClient
internal import SystemPackage

struct Open: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open a link: a text goes to standard output, files go to the current folder.",
        discussion: """
            A wrong passphrase opens nothing and takes no view; the sender sees that it was tried. Interrupted, the same command opens the secret without taking another view, for as long \
            as the server holds the claim. Files are named as the sender named them where that is harmless and free, and nothing is overwritten without --force.
            """)

    @OptionGroup var linkArgument: LinkArgument

    @Option(
        name: .shortAndLong, help: ArgumentHelp("A folder to write everything to, or - for standard output.", valueName: "folder")
    )
    var output: String?

    @Flag(help: "Overwrite files that have the same name.")
    var force = false

    @OptionGroup var passphraseOptions: KnownPassphraseOptions

    @Flag(help: "Describe what was opened as JSON, texts included.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if json, output == "-" { throw ValidationError("--json and --output - exclude each other") }
    }

    mutating func run() async throws {
        let link = try linkArgument.parse()
        let client = KeylinkClient(try ServerAddress(link.base, insecure: connection.insecure), clock: PatientClock())
        guard let state = StateFolder(environment: ProcessInfo.processInfo.environment) else {
            throw Failure(.failed, "neither HOME nor XDG_STATE_HOME says where to remember what is being opened")
        }
        let records = try ClaimRecords(link, in: state)
        var opener = try Opener(client: client, records: records, earlier: records.read())
        let delivery = try Delivery(output, overwriting: force, json: json, tag: opener.tag)
        try await opener.prepare(link)
        try delivery.check()
        try await opener.claim(passphraseOptions)
        do {
            try await opener.deliver(to: delivery)
            try delivery.commit()
            try delivery.report(id: link.id)
        } catch {
            try delivery.discard()
            throw opener.explained(error)
        }
        // From here on the server's copy may be gone: nothing that can fail and matters comes after it.
        await opener.acknowledge()
        delivery.tell()
    }
}

/// The link that `open` and `look` are about.
struct LinkArgument: ParsableArguments {
    @Argument(help: "The link, or - to read it from standard input, where nobody sees it.")
    var link: String

    /// - Throws: a `LinkFault` where it is no link.
    func parse() throws -> Link {
        let mended = try MendedLink(try pastedText(link))
        switch mended.exposure {
        case .escaped:
            Console.hint("on its way to you the # became %23, so the key may have been sent to the server; tell the sender")
        case .wrapped:
            Console.hint("this link came inside the address of a link scanner, which may have seen its key; tell the sender")
        case nil: break
        }
        if (try? ReceiptLink(parsing: mended.text)) != nil {
            throw Failure(.usage, "this is a receipt, not the link to the secret", hint: "keylink status tells what became of it")
        }
        return try Link(parsing: mended.text)
    }
}

/// The argument itself, or what standard input holds in its place.
func pastedText(_ argument: String) throws -> String {
    guard argument == "-" else { return argument }
    return String(decoding: try Files.readAll(.standardInput, upTo: 64 << 10), as: UTF8.self)
}
