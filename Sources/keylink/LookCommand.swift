internal import ArgumentParser
internal import Envelope
internal import KeylinkAPI
internal import KeylinkClient
internal import Sodium

struct LookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "look", abstract: "Tell what a link leads to. Nothing is opened, nothing is used up.")

    @OptionGroup var linkArgument: LinkArgument

    @Flag(help: "Print it as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let link = try linkArgument.parse()
        let client = KeylinkClient(try ServerAddress(link.base, insecure: connection.insecure))
        let look = try await client.look(link)
        guard let bytes = Base64URL.decode(look.parameters) else { throw EnvelopeError.malformedHeader }
        let needsPassphrase = try Opening(parameters: Parameters(parsing: bytes), linkKey: link.key).parameters.needsPassphrase
        if json {
            let report = Report(
                id: link.id, size: look.size, expiresAt: look.expiresAt, viewsLeft: look.viewsLeft, passphrase: needsPassphrase)
            try Console.write(json: report)
        } else {
            try Console.write(
                line: """
                    Size        \(size(look.size)) at most
                    Expires     \(localTime(look.expiresAt))
                    Views left  \(look.viewsLeft)
                    Passphrase  \(needsPassphrase ? "needed" : "none")
                    """)
        }
    }

    private struct Report: Encodable {
        let id: String
        let size: Int64
        let expiresAt: Timestamp
        let viewsLeft: Int
        let passphrase: Bool
    }
}
