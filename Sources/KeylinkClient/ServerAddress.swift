internal import Envelope
package import KeylinkAPI
internal import Sodium

/// Where a server is: everything of a link before its `/s/`.
public struct ServerAddress: Hashable, Sendable {
    /// `http://` or `https://`, host, port and path, without a slash at the end.
    public let base: String

    /// - Parameter insecure: also speak plain `http` with a host that is not this machine. Whoever is on the way could
    ///   then read tokens and claim in the reader's place, though never read the secret.
    /// - Throws: ``ClientError/malformedAddress(_:)``, ``ClientError/plainHTTP(host:)``.
    public init(_ base: String, insecure: Bool = false) throws(ClientError) {
        let trimmed = base.hasSuffix("/") ? String(base.dropLast()) : base
        // An address is what a link can be made of, no more and no less: the format's own parser says so.
        let id = Base64URL.encode([UInt8](repeating: 0, count: 16))
        guard (try? Link(base: trimmed, id: id, key: Key(copying: [UInt8](repeating: 0, count: Key.count)))) != nil else {
            throw .malformedAddress(base)
        }
        let host = Self.host(of: trimmed)
        if trimmed.hasPrefix("http:"), !insecure, !Self.isLoopback(host) { throw .plainHTTP(host: host) }
        self.base = trimmed
    }

    package func url(_ route: Route, query: String = "") -> String {
        base + route.path + query
    }

    package var isSecure: Bool { base.hasPrefix("https:") }

    /// Whether browsers trust the way there, and have all their features.
    package var isTrustworthy: Bool { isSecure || Self.isLoopback(Self.host(of: base)) }

    /// Host and port as browsers name them: without the port that the scheme has by itself.
    package var authority: String {
        let written = base.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" }
        let usual = isSecure ? ":443" : ":80"
        return String(written.hasSuffix(usual) ? written.dropLast(usual.count) : written)
    }

    package var origin: String { (isSecure ? "https://" : "http://") + authority }

    /// The host of a base that has the right form, with the brackets of an IPv6 address.
    static func host(of base: String) -> String {
        let authority = base.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" }
        if let bracket = authority.firstIndex(of: "]") { return String(authority[...bracket]) }
        return String(authority.prefix { $0 != ":" })
    }

    /// Whether requests to `host` stay on this machine: `localhost` and its subdomains (RFC 6761 § 6.3), 127.0.0.0/8, `[::1]`.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers.allSatisfy { $0 != nil } && numbers.first == 127
    }
}
