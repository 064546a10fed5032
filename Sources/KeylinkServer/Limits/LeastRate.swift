import NIOCore

/// The least that a peer must send or take while it is waited for: 64 KiB in 30 s.
///
/// An account of time. Every octet pays for a little of it, waiting uses it up, and it never holds more than so much. So a
/// peer at or above the rate is never cut off, in whatever portions its octets come as long as each pays for the wait before
/// it; one below runs dry sooner or later; and one that does nothing, after what the account holds. Time in which nobody
/// waits for the peer, because the disk is slow or there is nothing to say, costs nothing.
struct LeastRate {
    /// Octets in a window, for leases as well.
    static let octets: Int64 = 65_536
    static let windowMilliseconds: Int64 = 30_000

    private let most: Int64
    /// Nanoseconds the account held at `since`, or holds now.
    private var balance: Int64
    /// Since when the peer is waited for; nil while it is not.
    private var since: NIODeadline?

    /// - Parameters:
    ///   - first: what the account holds before the first octet; nil is as much as it may hold.
    ///   - most: what it may hold.
    init(first: TimeAmount? = nil, most: TimeAmount) {
        self.most = most.nanoseconds
        balance = (first ?? most).nanoseconds
    }

    /// From now on the peer is waited for.
    mutating func wait(at now: NIODeadline) { if since == nil { since = now } }

    /// Nobody waits any more.
    mutating func rest(at now: NIODeadline) {
        settle(now)
        since = nil
    }

    /// The peer sent or took so many octets.
    mutating func took(_ count: Int, at now: NIODeadline) {
        settle(now)
        // More than this is more than the account may hold.
        let count = min(Int64(count), Self.octets * 1024)
        balance = min(most, balance + count * Self.windowMilliseconds * 1_000_000 / Self.octets)
    }

    /// When the account will be empty; nil while nobody waits.
    var deadline: NIODeadline? { since.map { $0 + .nanoseconds(balance) } }

    private mutating func settle(_ now: NIODeadline) {
        guard let since else { return }
        balance -= (now - since).nanoseconds
        self.since = now
    }
}
