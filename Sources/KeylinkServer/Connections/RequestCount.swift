import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Counts what runs on a connection of HTTP/1 or a stream of HTTP/2, and ends the connection where an answer says so.
///
/// A request runs until it has come whole and its answer is out whole, as far as the socket: who ends the process then
/// takes nothing away from anybody.
final class RequestCount: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let availability: Availability
    private var headCount = 0
    private var bodyCount = 0
    private var answerCount = 0
    /// What the others know of.
    private var noted = 0
    private var isHTTP1 = true
    /// The last answer, or the one that is on its way out, is the last of this connection.
    private var isLast = false

    init(_ availability: Availability) { self.availability = availability }

    func handlerAdded(context: ChannelHandlerContext) {
        do {
            _ = try context.pipeline.syncOperations.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        } catch {
            isHTTP1 = false
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: headCount += 1
        case .body: break
        case .end: bodyCount += 1
        }
        note(context)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            isLast = head.headerFields[.connection] == "close"
            // HTTP/2 has no such field (RFC 9113 § 8.2.2): there the connection outlives its streams.
            if !isHTTP1 { head.headerFields[.connection] = nil }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            let promise = promise ?? context.eventLoop.makePromise()
            let bound = NIOLoopBound((count: self, context: context), eventLoop: context.eventLoop)
            promise.futureResult.whenSuccess {
                bound.value.count.answerCount += 1
                bound.value.count.note(bound.value.context)
            }
            context.write(data, promise: promise)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        forget()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { forget() }

    private func note(_ context: ChannelHandlerContext) {
        let running = headCount - min(bodyCount, answerCount)
        if running != noted, context.channel.isActive {
            availability.note(requests: running - noted)
            noted = running
        }
        if running == 0, isLast, isHTTP1 { context.close(promise: nil) }
    }

    private func forget() {
        guard noted > 0 else { return }
        availability.note(requests: -noted)
        noted = 0
    }
}
