/// What a refusal is called. The raw value is the stable `code` member of a problem document.
public enum ProblemCode: String, Codable, Hashable, Sendable, CaseIterable {
    case malformedRequest = "malformed-request"
    /// The body does not begin with `KLNK`, or has fewer than 97 octets.
    case malformedEnvelope = "malformed-envelope"
    /// Creating only, with WWW-Authenticate.
    case missingToken = "missing-token"
    /// Creating only.
    case notAllowed = "not-allowed"
    case wrongKey = "wrong-key"
    /// Never was, or the caller has not shown that they hold the link (or the receipt).
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case tooSlow = "too-slow"
    case conflict
    case leaseEnded = "lease-ended"
    case noLease = "no-lease"
    case claimed, opened, expired, revoked
    case tooLarge = "too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case range
    case ttlOutOfRange = "ttl-out-of-range"
    case viewsOutOfRange = "views-out-of-range"
    case tooManyRequests = "too-many-requests"
    case tooManyAttempts = "too-many-attempts"
    case `internal`
    case shuttingDown = "shutting-down"
    case storageUnavailable = "storage-unavailable"
    case storageFull = "storage-full"

    /// The HTTP status this code always comes with.
    public var status: Int {
        switch self {
        case .malformedRequest, .malformedEnvelope: 400
        case .missingToken: 401
        case .notAllowed, .wrongKey: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .tooSlow: 408
        case .conflict, .leaseEnded, .noLease: 409
        case .claimed, .opened, .expired, .revoked: 410
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .range: 416
        case .ttlOutOfRange, .viewsOutOfRange: 422
        case .tooManyRequests, .tooManyAttempts: 429
        case .internal: 500
        case .shuttingDown, .storageUnavailable: 503
        case .storageFull: 507
        }
    }

    /// The code that says a secret is in this state; nil for `waiting`, which refuses nothing.
    public init?(_ state: SecretState) {
        switch state {
        case .waiting: return nil
        case .claimed: self = .claimed
        case .opened: self = .opened
        case .expired: self = .expired
        case .revoked: self = .revoked
        }
    }
}

/// A refusal in full: the `application/problem+json` body of RFC 9457.
public struct Problem: Codable, Hashable, Sendable {
    /// `about:blank`: `code` says which problem it is.
    public var type: String
    /// The status in words.
    public var title: String
    public var status: Int
    /// A sentence for people.
    public var detail: String
    /// The stable name: one of `ProblemCode`, or one that a newer server knows.
    public var code: String
    /// With 410: when the secret came to that state.
    public var at: Timestamp?
    /// With `lease-ended`: what has become of the secret.
    public var state: SecretState?

    public init(
        _ code: ProblemCode, title: String, detail: String, at: Timestamp? = nil, state: SecretState? = nil
    ) {
        type = "about:blank"
        self.title = title
        status = code.status
        self.detail = detail
        self.code = code.rawValue
        self.at = at
        self.state = state
    }

    /// The code, where this version knows it.
    public var known: ProblemCode? { ProblemCode(rawValue: code) }
}
