import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Closes an HTTP/1 connection that is only open: that begins no request for too long, or begins one and does not get to the
/// end of its head.
///
/// While a request is read or answered it leaves the connection alone, however long that takes: whether a peer is too slow
/// then is for ``BodyGuard`` and ``ReaderGuard``.
final class HeadGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let idle: TimeAmount
    private let patience: TimeAmount
    private let arrivals = Arrivals()
    /// Requests whose head has come and whose answer has not yet left.
    private var requestCount = 0
    private var isInBody = false
    /// Whether the head that is due has begun.
    private var isInHead = false
    /// When the head must be there; nil while none is due.
    private var deadline: NIODeadline?
    /// Runs out at the deadline or before: most of the time there is nothing to do but to look again.
    private var timer: Scheduled<Void>?

    private var isBetweenRequests: Bool { requestCount == 0 && !isInBody }

    /// - Parameters:
    ///   - idle: how long a connection may be open without a request.
    ///   - patience: how long a head may take from its first octet on.
    init(idle: TimeAmount, patience: TimeAmount) {
        self.idle = idle
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(arrivals, position: .before(decoder))
        } catch {
            // Heads that come whole have no beginning to be seen; what holds for silence holds for them.
            return
        }
        if context.channel.isActive { beginBetween(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        beginBetween(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            requestCount += 1
            isInBody = true
            isInHead = false
            deadline = nil
        case .body: break
        case .end:
            isInBody = false
            arrivals.hasOctets = false
            if isBetweenRequests { beginBetween(context) }
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isBetweenRequests, arrivals.hasOctets, !isInHead {
            isInHead = true
            setDeadline(in: patience, context)
        }
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        let promise = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound((guardian: self, context: context), eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in
            let (guardian, context) = bound.value
            guardian.answerHasLeft(context)
        }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    private func answerHasLeft(_ context: ChannelHandlerContext) {
        // An answer to what was no request has no head of its own.
        requestCount = max(0, requestCount - 1)
        if isBetweenRequests, context.channel.isActive { beginBetween(context) }
    }

    private func beginBetween(_ context: ChannelHandlerContext) {
        isInHead = false
        setDeadline(in: idle, context)
    }

    private func setDeadline(in amount: TimeAmount, _ context: ChannelHandlerContext) {
        let deadline = context.eventLoop.now + amount
        self.deadline = deadline
        startTimer(context, at: deadline)
    }

    private func startTimer(_ context: ChannelHandlerContext, at deadline: NIODeadline) {
        if let timer {
            guard deadline < timerDeadline else { return }
            timer.cancel()
        }
        timerDeadline = deadline
        let bound = NIOLoopBound((guardian: self, context: context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) {
            let (guardian, context) = bound.value
            guardian.timer = nil
            guard let deadline = guardian.deadline else { return }
            if context.eventLoop.now < deadline {
                guardian.startTimer(context, at: deadline)
            } else {
                context.close(promise: nil)
            }
        }
    }

    private var timerDeadline = NIODeadline.uptimeNanoseconds(0)

    private func stop() {
        deadline = nil
        timer?.cancel()
        timer = nil
    }
}

/// Notes that octets come in which are no whole head yet.
private final class Arrivals: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    var hasOctets = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasOctets = true
        context.fireChannelRead(data)
    }
}
