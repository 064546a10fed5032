internal import Foundation
internal import KeylinkAPI
internal import KeylinkClient
internal import Sodium

/// Compares what a server serves with what an index says: every file, every page at each of its addresses, in every form that
/// browsers ask for, with the headers that hold a page together.
struct SiteCheck: Sendable {
    /// What is wrong, and where.
    struct Finding: Encodable, Hashable, Comparable, Sendable {
        enum Kind: String, Encodable {
            /// Other octets, or another media type.
            case differs
            /// Not served.
            case missing
            /// Named by the server, and not of this version.
            case extra
            /// A header that protects the page is missing or another, or there is one that a page never has.
            case header
        }

        let what: Kind
        /// Relative to the server's address; empty for that address itself.
        let path: String
        let detail: String

        static func < (one: Finding, other: Finding) -> Bool {
            (one.path, one.what.rawValue, one.detail) < (other.path, other.what.rawValue, other.detail)
        }
    }

    let index: SiteIndex
    let client: KeylinkClient

    /// All that is wrong, in the order of the paths.
    ///
    /// - Throws: `ClientError` where the server cannot be reached.
    func findings() async throws -> [Finding] {
        let requests = try requests()
        return try await withThrowingTaskGroup(of: [Finding].self) { group in
            var found = Set<Finding>()
            for (number, request) in requests.enumerated() {
                if number >= Self.atOnce, let findings = try await group.next() { found.formUnion(findings) }
                group.addTask { try await check(request) }
            }
            for try await findings in group { found.formUnion(findings) }
            return found.sorted()
        }
    }

    /// The version that the server itself says its pages are of, and what they are called; nil where it does not say.
    func served() async throws -> SiteIndex? {
        let file = try await client.file(SiteIndex.path, encoding: "identity", limit: Self.longestIndex)
        guard file.status == 200, file.octets.count <= Self.longestIndex else { return nil }
        return try? JSON.decode(SiteIndex.self, from: file.octets)
    }

    /// How many requests are under way at once.
    private static let atOnce = 6
    private static let longestIndex = 1 << 20

    private struct Request: Sendable {
        /// As it is asked for.
        let path: String
        let encoding: String
        let file: SiteIndex.File
    }

    private func requests() throws -> [Request] {
        // Every ID has the same page, so this checks what a reader gets without having a link.
        let id = Base64URL.encode(Random.bytes(16))
        let pages = [
            (path: "", name: SiteIndex.indexPage), ("s/\(id)", SiteIndex.openPage), ("r/\(id)", SiteIndex.receiptPage),
        ]
        let places =
            try pages.map { path, name in
                guard let file = index.files[name] else { throw Failure(.failed, "this command has no page \(name)") }
                return (path, file)
            } + index.files.map { ($0, $1) }
        return places.flatMap { path, file in
            (["identity"] + file.compressed.keys.sorted()).map { Request(path: path, encoding: $0, file: file) }
        }
    }

    private func check(_ request: Request) async throws -> [Finding] {
        let (path, file) = (request.path, request.file)
        let sent = try await client.file(path, encoding: request.encoding, limit: file.size)
        guard sent.status == 200 else {
            return [Finding(what: .missing, path: path, detail: "status \(sent.status)")]
        }
        return content(sent, request) + headers(sent, request)
    }

    private func content(_ sent: SentFile, _ request: Request) -> [Finding] {
        let differs = { (detail: String) in [Finding(what: .differs, path: request.path, detail: detail)] }
        // A proxy on the way may well take a compressed form apart: what arrives says what it is.
        let encoding = sent.values("Content-Encoding").first ?? "identity"
        let expected = encoding == "identity" ? request.file.integrity : request.file.compressed[encoding]
        guard let expected, encoding == request.encoding || encoding == "identity" else {
            return differs("sent as \(printable(encoding, limit: 20))")
        }
        guard sent.octets.count <= request.file.size else { return differs("longer than \(request.file.size) bytes") }
        guard Self.integrity(sent.octets) == expected else { return differs(encoding) }
        let type = sent.values("Content-Type")
        return type == [request.file.type] ? [] : differs("served as \(printable(type.joined(separator: ", "), limit: 60))")
    }

    private func headers(_ sent: SentFile, _ request: Request) -> [Finding] {
        let wrong = PageHeaders.of(request.file.type).filter { name, value in
            // A second policy only forbids more; of the others, a second value makes the first one void.
            name == "Content-Security-Policy" ? !sent.values(name).contains(value) : sent.values(name) != [value]
        }
        return (wrong.map(\.name) + Self.unwanted.filter { !sent.values($0).isEmpty }).map {
            Finding(what: .header, path: request.path, detail: $0)
        }
    }

    /// Headers that lead a page, or what is known of its visitors, somewhere else.
    private static let unwanted = [
        "Content-Security-Policy-Report-Only", "Link", "NEL", "Refresh", "Report-To", "Reporting-Endpoints", "Speculation-Rules",
    ]

    static func integrity(_ octets: [UInt8]) -> String {
        "sha256-" + Data(sha256(octets)).base64EncodedString()
    }
}
