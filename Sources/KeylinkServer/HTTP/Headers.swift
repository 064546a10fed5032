import HTTPTypes

import Hummingbird
import KeylinkAPI

/// Which web origins may call the API from a browser.
public enum CORSOrigins: Sendable, Hashable {
    case any
    case only(Set<String>)

    /// `*`, or origins such as `https://example.org` separated by commas; nil for anything else.
    init?(_ text: String) {
        guard text != "*" else {
            self = .any
            return
        }
        let origins = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0.filter { $0 != " " }) }
        let isOrigin = { (origin: String) in
            let host = origin.split(separator: "/", omittingEmptySubsequences: false)
            return host.count == 3 && (host[0] == "https:" || host[0] == "http:" || host[0] == "chrome-extension:")
                && !host[2].isEmpty
        }
        guard origins.allSatisfy(isOrigin) else { return nil }
        self = .only(Set(origins))
    }

    /// The value of `Access-Control-Allow-Origin` for a request from there; nil where it may not read the answer.
    func allowed(_ origin: String?) -> String? {
        switch self {
        case .any: "*"
        case .only(let origins): origin.flatMap { origins.contains($0) ? $0 : nil }
        }
    }
}

/// What every answer carries, whatever it is, so that no route can forget it: this stands outside all others.
struct HeadersMiddleware: RouterMiddleware {
    typealias Context = KeylinkContext

    let origins: CORSOrigins
    /// TLS ends here, so that browsers may be told never to come without it.
    let isSecure: Bool

    func handle(
        _ request: Request, context: KeylinkContext, next: @concurrent (Request, KeylinkContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        let isAPI = request.isForAPI
        let fields = isAPI ? Self.apiHeaders : Self.siteHeaders(of: response.headers[.contentType])
        for (name, value) in fields where !response.headers.contains(name) {
            response.headers.append(HTTPField(name: name, value: value))
        }
        if isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        if isAPI { share(&response, with: request) }
        // HEAD answers as GET does: the same headers, the length too, and no octets.
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// CORS, without credentials.
    private func share(_ response: inout Response, with request: Request) {
        if case .only = origins { response.headers[.vary] = "Origin" }
        guard let origin = origins.allowed(request.headers[.origin]) else { return }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = Self.exposed
        guard request.method == .options, let endpoint = Endpoint.matching(request.uri.path) else { return }
        response.headers[.accessControlAllowMethods] = endpoint.allow
        response.headers[.accessControlAllowHeaders] = Self.allowed
        response.headers[.accessControlMaxAge] = "86400"
    }

    private static let exposed =
        "Location, Retry-After, Content-Range, Accept-Ranges, Content-Length, WWW-Authenticate"
    private static let allowed = [
        HeaderName.authorization, "Content-Type", HeaderName.idempotencyKey, HeaderName.range, HeaderName.linkVerifier,
        HeaderName.accessVerifier, HeaderName.receiptVerifier,
    ].joined(separator: ", ")

    private static let apiHeaders: [(HTTPField.Name, String)] = [
        (.xContentTypeOptions, "nosniff"),
        (.referrerPolicy, "no-referrer"),
        (.crossOriginOpenerPolicy, "same-origin"),
        (.cacheControl, "no-store"),
        (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"),
        (.crossOriginResourcePolicy, "cross-origin"),
    ]
    private static func siteHeaders(of type: String?) -> [(HTTPField.Name, String)] {
        PageHeaders.of(type).map { (HTTPField.Name.named($0.name), $0.value) } + [(.cacheControl, "no-cache")]
    }
}

extension Request {
    /// Whether programs ask, and are answered in JSON whatever it is.
    var isForAPI: Bool {
        let parts = uri.path.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1)
        return parts.first.map { Substring($0) == "api" } ?? false
    }
}

extension HTTPField.Name {
    static let linkVerifier = named(HeaderName.linkVerifier)
    static let accessVerifier = named(HeaderName.accessVerifier)
    static let receiptVerifier = named(HeaderName.receiptVerifier)
    static let idempotencyKey = named(HeaderName.idempotencyKey)
    static let referrerPolicy = named("Referrer-Policy")
    static let crossOriginOpenerPolicy = named("Cross-Origin-Opener-Policy")
    static let xRobotsTag = named("X-Robots-Tag")
    static let link = named("Link")
    static let ifRange = named("If-Range")
    static let xForwardedFor = named("X-Forwarded-For")

    fileprivate static func named(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is a field name") }
        return field
    }
}
