public import KeylinkAPI
public import NIOCore

/// Where secrets wait: what a server asks of SQLite, PostgreSQL or whatever else keeps octets.
///
/// Each call is one step of a secret's life, atomic, and durable before it returns. The store's clock is the only clock.
/// Tokens come in as verifiers (`Sodium.verifier`); no store ever sees a token.
public protocol SecretStore: Sendable {
    /// The secret that was made with these verifiers before; nil where all three are new.
    ///
    /// - Throws: `.conflict` where only some of them are stored; `.gone` where a tombstone remembers them.
    func existing(_ verifiers: Verifiers) async throws(Refusal) -> Created?

    /// Begins to take octets in.
    ///
    /// - Parameter size: how many will come, where that is known.
    /// - Throws: `.storageFull` where so many would not fit.
    func upload(size: Int64?) async throws(Refusal) -> any Upload

    /// Burns nothing. Refused as `.notFound` unless L is right.
    func look(_ id: SecretID, link: [UInt8]) async throws(Refusal) -> Look

    /// Takes a view, or goes on under the key of one that was taken: the octets, from here on under a lease.
    ///
    /// - Parameters:
    ///   - call: `.take` or `.resume`.
    ///   - onCut: called at most once, from any thread, when a newer answer under the same key, a revocation or the end
    ///     of the lease takes the octets away while the delivery is alive.
    func open(_ call: ClaimCall, _ claim: Claim, onCut: @escaping @Sendable () -> Void) async throws(Refusal) -> any Delivery

    /// What `open(.resume, …)` would answer, without a sign of life: the envelope's size.
    func peek(_ claim: Claim) async throws(Refusal) -> Int64

    /// Ends the lease. Where it was the last of a secret that no longer waits, its octets are gone when this returns.
    func acknowledge(_ claim: Claim) async throws(Refusal)

    func receipt(_ id: SecretID, receipt: [UInt8]) async throws(Refusal) -> Receipt

    /// Takes the secret back. Its octets are gone when this returns.
    func revoke(_ id: SecretID, receipt: [UInt8]) async throws(Refusal)

    /// Does what time has brought about since: lapses, expiries, forgotten tombstones. A small portion a call.
    ///
    /// - Returns: whether there may be more to do at once.
    func sweep() async throws(Refusal) -> Bool

    /// Whether the store can write right now.
    func check() async throws(Refusal)

    /// What it holds right now.
    func holdings() async throws(Refusal) -> Holdings

    /// Ends the store; what runs is finished first.
    func close() async
}

/// What a server keeps of the three tokens of a secret: 32 octets each, all different.
public struct Verifiers: Hashable, Sendable {
    public let link: [UInt8]
    public let access: [UInt8]
    public let receipt: [UInt8]

    var all: [[UInt8]] { [link, access, receipt] }

    /// Nil unless each has 32 octets and no two begin with the same eight, by which a store may find them.
    public init?(link: [UInt8], access: [UInt8], receipt: [UInt8]) {
        let all = [link, access, receipt]
        guard all.allSatisfy({ $0.count == 32 }), Set(all.map { $0.prefix(8) }).count == 3 else { return nil }
        self.link = link
        self.access = access
        self.receipt = receipt
    }
}

/// How much a store holds.
public struct Holdings: Hashable, Sendable {
    /// Secrets that have not ended.
    public var secrets: Int
    /// Octets of their envelopes.
    public var bytes: Int64

    public init(secrets: Int, bytes: Int64) {
        self.secrets = secrets
        self.bytes = bytes
    }

    static let none = Holdings(secrets: 0, bytes: 0)
}

/// What stands in a claim call: which secret, the verifiers of L and A, and the key that names the claim.
public struct Claim: Sendable {
    public let id: SecretID
    public let link: [UInt8]
    public let access: [UInt8]
    public let key: ClaimKey

    public init(id: SecretID, link: [UInt8], access: [UInt8], key: ClaimKey) {
        self.id = id
        self.link = link
        self.access = access
        self.key = key
    }
}

/// What a secret is to be, beside its octets.
public struct NewSecret: Hashable, Sendable {
    public let verifiers: Verifiers
    /// Seconds, counted from the commit.
    public let ttl: Int64
    public let views: Int

    public init(verifiers: Verifiers, ttl: Int64, views: Int) {
        self.verifiers = verifiers
        self.ttl = ttl
        self.views = views
    }
}

/// Octets on their way in, by one task, in order. One that is neither committed nor abandoned cleans up when it is let go.
public protocol Upload: Sendable {
    func append(_ octets: ByteBuffer) async throws(Refusal)

    /// Makes the secret, durably; or finds that another upload with the same verifiers was first, and answers with that.
    func commit(_ secret: NewSecret) async throws(Refusal) -> Created

    /// Leaves nothing behind.
    func abandon() async
}

/// Octets on their way out, held by one answer. Letting it go ends the answer.
public protocol Delivery: AnyObject, Sendable {
    /// Octets of the whole envelope.
    var size: Int64 { get }

    /// Up to so many octets from there; at least one.
    ///
    /// - Throws: `.leaseEnded` once the delivery has been cut.
    func read(at offset: Int64, upTo count: Int) async throws(Refusal) -> ByteBuffer

    /// All that is wanted has been read: from here on there is nothing to cut. Said before the last octets go out: their
    /// taker may call again at once, over the same connection, and must not be cut with the answer that it has.
    func finish()

    /// The holder took an octet: the lease holds from now on.
    func renew() async throws(Refusal)
}

/// Why a store does not do what it was asked.
public enum Refusal: Error, Hashable, Sendable {
    /// There is no such secret, or the caller did not show L (or R).
    case notFound
    /// A is wrong.
    case wrongKey
    /// The key is that of a claim that has ended; this is what has become of the secret.
    case leaseEnded(SecretState)
    case gone(SecretState, at: Timestamp)
    /// The key names no claim.
    case noLease
    case tooManyAttempts(retryAfterMilliseconds: Int64)
    /// Some of the verifiers are stored, but not all of them together.
    case conflict
    case storageFull
    case storageUnavailable
}
