import Foundation
import HTTPTypes
import Hummingbird

/// The paths this server knows and what may be done with each: what is registered with the router, what a 405 allows and
/// what a preflight is told all come from here.
struct Endpoint: Sendable {
    /// As the log names it: never a path with an ID in it.
    let name: String
    /// The router's pattern, such as `/api/v1/secrets/{id}`.
    let pattern: String
    let methods: [HTTPRequest.Method]
    private let hasID: Bool
    private let beforeID: String
    private let afterID: String

    static let limits = Endpoint("limits", "/api/v1/limits", .get)
    static let secrets = Endpoint("secrets", "/api/v1/secrets", .post)
    static let secret = Endpoint("secret", "/api/v1/secrets/{id}", .get, .delete)
    static let claim = Endpoint("claim", "/api/v1/secrets/{id}/claim", .get, .post, .delete)
    static let receipt = Endpoint("receipt", "/api/v1/secrets/{id}/receipt", .get)
    static let specification = Endpoint("specification", "/api/v1/openapi.yaml", .get)
    static let indexPage = Endpoint("index-page", "/", .get)
    static let openPage = Endpoint("open-page", "/s/{id}", .get)
    static let receiptPage = Endpoint("receipt-page", "/r/{id}", .get)
    /// Styles, scripts, pictures and the extension: any path that the site holds.
    static let asset = Endpoint("asset", "/**", .get)

    static let all = [limits, secrets, secret, claim, receipt, specification, indexPage, openPage, receiptPage]

    var isAsset: Bool { pattern == Self.asset.pattern }

    private init(_ name: String, _ pattern: String, _ methods: HTTPRequest.Method...) {
        self.name = name
        self.pattern = pattern
        self.methods = methods
        let parts = pattern.components(separatedBy: "{id}")
        hasID = parts.count == 2
        beforeID = parts[0]
        afterID = parts[parts.count - 1]
    }

    /// What stands in `Allow`: HEAD goes wherever GET does, OPTIONS everywhere.
    var allowed: [HTTPRequest.Method] { (methods.contains(.get) ? [.head] : []) + methods + [.options] }

    var allow: String { allowed.map(\.rawValue).joined(separator: ", ") }

    /// The endpoint of a path, whatever the method.
    static func matching(_ path: String) -> Endpoint? { all.first { $0.matches(path) } }

    func matches(_ path: String) -> Bool {
        guard hasID else { return path == pattern }
        guard path.hasPrefix(beforeID), path.hasSuffix(afterID) else { return false }
        let id = path.utf8.dropFirst(beforeID.utf8.count).dropLast(afterID.utf8.count)
        return !id.isEmpty && !id.contains(UInt8(ascii: "/"))
    }
}

extension Router {
    /// Registers one handler for methods of an endpoint; HEAD with GET, which the handler tells apart where it matters.
    func on(
        _ endpoint: Endpoint, _ methods: HTTPRequest.Method...,
        use handler: @escaping @Sendable (Request, Context) async throws -> Response
    ) {
        for method in methods + (methods.contains(.get) ? [.head] : []) {
            on(RouterPath(endpoint.pattern), method: method) { request, context in
                context.coreContext.endpointPath.value = endpoint.name
                // The router passes over a slash too many. A page's relative addresses do not, and one path is one spelling.
                guard endpoint.isAsset || endpoint.matches(request.uri.path) else { throw HTTPError(.notFound) }
                return try await handler(request, context)
            }
        }
    }
}
