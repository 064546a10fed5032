internal import ArgumentParser
internal import Foundation
internal import KeylinkAPI
internal import KeylinkClient

struct VerifySite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-site",
        abstract: "Compare the pages that a server serves with those of this version.",
        discussion: """
            Every file, in every form and way that browsers ask for it, and every header. It asks as Chrome, Firefox and Safari \
            do, for readers of all languages. Each thing that is wrong is a line; the exit code is 0 where none is, and 1 otherwise.

            \(limits) Ask again from elsewhere, or open links with this command, which runs no script of a server.
            """)

    /// What no check from outside can see, in one sentence each.
    static let limits = """
        This is what browsers get here and now. A server can still tell this command by how it speaks TLS and HTTP, or by its \
        address, and send others something else; it can do so later, for one chosen link, or at an address that no page leads to.
        """

    @Argument(
        help: ArgumentHelp(
            "The server's address, such as https://keylink.example, or that of a link's page, which is checked too. Leave out what "
                + "stands after the #: it is not needed.", valueName: "url"))
    var address: String

    @Flag(help: "Print it as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        guard let index = try BuiltSite.read() else {
            throw Failure(
                .failed, "this keylink was built without the pages, and has nothing to compare with",
                hint: "make build builds the pages first, then the command")
        }
        let (base, page) = Self.parts(of: address)
        let server = try ServerAddress(base, insecure: connection.insecure)
        let (findings, served) = try await SiteCheck(index: index, server: server, linkPage: page).run()
        try report(findings, index, version: served?.version)
        guard findings.isEmpty else { throw failure(findings, index, version: served?.version) }
    }

    /// The server, and the page below it that the address is of, if it is a link's.
    static func parts(of address: String) -> (base: String, page: String?) {
        let names = address.prefix { $0 != "#" }.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count > 4, ["s", "r"].contains(names[names.count - 2]), let id = SecretID(names[names.count - 1]) else {
            return (address, nil)
        }
        return (names.dropLast(2).joined(separator: "/"), names[names.count - 2] + "/" + id.text)
    }

    private func report(_ findings: [SiteCheck.Finding], _ index: SiteIndex, version: String?) throws {
        if json {
            let report = Report(
                version: index.version, servedVersion: version.map { printable($0, limit: 40) }, files: index.files.count,
                findings: findings)
            return try Console.write(json: report)
        }
        for finding in findings {
            let browsers = finding.browsers.isEmpty ? [] : ["to " + finding.browsers.joined(separator: ", ")]
            let details = ((finding.detail.isEmpty ? [] : [finding.detail]) + browsers).joined(separator: "; ")
            let path = "/" + finding.path + (details.isEmpty ? "" : " (\(details))")
            try Console.write(line: finding.what.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0) + path)
        }
        if findings.isEmpty {
            try Console.write(line: "all \(index.files.count) files are those of version \(index.version)")
            try Console.write(line: Self.limits)
        }
    }

    private func failure(_ findings: [SiteCheck.Finding], _ index: SiteIndex, version: String?) -> Failure {
        let places = Set(findings.map(\.path)).count
        let failure = Failure(
            .failed, "\(places == 1 ? "one address is" : "\(places) addresses are") not as in version \(index.version)")
        guard let version, version != index.version else {
            return failure.with(hint: "do not share or open anything on its pages until you know why")
        }
        return failure.with(
            hint: "the server says that it is version \(printable(version, limit: 40)): check it with keylink of that version")
    }

    private struct Report: Encodable {
        let version: String
        /// As the server says.
        let servedVersion: String?
        /// How many there are to a site of this version.
        let files: Int
        let findings: [SiteCheck.Finding]
    }
}
