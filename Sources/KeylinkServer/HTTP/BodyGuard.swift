import HTTPTypes
import KeylinkAPI
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Sees to it that a request's body either ends as HTTP says or ends in an error, and that it comes at all.
///
/// To who reads a body, a connection that ends in the middle of it looks like the body's end, and half an envelope would be
/// stored as a whole one. HTTP/1's decoder reports most of that; this does not rely on any decoder. It also bids
/// `100 Continue` once a body is wanted, and does not listen for ever to a body that has been refused.
///
/// Requests may come in while earlier ones are still being answered, one after another. So heads and answers are counted:
/// whose turn it is follows from the two numbers.
final class BodyGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    enum Failure: Error {
        /// The connection ended before the body did.
        case incomplete
        /// It came more slowly than the least rate.
        case tooSlow

        var problem: ProblemError {
            switch self {
            case .incomplete: ProblemError(.malformedRequest, "The body ended before its end.", headers: [.connection: "close"])
            case .tooSlow: ProblemError(.tooSlow, headers: [.connection: "close"])
            }
        }
    }

    /// Sent down the channel by who begins to read a body: only then is it certain that it is wanted.
    enum Demand {
        case body
    }

    private let most: TimeAmount
    private let patience: TimeAmount
    /// Requests whose head has come, and answers that are out whole.
    private var headCount = 0
    private var answerCount = 0
    /// In the body of the request that came last.
    private var isInBody = false
    /// The sender of that body waits to be bidden.
    private var isExpecting = false
    /// Somebody wants more than has come.
    private var isWanted = false
    /// How the sender of the last body keeps up with the least rate.
    private var rate: LeastRate
    /// Runs out when the sender may have become too slow, or has been answered long enough ago.
    private var timer: Scheduled<Void>?

    /// Whether the last request is answered, or is the one that is being answered now.
    private var isAnswered: Bool { answerCount >= headCount }
    private var isInTurn: Bool { answerCount >= headCount - 1 }

    /// - Parameters:
    ///   - most: how long a sender that kept up with the least rate may send nothing while it is listened to.
    ///   - patience: how long it may go on sending after a refusal.
    init(most: TimeAmount, patience: TimeAmount) {
        self.most = most
        self.patience = patience
        rate = LeastRate(most: most)
    }

    /// HTTP/1.0 knows no expectation (RFC 9110 § 10.1.1), and behind the codec a request no longer tells its version.
    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(OldExpectations(), position: .after(decoder))
        } catch {
            // No HTTP/1 in front of us, no old version either.
            return
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            headCount += 1
            isInBody = true
            isExpecting = head.headerFields[.expect]?.lowercased() == "100-continue"
            rate = LeastRate(most: most)
        case .body(let octets):
            isExpecting = false
            rate.took(octets.readableBytes, at: context.eventLoop.now)
        case .end:
            isInBody = false
        }
        isWanted = false
        rate.rest(at: context.eventLoop.now)
        if !isInBody { stopTimer() }
        context.fireChannelRead(data)
    }

    /// Somebody wants more. While nobody does, because the disk holds us up, the sender is not the one who is slow.
    func read(context: ChannelHandlerContext) {
        isWanted = true
        if isInBody, isInTurn { waitForSender(context) }
        context.read()
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Demand else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if isInBody, isExpecting, isInTurn, !isAnswered {
            isExpecting = false
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        promise?.succeed()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            answerCount += 1
            if isInBody { turn(context) }
        }
        context.write(data, promise: promise)
    }

    /// An answer is out while a body still comes in.
    private func turn(_ context: ChannelHandlerContext) {
        if isAnswered {
            // Refused in the middle of its body. Closing now could take the answer away from a client that is still
            // sending; so it is heard out for a while.
            rate.rest(at: context.eventLoop.now)
            stopTimer()
            startTimer(context, at: context.eventLoop.now + patience)
        } else if isInTurn, isWanted {
            waitForSender(context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { fail(.incomplete, context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.incomplete, context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stopTimer() }

    private func waitForSender(_ context: ChannelHandlerContext) {
        guard !isAnswered else { return }
        rate.wait(at: context.eventLoop.now)
        if timer == nil, let deadline = rate.deadline { startTimer(context, at: deadline) }
    }

    private func startTimer(_ context: ChannelHandlerContext, at deadline: NIODeadline) {
        let bound = NIOLoopBound((guardian: self, context: context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) {
            let (guardian, context) = bound.value
            guardian.timer = nil
            guardian.timeIsUp(context)
        }
    }

    private func timeIsUp(_ context: ChannelHandlerContext) {
        if isAnswered { return context.close(promise: nil) }
        // It was a first guess: what has come since then may have bought more time.
        guard let deadline = rate.deadline else { return }
        if context.eventLoop.now < deadline {
            startTimer(context, at: deadline)
        } else {
            fail(.tooSlow, context)
        }
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }

    private func fail(_ failure: Failure, _ context: ChannelHandlerContext) {
        stopTimer()
        guard isInBody else { return }
        isInBody = false
        context.fireErrorCaught(failure)
    }
}

/// Takes the expectation out of requests that are too old to have one.
private final class OldExpectations: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), (head.version.major, head.version.minor) < (1, 1) else {
            context.fireChannelRead(data)
            return
        }
        head.headers.remove(name: "Expect")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}
