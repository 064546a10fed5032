internal import ArgumentParser
internal import Foundation
internal import KeylinkAPI
internal import KeylinkClient

struct VerifySite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-site",
        abstract: "Compare the pages that a server serves with those of this version.",
        discussion: """
            Every file, in every form that browsers ask for, and the headers that protect the pages. Each one that is \
            wrong is a line; the exit code is 0 where none is, and 1 otherwise.

            It tells what this server sends to this machine now. A server can send others something else: ask again from \
            elsewhere, or open links with this command, which runs no script of a server.
            """)

    @Argument(help: ArgumentHelp("The server's address, such as https://keylink.example.", valueName: "url"))
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
        let check = SiteCheck(index: index, client: KeylinkClient(try ServerAddress(address, insecure: connection.insecure)))
        let served = try await check.served()
        let extra = Set(served?.files.keys ?? [:].keys).subtracting(index.files.keys)
        let findings = try await check.findings() + extra.sorted().map { .init(what: .extra, path: printable($0), detail: "") }
        try report(findings, index, version: served?.version)
        guard findings.isEmpty else { throw failure(findings, index, version: served?.version) }
    }

    private func report(_ findings: [SiteCheck.Finding], _ index: SiteIndex, version: String?) throws {
        if json {
            let report = Report(
                version: index.version, servedVersion: version.map { printable($0, limit: 40) }, files: index.files.count,
                findings: findings)
            return try Console.write(json: report)
        }
        for finding in findings {
            let path = "/" + finding.path + (finding.detail.isEmpty ? "" : " (\(finding.detail))")
            try Console.write(line: finding.what.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0) + path)
        }
        if findings.isEmpty {
            try Console.write(line: "all \(index.files.count) files are those of version \(index.version)")
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
