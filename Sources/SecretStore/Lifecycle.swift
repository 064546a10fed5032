public import KeylinkAPI

/// The life of one secret as a pure value: its views, leases, wrong tries and events (Spec/openapi.yaml; the design's
/// Burning, States and Proof). No I/O and no clock: every step is told what time it is, so that tables can test it.
///
/// Every request begins with ``advance(to:)``, which lets happen what time alone brings about, at the moment it was due
/// and not at the moment somebody looked. A store keeps this value on the secret's row and runs each step in one
/// transaction.
public struct Lifecycle: Hashable, Sendable {
    /// Octets of the envelope.
    public let size: Int64
    public let views: Int
    public let createdAt: Timestamp
    public let expiresAt: Timestamp

    public internal(set) var viewsLeft: Int
    /// When the ttl ended it while views were left.
    public internal(set) var expiredAt: Timestamp?
    /// When the last view was taken.
    public internal(set) var exhaustedAt: Timestamp?
    public internal(set) var revokedAt: Timestamp?
    /// When it was over: not `waiting`, and no lease left to run. From here on no octets are needed.
    public internal(set) var endedAt: Timestamp?
    /// Wrong access tokens over its whole life.
    public internal(set) var failedClaims: Int
    /// Wrong access tokens since the last right one; decides how long a claim must wait.
    public internal(set) var wrongInARow: Int
    public internal(set) var lastWrongAt: Timestamp?
    public internal(set) var leases: [Lease]
    /// Oldest first, at most ``eventLimit``.
    public internal(set) var events: [SecretEvent]

    public static let eventLimit = 100
    /// Seconds a lease holds after its holder's last sign of life.
    public static let leaseSeconds: Int64 = 300
    /// Seconds what has ended is remembered.
    public static let tombstoneSeconds: Int64 = 7 * 86_400

    /// A secret that begins now.
    public init(size: Int64, views: Int, ttl: Int64, now: Timestamp) {
        self.init(size: size, views: views, createdAt: now, expiresAt: now.adding(seconds: ttl))
        note(.created, at: now)
    }

    /// The value a store reads back; it fills in what has happened since.
    init(size: Int64, views: Int, createdAt: Timestamp, expiresAt: Timestamp) {
        self.size = size
        self.views = views
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        viewsLeft = views
        failedClaims = 0
        wrongInARow = 0
        leases = []
        events = []
    }
}

/// One claim of a view, under the key its client drew.
public struct Lease: Hashable, Sendable {
    /// A hash of the claim's key; the key itself is not kept.
    public let keyHash: [UInt8]
    public internal(set) var startedAt: Timestamp
    public internal(set) var deadline: Timestamp
    /// When it was acknowledged, lapsed or was cut.
    public internal(set) var endedAt: Timestamp?

    public var isRunning: Bool { endedAt == nil }

    /// Until when a lease that shows life now may hold: five minutes, and in all never longer than an hour or, for a
    /// large envelope, than its octets take at 32 KiB/s.
    static func deadline(startedAt: Timestamp, size: Int64, now: Timestamp) -> Timestamp {
        let cap = max(3600, (size + 32_767) / 32_768)
        return min(now.adding(seconds: Lifecycle.leaseSeconds), startedAt.adding(seconds: cap))
    }
}

extension Lifecycle {
    public var hasRunningLease: Bool { leases.contains(where: \.isRunning) }

    public var state: SecretState {
        if revokedAt != nil { return .revoked }
        if expiredAt != nil { return .expired }
        if viewsLeft > 0 { return .waiting }
        return hasRunningLease ? .claimed : .opened
    }

    /// When it came to its state: what a 410 tells as `at`.
    public var stateSince: Timestamp {
        switch state {
        case .waiting: createdAt
        case .claimed: exhaustedAt ?? createdAt
        case .opened: endedAt ?? exhaustedAt ?? createdAt
        case .expired: expiredAt ?? expiresAt
        case .revoked: revokedAt ?? createdAt
        }
    }

    /// When time alone will next change something: a lease lapses, the ttl ends, the tombstone is forgotten.
    public var nextDue: Timestamp {
        if let endedAt { return endedAt.adding(seconds: Self.tombstoneSeconds) }
        let lapse = nextLapse
        return min(lapse ?? expiresAt, state == .waiting ? expiresAt : lapse ?? expiresAt)
    }

    /// When the next of the running leases lapses, unless its holder shows life; nil where none runs.
    public var nextLapse: Timestamp? { leases.lazy.filter(\.isRunning).map(\.deadline).min() }

    /// Whether even the tombstone's time is over: as if it had never been.
    public func isForgotten(at now: Timestamp) -> Bool { endedAt != nil && nextDue <= now }

    /// Lets happen what was due by now, in the order it was due.
    public mutating func advance(to now: Timestamp) {
        while endedAt == nil, nextDue <= now {
            let due = nextDue
            if let index = leases.firstIndex(where: { $0.isRunning && $0.deadline <= due }) {
                endLease(index, .lapsed, at: leases[index].deadline)
            } else {
                expiredAt = expiresAt
                note(.expired, at: expiresAt)
                settle(at: expiresAt)
            }
        }
    }

    /// What a holder of the link may know; refused once it no longer waits.
    public func look() throws(Refusal) {
        guard state == .waiting else { throw .gone(state, at: stateSince) }
    }

    /// The sender takes it back: running leases end here. Once more is no mistake; what ended by itself cannot be revoked.
    public mutating func revoke(at now: Timestamp) throws(Refusal) {
        if revokedAt != nil { return }
        guard endedAt == nil else { throw .gone(state, at: stateSince) }
        revokedAt = now
        for index in leases.indices where leases[index].isRunning { leases[index].endedAt = now }
        note(.revoked, at: now)
        settle(at: now)
    }

    /// At start-up, and after the clock has jumped: running leases get their five minutes again, within their cap.
    ///
    /// - Parameter jump: milliseconds by which the clock jumped, where that is known. The cap is a span of real time, so
    ///   it moves along.
    public mutating func rebaseLeases(jump: Int64 = 0, now: Timestamp) {
        for index in leases.indices where leases[index].isRunning {
            leases[index].startedAt = leases[index].startedAt.adding(milliseconds: jump)
            leases[index].deadline = Lease.deadline(startedAt: leases[index].startedAt, size: size, now: now)
        }
    }

    public func receipt(id: String) -> Receipt {
        Receipt(
            id: id, state: state, createdAt: createdAt, expiresAt: expiresAt, endedAt: endedAt, size: size, views: views,
            viewsLeft: viewsLeft, failedClaims: failedClaims, events: events)
    }

    mutating func endLease(_ index: Int, _ what: SecretEvent.What, at moment: Timestamp) {
        leases[index].endedAt = moment
        note(what, at: moment)
        settle(at: moment)
    }

    /// Notes the end once it is reached.
    private mutating func settle(at moment: Timestamp) {
        if endedAt == nil, state != .waiting, !hasRunningLease { endedAt = moment }
    }

    /// Keeps the newest hundred. Wrong tries go first: anyone with the link can make them, and their number is kept anyway.
    mutating func note(_ what: SecretEvent.What, at moment: Timestamp) {
        events.append(SecretEvent(at: moment, what: what))
        guard events.count > Self.eventLimit else { return }
        events.remove(at: events.firstIndex { $0.what == .failed } ?? 1)
    }
}
