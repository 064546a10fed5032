internal import AsyncHTTPClient
public import Envelope
public import KeylinkAPI
internal import NIOCore
internal import NIOHTTP1
internal import Sodium

/// A Keylink server, seen from the side that holds the secrets.
///
/// Read in this order: this file has the calls that ask and burn nothing, Sharing.swift stores, Claiming.swift takes,
/// Download.swift goes on where a transfer broke, ClaimRecords.swift remembers across a crash. What travels is sealed and
/// opened by Envelope; no key but the tokens derived from it leaves this module.
///
///     let client = KeylinkClient(try ServerAddress("https://keylink.example"))
///     let shared = try await client.share(Shipment { [.text("correct horse")] })
public struct KeylinkClient: Sendable {
    public let server: ServerAddress
    let http: HTTPClient
    /// What pauses between tries; a test passes one that does not wait.
    let clock: any Clock<Duration>

    public init(_ server: ServerAddress, clock: any Clock<Duration> = ContinuousClock()) {
        self.server = server
        self.clock = clock
        http = Self.shared
    }

    init(_ server: ServerAddress, http: HTTPClient) {
        (self.server, self.http, clock) = (server, http, ContinuousClock())
    }

    /// What the server allows. Tried once: whoever cannot be reached now is told so now.
    ///
    /// - Throws: ``ClientError``.
    public func limits() async throws -> Limits {
        let limits = try await json(Limits.self, from: try await send(request(.GET, .limits)))
        let counts = [limits.maxEnvelopeBytes, limits.ttl.min, limits.ttl.max, limits.ttl.default, Int64(limits.maxViews)]
        return try plausible(limits, counts.allSatisfy(Self.isCount))
    }

    /// What the holder of a link may know without taking a view. Tried once.
    ///
    /// - Throws: ``ClientError``: 404 for an ID that never was and for a wrong link key alike, 410 with the time for what is gone.
    public func look(_ link: borrowing Link) async throws -> Look {
        let request = try request(.GET, .secret(secretID(link.id)), bearer: link.linkToken.base64URL())
        let look = try await json(Look.self, from: try await send(request))
        return try plausible(look, look.id == link.id && [look.size, Int64(look.viewsLeft)].allSatisfy(Self.isCount))
    }

    /// What became of a secret. Tried once.
    ///
    /// - Throws: ``ClientError``: 404 for an ID that never was and for a wrong receipt link alike.
    public func receipt(_ link: borrowing ReceiptLink) async throws -> Receipt {
        let request = try request(.GET, .receipt(secretID(link.id)), bearer: link.receiptToken.base64URL())
        let receipt = try await json(Receipt.self, from: try await send(request))
        let counts = [receipt.size, Int64(receipt.views), Int64(receipt.viewsLeft), Int64(receipt.failedClaims)]
        return try plausible(receipt, receipt.id == link.id && counts.allSatisfy(Self.isCount))
    }

    /// Takes a secret back: once this returns its octets are gone. A second time is all right.
    ///
    /// - Throws: ``ClientError``: 410 where it had ended otherwise.
    public func revoke(_ link: borrowing ReceiptLink) async throws {
        let request = try request(.DELETE, .secret(secretID(link.id)), bearer: link.receiptToken.base64URL())
        try await retrying { try await expectNoContent(try await send(request)) }
    }
}

extension KeylinkClient {
    /// One for the process, never shut down: connections end with it.
    private static let shared = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)

    static let configuration: HTTPClient.Configuration = {
        // A redirect would carry tokens to a host that the link does not name.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(10)
        // Between two octets of an answer. The server renews a lease at least every 60 s while an answer makes progress.
        configuration.timeout.read = .seconds(60)
        // Our own tries are counted; hidden ones would multiply them.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }()

    /// What JSON's numbers hold exactly, and nothing negative.
    private static func isCount(_ number: Int64) -> Bool {
        (0...(1 << 53)).contains(number)
    }

    func secretID(_ text: String) throws -> SecretID {
        guard let id = SecretID(text) else { throw EnvelopeError.malformedLink }
        return id
    }

    /// Tries again while the error is one that passes, with pauses that grow; the last error where they run out.
    func retrying<Result>(_ body: () async throws -> Result) async throws -> Result {
        var backoff = Backoff()
        while true {
            do {
                return try await body()
            } catch let error as ClientError where error.isPassing {
                guard let pause = backoff.pause(asked: error.retryAfter) else { throw error }
                try await clock.sleep(for: pause)
            }
        }
    }
}
