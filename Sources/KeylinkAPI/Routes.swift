/// The paths of the HTTP API, version 1 (Spec/openapi.yaml), and of the pages that links point at.
///
/// `path` is what a client asks for after its base.
public enum Route: Hashable, Sendable {
    /// `GET`: what this server allows.
    case limits
    /// `POST`: create.
    case secrets
    /// `GET` with L: look. `DELETE` with R: revoke.
    case secret(SecretID)
    /// `POST`, `GET`, `DELETE` with L‖A and the claim's key: claim, go on, acknowledge.
    case claim(SecretID)
    /// `GET` with R: what became of it.
    case receipt(SecretID)
    /// The specification itself.
    case specification
    /// The page that opens a secret, the same for every ID.
    case openPage(SecretID)
    /// The page that shows a receipt, the same for every ID.
    case receiptPage(SecretID)

    /// Absolute path, without the base a server may be mounted under.
    public var path: String {
        switch self {
        case .limits: "/api/v1/limits"
        case .secrets: "/api/v1/secrets"
        case .secret(let id): "/api/v1/secrets/\(id.text)"
        case .claim(let id): "/api/v1/secrets/\(id.text)/claim"
        case .receipt(let id): "/api/v1/secrets/\(id.text)/receipt"
        case .specification: "/api/v1/openapi.yaml"
        case .openPage(let id): "/s/\(id.text)"
        case .receiptPage(let id): "/r/\(id.text)"
        }
    }
}

/// Names of query parameters.
public enum Parameter {
    /// Seconds a secret waits to be opened, counted from its creation.
    public static let ttl = "ttl"
    /// How often it may be opened.
    public static let views = "views"
}

/// Names of the header fields of this API, as they are written; they compare without regard to case.
public enum HeaderName {
    public static let linkVerifier = "Keylink-Link-Verifier"
    public static let accessVerifier = "Keylink-Access-Verifier"
    public static let receiptVerifier = "Keylink-Receipt-Verifier"
    public static let idempotencyKey = "Idempotency-Key"
    public static let authorization = "Authorization"
    public static let range = "Range"
    public static let retryAfter = "Retry-After"
}

/// Media types of this API.
public enum MediaType {
    public static let envelope = "application/octet-stream"
    public static let json = "application/json"
    public static let problem = "application/problem+json"
    public static let specification = "application/yaml"
}
