import HTTPTypes
import Hummingbird
import KeylinkAPI
import Logging
import NIOCore
import SecretStore
import Synchronization

/// Everybody who creates, by address: in memory only, and in no line of the log.
final class Visitors: Sendable {
    private let limits: Mutex<AddressLimits>
    private let proxies: TrustedProxies
    private let clock: any StoreClock
    private let hasWarned = Atomic(false)

    init(_ limits: AddressLimits, proxies: TrustedProxies, clock: any StoreClock) {
        self.limits = Mutex(limits)
        self.proxies = proxies
        self.clock = clock
    }

    /// Lets the sender of a request create, until the visit is let go.
    ///
    /// - Throws: `too-many-requests`
    func enter(_ request: Request, _ context: KeylinkContext) throws(ProblemError) -> Visit {
        let address = client(of: request, context)
        if let wait = limits.withLock({ $0.enter(address, at: now) }) { throw .tooManyRequests(after: wait) }
        return Visit(self, address)
    }

    fileprivate func reserve(_ count: Int64, for address: ClientAddress) throws(ProblemError) {
        if let wait = limits.withLock({ $0.reserve(count, for: address, at: now) }) { throw .tooManyRequests(after: wait) }
    }

    fileprivate func untilFull(_ address: ClientAddress) -> Int64 { limits.withLock { $0.untilFull(address, at: now) } }

    fileprivate func leave(_ address: ClientAddress, unused: Int64) {
        limits.withLock { $0.leave(address, unused: unused, at: now) }
    }

    /// Connections without an IP address, of which there are none today, would count as one.
    private func client(of request: Request, _ context: KeylinkContext) -> ClientAddress {
        let peer = ClientAddress(context.channel.remoteAddress) ?? .unspecified
        let forwarded = request.headers[values: .xForwardedFor]
        guard !forwarded.isEmpty else { return peer }
        if proxies.isEmpty, !hasWarned.exchange(true, ordering: .relaxed) {
            context.logger.warning(
                "a request names whom it was forwarded for, and no proxy is trusted: everybody behind one counts as one address; \(Setting.trustedProxy.flag) names proxies"
            )
        }
        return proxies.client(of: peer, forwarded: forwarded)
    }

    private var now: Int64 { clock.uptime() * 1_000_000 }
}

/// One creation under way. When it is let go, however it ended, the address has room for the next, and what was reserved and
/// did not come is given back.
struct Visit: ~Copyable, Sendable {
    private let visitors: Visitors
    private let address: ClientAddress
    private var reserved: Int64 = 0
    private var taken: Int64 = 0

    fileprivate init(_ visitors: Visitors, _ address: ClientAddress) {
        self.visitors = visitors
        self.address = address
    }

    deinit { visitors.leave(address, unused: reserved - taken) }

    /// Before the body, where its length is said.
    ///
    /// - Throws: `too-many-requests`
    mutating func reserve(_ count: Int64) throws(ProblemError) {
        try visitors.reserve(count, for: address)
        reserved += count
    }

    /// So many octets have come. Where their number was not said, now it is time to count them.
    ///
    /// - Throws: `too-many-requests`: when the sender may send whatever anybody may, because nobody knows how much it is.
    mutating func took(_ count: Int64) throws(ProblemError) {
        taken += count
        guard taken > reserved else { return }
        do {
            try reserve(taken - reserved)
        } catch {
            throw .tooManyRequests(after: visitors.untilFull(address))
        }
    }
}

extension ProblemError {
    /// - Parameter seconds: whole ones, until it is worth asking again.
    fileprivate static func tooManyRequests(after seconds: Int64) -> ProblemError {
        ProblemError(.tooManyRequests, headers: [.retryAfter: "\(max(1, seconds))"])
    }
}
