internal import ArgumentParser
internal import Envelope
internal import Foundation
internal import KeylinkAPI
internal import KeylinkClient
internal import SystemPackage

struct Share: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Seal files or standard input and print the link that opens them once.",
        discussion: """
            Standard input of at most 1 MiB that is text becomes a text, anything longer or else a file; --name makes it a file in any \
            case. The link is all that \
            goes to standard output. The receipt, which tells whether it was opened and can take it back, is kept for keylink list.
            """)

    @Argument(help: "What to share; - or nothing stands for standard input.")
    var files: [String] = []

    @Option(help: ArgumentHelp("Until when it can be opened: 30m, 12h, 7d.", valueName: "time"), transform: { try parseTime($0) })
    var ttl: Int64?

    @Option(help: ArgumentHelp("How often it can be opened.", valueName: "number"))
    var views: Int?

    @Option(help: ArgumentHelp("What the file from standard input is called.", valueName: "name"))
    var name: String?

    @OptionGroup var newPassphrase: NewPassphraseOptions

    @Flag(help: "Draw the link as a QR code on standard error.")
    var qr = false

    @Flag(help: "Put the link onto the clipboard too.")
    var copy = false

    @Flag(help: "Print the link, the receipt link and what goes with them as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Where the token is that a server may ask for.", valueName: "file"))
    var createTokenFile: String?

    @OptionGroup var server: ServerOptions

    func validate() throws {
        if let views, views < 1 { throw ValidationError("--views is a number from 1 on") }
    }

    mutating func run() async throws {
        let settings = try Settings.load()
        let client = KeylinkClient(try server.address(settings), clock: PatientClock())
        let clipboard = copy ? try Clipboard.find() : nil
        let options = try sharingOptions(settings)
        // Asked before anybody types: what was typed for a server that is not there would be lost.
        let known = asksSomebody ? try await allowed(options, by: client) : nil
        let shipment = try Inputs.shipment(files, name: name)
        let (passphrase, generated) = try newPassphrase.passphrase()
        // Asked first: what the server would refuse is neither sealed nor sent.
        let limits = if let known { known } else { try await allowed(options, by: client) }

        let progress = ProgressLine("Sent")
        defer { progress.finish() }
        let shared = try await client.share(shipment, passphrase: passphrase, options: options, limits: limits) {
            progress.update($0, of: $1)
        }
        progress.finish()
        keepReceipt(of: shared)
        try tell(shared, generated: generated)
        try clipboard?.copy(shared.link.text)
    }

    private func sharingOptions(_ settings: Settings) throws -> SharingOptions {
        let token = try (createTokenFile ?? settings.createTokenFile).map(readToken)
        return SharingOptions(ttl: try ttl ?? settings.ttl.map(parseTime), views: views ?? settings.views, createToken: token)
    }

    private func readToken(_ path: String) throws -> String {
        do {
            let token = String(decoding: try Files.read(FilePath(path), upTo: 4096), as: UTF8.self).trimmingCharacters(
                in: .whitespacesAndNewlines)
            // What goes into a header must not be able to begin another.
            guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw Failure(.usage, "\(printable(path)) does not hold a token")
            }
            return token
        } catch let error as Errno {
            throw Failure(.failed, "\(printable(path)): \(error)")
        }
    }

    private var asksSomebody: Bool { Inputs.areTyped(files) || newPassphrase.ask && Terminal.isThere }

    /// The server's limits, which the options are within.
    private func allowed(_ options: SharingOptions, by client: KeylinkClient) async throws -> Limits {
        let limits = try await client.limits()
        try check(options, against: limits)
        return limits
    }

    private func check(_ options: SharingOptions, against limits: Limits) throws {
        if let ttl = options.ttl, limits.ttl.min <= limits.ttl.max, !(limits.ttl.min...limits.ttl.max).contains(ttl) {
            let (least, most) = (duration(Int(limits.ttl.min)), duration(Int(limits.ttl.max)))
            throw Failure(.refused, "the server keeps secrets from \(least) to \(most)")
        }
        if let views = options.views, views > limits.maxViews {
            throw Failure(.refused, "the server lets a secret be opened at most \(limits.maxViews) times")
        }
        if limits.createToken, options.createToken == nil { throw ClientError.refused(.missingToken) }
    }

    /// A receipt that cannot be kept is worth a word, but no reason to withhold the link.
    private func keepReceipt(of shared: borrowing Shared) {
        do {
            guard let state = StateFolder(environment: ProcessInfo.processInfo.environment) else {
                throw Errno.noSuchFileOrDirectory
            }
            try ReceiptRecords(in: state).add(
                ReceiptRecord(
                    receiptLink: shared.receiptLink.text, sharedAt: .now, expiresAt: shared.expiresAt, views: shared.views))
        } catch {
            Console.hint("the receipt could not be kept: \(Failure(error).message)")
        }
    }

    private func tell(_ shared: borrowing Shared, generated: String?) throws {
        if json {
            try Console.write(
                json: Report(
                    link: shared.link.text, id: shared.link.id, receiptLink: shared.receiptLink.text, expiresAt: shared.expiresAt,
                    views: shared.views, passphrase: generated))
        } else {
            if let generated { Console.line("Passphrase: \(generated)") }
            try Console.write(line: shared.link.text)
        }
        if qr {
            guard let code = QRCode(shared.link.text) else { throw Failure(.failed, "the link is too long for a QR code") }
            Console.line(code.text(coloured: Console.errorIsTerminal))
        }
        if Console.errorIsTerminal {
            let often = shared.views == 1 ? "once" : "\(shared.views) times"
            Console.line("It opens \(often), until \(localTime(shared.expiresAt)).")
        }
    }

    private struct Report: Encodable {
        let link, id, receiptLink: String
        let expiresAt: Timestamp
        let views: Int
        /// Only where it was made up here; left out otherwise.
        let passphrase: String?
    }
}

func parseTime(_ text: String) throws -> Int64 {
    guard let seconds = seconds(text) else {
        throw ValidationError("a time looks like 90s, 30m, 12h, 7d or 2w, not \(printable(text, limit: 40))")
    }
    return seconds
}
