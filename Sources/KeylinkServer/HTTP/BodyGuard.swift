import HTTPTypes
import KeylinkAPI
import NIOCore
import NIOHTTPTypes

/// Sees to it that a request's body either ends as HTTP says or ends in an error, and that it comes at all.
///
/// To who reads a body, a connection that ends in the middle of it looks like the body's end, and half an envelope would be
/// stored as a whole one. HTTP/1's decoder reports most of that; this does not rely on any decoder. It also bids
/// `100 Continue` where a client waits for it, and does not listen for ever to a body that has been refused.
final class BodyGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    enum Failure: Error {
        /// The connection ended before the body did.
        case incomplete
        /// Nothing came for too long.
        case tooSlow

        var problem: ProblemError {
            switch self {
            case .incomplete: ProblemError(.malformedRequest, "The body ended before its end.", headers: [.connection: "close"])
            case .tooSlow: ProblemError(.tooSlow, headers: [.connection: "close"])
            }
        }
    }

    private let patience: TimeAmount
    private var isInBody = false
    /// What happens when patience is at its end: the sender is too slow, or has been answered long enough ago.
    private var timer: Scheduled<Void>?
    private var isAnswered = false

    /// - Parameter patience: how long the sender may send nothing while it is listened to, and go on sending after a refusal.
    init(patience: TimeAmount) { self.patience = patience }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isInBody = true
            isAnswered = false
            if head.headerFields[.expect]?.lowercased() == "100-continue" {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body:
            break
        case .end:
            isInBody = false
        }
        if !isInBody || !isAnswered { stopTimer() }
        context.fireChannelRead(data)
    }

    /// Somebody wants more. While nobody does, because the disk holds us up, the sender is not the one who is slow.
    func read(context: ChannelHandlerContext) {
        if isInBody, timer == nil { startTimer(context) }
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), isInBody {
            // Refused in the middle of its body. Closing now could take the answer away from a client that is still
            // sending; so it is heard out for a while.
            isAnswered = true
            stopTimer()
            startTimer(context)
        }
        context.write(data, promise: promise)
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

    private func startTimer(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((guardian: self, context: context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: patience) {
            let (guardian, context) = bound.value
            if guardian.isAnswered { context.close(promise: nil) } else { guardian.fail(.tooSlow, context) }
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
