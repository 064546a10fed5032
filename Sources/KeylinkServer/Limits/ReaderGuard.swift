#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

import NIOCore
import NIOHTTPTypes

/// Closes a connection whose other end takes its answers more slowly than the least rate.
final class ReaderGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var rate: LeastRate
    /// Answers that are written to their end and have not yet left.
    private var leavingCount = 0
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - first: how long a reader may take nothing from the start.
    ///   - most: how long one may that took enough before. Its own system may have taken hundreds of kilobytes for it at once,
    ///     and tells of the next only when a good part of them has been read.
    init(first: TimeAmount, most: TimeAmount) { rate = LeastRate(first: first, most: most) }

    /// What waits in the kernel to be sent, the reader has not taken: with megabytes of it a reader would seem to do nothing
    /// for minutes, and then everything at once. So the kernel takes as much as it can send, and little more.
    func handlerAdded(context: ChannelHandlerContext) {
        guard context.channel is any SocketOptionProvider, let options = context.channel.syncOptions else { return }
        do {
            try options.setOption(.tcpOption(.init(rawValue: TCP_NOTSENT_LOWAT)), value: 65_536)
        } catch {
            // The other end has gone already, or the system has no such option.
            return
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head: break
        case .body(let octets): rate.took(octets.readableBytes, at: context.eventLoop.now)
        case .end:
            leavingCount += 1
            let promise = promise ?? context.eventLoop.makePromise()
            let bound = NIOLoopBound((guardian: self, context: context), eventLoop: context.eventLoop)
            promise.futureResult.whenComplete { _ in
                let (guardian, context) = bound.value
                guardian.leavingCount -= 1
                guardian.look(context)
            }
            return context.write(data, promise: promise)
        }
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        look(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        look(context)
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimer()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stopTimer() }

    /// While octets wait here because the reader takes none, time runs.
    private func look(_ context: ChannelHandlerContext) {
        guard context.channel.isActive, !context.channel.isWritable || leavingCount > 0 else {
            return rate.rest(at: context.eventLoop.now)
        }
        rate.wait(at: context.eventLoop.now)
        if timer == nil, let deadline = rate.deadline { startTimer(context, at: deadline) }
    }

    private func startTimer(_ context: ChannelHandlerContext, at deadline: NIODeadline) {
        let bound = NIOLoopBound((guardian: self, context: context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) {
            let (guardian, context) = bound.value
            guardian.timer = nil
            guard let deadline = guardian.rate.deadline else { return }
            if context.eventLoop.now < deadline {
                guardian.startTimer(context, at: deadline)
            } else {
                context.close(promise: nil)
            }
        }
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }
}
