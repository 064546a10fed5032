/// The JSON bodies of the API. Sizes are octets, times RFC 3339 in UTC, counts whole numbers.

/// What a server allows: the answer of `GET /api/v1/limits`.
public struct Limits: Codable, Hashable, Sendable {
    /// Seconds a secret may wait.
    public struct TTL: Codable, Hashable, Sendable {
        public var min: Int64
        public var max: Int64
        public var `default`: Int64

        public init(min: Int64, max: Int64, default: Int64) {
            self.min = min
            self.max = max
            self.default = `default`
        }
    }

    /// The server's version, for people.
    public var version: String
    public var maxEnvelopeBytes: Int64
    public var ttl: TTL
    public var maxViews: Int
    /// Whether creating needs a token.
    public var createToken: Bool

    public init(version: String, maxEnvelopeBytes: Int64, ttl: TTL, maxViews: Int, createToken: Bool) {
        self.version = version
        self.maxEnvelopeBytes = maxEnvelopeBytes
        self.ttl = ttl
        self.maxViews = maxViews
        self.createToken = createToken
    }
}

/// A secret was stored, durably: the answer 201 of `POST /api/v1/secrets`.
public struct Created: Codable, Hashable, Sendable {
    public var id: String
    public var expiresAt: Timestamp
    public var views: Int

    public init(id: String, expiresAt: Timestamp, views: Int) {
        self.id = id
        self.expiresAt = expiresAt
        self.views = views
    }
}

/// What a link's holder learns without taking a view: the answer of `GET /api/v1/secrets/ID`.
public struct Look: Codable, Hashable, Sendable {
    public var id: String
    /// Octets of the envelope.
    public var size: Int64
    public var expiresAt: Timestamp
    public var viewsLeft: Int
    /// base64url of the envelope's first 48 octets.
    public var parameters: String

    public init(id: String, size: Int64, expiresAt: Timestamp, viewsLeft: Int, parameters: String) {
        self.id = id
        self.size = size
        self.expiresAt = expiresAt
        self.viewsLeft = viewsLeft
        self.parameters = parameters
    }
}

/// Where a secret is in its life.
public enum SecretState: String, Codable, Hashable, Sendable, CaseIterable {
    /// Views are left, and the time has not come.
    case waiting
    /// No view is left; at least one claim still holds its lease.
    case claimed
    /// No view is left, every claim is at its end.
    case opened
    /// The time came while views were left.
    case expired
    /// The sender took it back.
    case revoked
}

/// Something that happened to a secret, as its receipt tells it. Never holds an address.
public struct SecretEvent: Codable, Hashable, Sendable {
    public enum What: String, Codable, Hashable, Sendable, CaseIterable {
        case created, claimed, acknowledged, lapsed, failed, expired, revoked
    }

    public var at: Timestamp
    public var what: What

    public init(at: Timestamp, what: What) {
        self.at = at
        self.what = what
    }
}

/// What became of a secret: the answer of `GET /api/v1/secrets/ID/receipt`.
public struct Receipt: Codable, Hashable, Sendable {
    public var id: String
    public var state: SecretState
    public var createdAt: Timestamp
    public var expiresAt: Timestamp
    /// When it came to `opened`, `expired` or `revoked`; null before.
    public var endedAt: Timestamp?
    public var size: Int64
    public var views: Int
    public var viewsLeft: Int
    /// Claims with a wrong access token, over its whole life.
    public var failedClaims: Int
    /// Oldest first, at most 100.
    public var events: [SecretEvent]

    public init(
        id: String, state: SecretState, createdAt: Timestamp, expiresAt: Timestamp, endedAt: Timestamp?, size: Int64,
        views: Int, viewsLeft: Int, failedClaims: Int, events: [SecretEvent]
    ) {
        self.id = id
        self.state = state
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.endedAt = endedAt
        self.size = size
        self.views = views
        self.viewsLeft = viewsLeft
        self.failedClaims = failedClaims
        self.events = events
    }

    private enum CodingKeys: String, CodingKey {
        case id, state, createdAt, expiresAt, endedAt, size, views, viewsLeft, failedClaims, events
    }

    /// Written by hand for one member: `endedAt` is said to be null rather than left out.
    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(id, forKey: .id)
        try members.encode(state, forKey: .state)
        try members.encode(createdAt, forKey: .createdAt)
        try members.encode(expiresAt, forKey: .expiresAt)
        try members.encode(endedAt, forKey: .endedAt)
        try members.encode(size, forKey: .size)
        try members.encode(views, forKey: .views)
        try members.encode(viewsLeft, forKey: .viewsLeft)
        try members.encode(failedClaims, forKey: .failedClaims)
        try members.encode(events, forKey: .events)
    }
}
