import CoreMetrics
import HTTPTypes
import Hummingbird
import KeylinkAPI
import Logging
import NIOCore
import SecretStore

/// Taking a view, going on with a broken download, and saying that it arrived.
struct ClaimController: Sendable {
    let store: any SecretStore
    let clock: any StoreClock
    let metrics: ServerMetrics

    func addRoutes(to router: Router<KeylinkContext>) {
        router.on(.claim, .post) { try await deliver(.take, $0, $1) }
        router.on(.claim, .get) { request, context in
            request.method == .head ? try await peek(request, context) : try await deliver(.resume, request, context)
        }
        router.on(.claim, .delete, use: acknowledge)
    }

    private func deliver(_ call: ClaimCall, _ request: Request, _ context: KeylinkContext) async throws -> Response {
        let claim = try claim(request, context)
        if call == .resume, request.headers[.range] != nil {
            // Before the newer answer cuts the older: one that has no octets must not end a download that does.
            let size = try await store.peek(claim)
            _ = try octets(byteRange(request, size: size), of: size)
        }
        let channel = context.channel
        let delivery = try await store.open(call, claim) { channel.close(mode: .all, promise: nil) }
        let range = call == .resume ? byteRange(request, size: delivery.size) : .whole
        let octets = try octets(range, of: delivery.size)
        if let piece = try await atOnce(octets, of: delivery) {
            delivery.finish()
            metrics.sentBytes.increment(by: octets.count)
            return answer(range, octets, of: delivery.size, ResponseBody(byteBuffer: piece))
        }
        return answer(range, octets, of: delivery.size, body(of: delivery, octets, on: channel.eventLoop, context.logger))
    }

    /// Octets that are few enough to leave with their head. Nil where there are more, and where the answer was cut meanwhile: a newer
    /// one under the same key may have done that, so nobody may be told that the lease has ended. The connection is being closed.
    private func atOnce(_ octets: Range<Int64>, of delivery: any Delivery) async throws -> ByteBuffer? {
        guard octets.count <= Self.atOnceCount else { return nil }
        do {
            let piece = try await delivery.read(at: octets.lowerBound, upTo: octets.count)
            return piece.readableBytes == octets.count ? piece : nil
        } catch Refusal.leaseEnded {
            return nil
        }
    }

    /// HEAD: as GET without a range, which is a matter of GET alone (RFC 9110 § 14.2).
    private func peek(_ request: Request, _ context: KeylinkContext) async throws -> Response {
        let size = try await store.peek(try claim(request, context))
        return answer(.whole, 0..<size, of: size, ResponseBody())
    }

    private func acknowledge(_ request: Request, _ context: KeylinkContext) async throws -> Response {
        try await store.acknowledge(try claim(request, context))
        return Response(status: .noContent)
    }

    /// Form first, in this order: a malformed token or key is 400 whoever asks, a missing L is 404 like an unknown ID.
    private func claim(_ request: Request, _ context: KeylinkContext) throws(ProblemError) -> Claim {
        let tokens = try request.bearerVerifiers(2)
        let key = try request.claimKey()
        let id = try context.secretID()
        guard let tokens else { throw ProblemError(.notFound) }
        return Claim(id: id, link: tokens[0], access: tokens[1], key: key)
    }

    private func byteRange(_ request: Request, size: Int64) -> ByteRange {
        let values = request.headers[values: .range]
        return ByteRange(header: values.count == 1 ? values[0] : nil, ifRange: request.headers[.ifRange] != nil, size: size)
    }

    private func octets(_ range: ByteRange, of size: Int64) throws(ProblemError) -> Range<Int64> {
        guard let octets = range.octets(of: size) else {
            throw ProblemError(.range, headers: [.contentRange: "bytes */\(size)"])
        }
        return octets
    }

    private func answer(_ range: ByteRange, _ octets: Range<Int64>, of size: Int64, _ body: ResponseBody) -> Response {
        var headers: HTTPFields = [
            .contentType: MediaType.envelope,
            .cacheControl: "no-store, no-transform",
            .acceptRanges: "bytes",
            .contentSecurityPolicy: "sandbox",
            .contentLength: "\(octets.count)",
        ]
        headers[.contentRange] = range.contentRange(of: size)
        return Response(status: range == .whole ? .ok : .partialContent, headers: headers, body: body)
    }

    /// Piece by piece, as fast as the reader takes them; each sign that it does keeps the lease alive.
    private func body(
        of delivery: any Delivery, _ octets: Range<Int64>, on loop: any EventLoop, _ logger: Logger
    ) -> ResponseBody {
        ResponseBody(contentLength: octets.count) { writer in
            metrics.deliveries.increment()
            defer { metrics.deliveries.decrement() }
            var progress = DeliveryProgress(startedAt: clock.uptime())
            var offset = octets.lowerBound
            while offset < octets.upperBound {
                let piece = try await delivery.read(at: offset, upTo: Int(min(Self.pieceCount, octets.upperBound - offset)))
                offset += Int64(piece.readableBytes)
                if offset == octets.upperBound { delivery.finish() }
                try await writer.write(piece)
                metrics.sentBytes.increment(by: piece.readableBytes)
                // Only the loop knows whether the reader keeps up, and it may be busy: without its turn, piece after
                // piece would wait in memory.
                if offset < octets.upperBound { try await loop.submit {}.get() }
                if progress.took(piece.readableBytes, at: clock.uptime()) { try await delivery.renew() }
            }
            try await writer.finish(nil)
            if progress.hasChangedSinceRenewal(at: clock.uptime()) { await renewLast(delivery, logger) }
        }
    }

    /// All octets are out: where the lease has ended meanwhile, that changes nothing any more.
    private func renewLast(_ delivery: any Delivery, _ logger: Logger) async {
        do {
            try await delivery.renew()
        } catch {
            logger.debug("a lease had ended when its answer did")
        }
    }

    /// Octets: what a reader that makes just enough progress takes within one window.
    private static let pieceCount: Int64 = 65_536
    /// Octets that the kernel takes for a reader as soon as they are written.
    private static let atOnceCount = 16_384
}

/// Decides when octets taken are a sign of life worth writing down: the lease is renewed at least once a minute while 64 KiB
/// are taken in 30 s, and by nobody who takes less.
///
/// Octets come in portions, some of them between two windows. So what was taken since the last renewal counts as a whole too;
/// the window of its own is for who paused and goes on.
struct DeliveryProgress {
    private var renewal: Span
    private var window: Span

    /// Octets taken since a moment.
    private struct Span {
        let start: Int64
        var taken: Int64 = 0

        func isLong(at now: Int64) -> Bool { now - start >= LeastRate.windowMilliseconds }

        func isProgress(at now: Int64) -> Bool {
            isLong(at: now) && taken * LeastRate.windowMilliseconds >= LeastRate.octets * (now - start)
        }
    }

    /// - Parameter startedAt: milliseconds of a clock that nobody sets; the request has just renewed the lease.
    init(startedAt: Int64) {
        renewal = Span(start: startedAt)
        window = renewal
    }

    /// Notes octets taken; whether the lease should be renewed now.
    mutating func took(_ count: Int, at now: Int64) -> Bool {
        renewal.taken += Int64(count)
        window.taken += Int64(count)
        let isProgress = renewal.isProgress(at: now) || window.isProgress(at: now)
        if isProgress { renewal = Span(start: now) }
        if isProgress || window.isLong(at: now) { window = Span(start: now) }
        return isProgress
    }

    /// At the end: whether the last octet was taken noticeably later than what is written down.
    func hasChangedSinceRenewal(at now: Int64) -> Bool { now - renewal.start >= 1000 }
}
