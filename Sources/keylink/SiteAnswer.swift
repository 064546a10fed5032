internal import KeylinkAPI
internal import KeylinkClient

/// What is wrong with one answer.
struct SiteAnswer {
    let ask: SiteAsk
    let index: SiteIndex
    let sent: SentFile

    typealias Problem = (what: SiteCheck.Finding.Kind, detail: String)

    /// - Parameter isKnown: whether the server was told of a copy that it may say is still good.
    func problems(isKnown: Bool = false) -> [Problem] {
        if ask.isOptional, sent.status == 404 { return [] }
        if isKnown, sent.status == 304 { return headers(isStored: true) }
        guard sent.status == ask.status else { return [(.missing, "status \(sent.status)")] }
        return content() + headers(isStored: false)
    }

    /// More than the file has: what was packed anew may be somewhat larger than it.
    static func limit(_ file: SiteIndex.File) -> Int { file.size + file.size / 100 + 1024 }

    private func content() -> [Problem] {
        guard sent.octets.count <= Self.limit(ask.file) else { return [(.differs, "longer than \(ask.file.size) bytes")] }
        let encoding = sent.values("Content-Encoding").joined(separator: ", ").lowercased()
        // What arrives says what it is: a proxy on the way may well take a form apart, or pack it anew.
        let isRight =
            switch encoding {
            case "", "identity": integrity(sent.octets) == ask.file.integrity
            case "gzip":
                integrity(sent.octets) == ask.file.compressed["gzip"]
                    || Gzip.unpacked(sent.octets, limit: ask.file.size).map(integrity) == ask.file.integrity
            default: ask.file.compressed[encoding].map { integrity(sent.octets) == $0 } ?? false
            }
        if !isRight { return [(.differs, encoding.isEmpty ? "identity" : printable(encoding, limit: 20))] }
        let type = sent.values("Content-Type")
        return type == [ask.file.type] ? [] : [(.differs, "served as \(printable(type.joined(separator: ", "), limit: 60))")]
    }

    /// - Parameter isStored: the answer is about a copy that keeps the headers it came with; those that come now replace them.
    private func headers(isStored: Bool) -> [Problem] {
        let caching = [(name: "Cache-Control", value: PageHeaders.caching(immutable: ask.file.immutable))]
        let wrong = (PageHeaders.of(ask.file.type) + caching).filter { name, value in
            let values = sent.values(name)
            if isStored, values.isEmpty { return false }
            // A second policy only forbids more; of the others, a second value makes the first one void.
            return name == "Content-Security-Policy" ? !values.contains(value) : values != [value]
        }
        let unknown = Set(sent.headers.map { $0.name.lowercased() }).filter { !Self.isHarmless($0) }
        let link = sent.values("Link")
        let isLinkWrong = !(link.isEmpty || link.count == 1 && preloads.contains(link[0]))
        return (wrong.map(\.name) + (isLinkWrong ? ["Link"] : []) + unknown.sorted()).map {
            (.header, printable($0, limit: 60))
        }
    }

    /// The catalogue that a page needs is all that it may have sent ahead.
    private var preloads: [String] {
        ask.file.type.hasPrefix("text/html") ? index.catalogues.values.map { SiteIndex.preload(ask.root + $0) } : []
    }

    /// What the server sends, or a proxy in front of it usually adds. None of it changes what a page is or may do.
    private static func isHarmless(_ name: String) -> Bool {
        if expected.contains(name) || harmless.contains(name) { return true }
        return ["x-", "cf-"].contains { name.hasPrefix($0) } && name != "x-sourcemap"
    }

    private static let expected = Set(
        ["cache-control", "content-encoding", "content-length", "content-type", "link"]
            + PageHeaders.of("text/html").map { $0.name.lowercased() })

    private static let harmless: Set = [
        "accept-ranges", "age", "alt-svc", "cache-status", "cdn-cache-control", "connection", "date", "etag", "expires",
        "keep-alive",
        "last-modified", "pragma", "priority", "proxy-status", "server", "server-timing", "strict-transport-security", "trailer",
        "transfer-encoding", "vary", "via",
    ]
}
