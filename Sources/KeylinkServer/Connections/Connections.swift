import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL
import NIOTLS

extension HTTPServerBuilder {
    /// Connections of HTTP/1.1; with a certificate over TLS, and of HTTP/2 where the client speaks it.
    ///
    /// - Parameters:
    ///   - http: what a connection of HTTP/1 and each stream of HTTP/2 is set up with.
    ///   - idle: how long a connection of HTTP/2 may be open without a stream.
    ///   - patience: how long a handshake may take.
    static func connections(
        _ http: HTTP1Channel.Configuration, certificate: ServedCertificate?, idle: TimeAmount, patience: TimeAmount,
        _ availability: Availability
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            guard let certificate else {
                let plain = HTTP1Channel(responder: responder, configuration: http)
                return Connections(base: OnEventLoop(connection: plain), availability: availability)
            }
            let secure = try HTTP2UpgradeChannel(
                tlsConfiguration: certificate.configuration,
                configuration: HTTP2ChannelConfiguration(
                    idleTimeout: .nanoseconds(idle.nanoseconds), gracefulCloseTimeout: .nanoseconds(patience.nanoseconds),
                    streamConfiguration: http),
                responder: responder)
            let connection = OnEventLoop(connection: SecureChannel(base: secure, idle: idle, patience: patience))
            return Connections(base: connection, availability: availability)
        }
    }
}

/// Connections that are known, so that they can be ended.
private struct Connections<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let availability: Availability

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async {
        await availability.serving(value.channel) { await base.handle(value: value, logger: logger) }
    }
}

/// Connections over TLS that must get somewhere.
private struct SecureChannel: ServerChildChannel {
    let base: HTTP2UpgradeChannel
    let idle: TimeAmount
    let patience: TimeAmount

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP2UpgradeChannel.Value> {
        let value = base.setup(channel: channel, logger: logger)
        do {
            let pipeline = channel.pipeline.syncOperations
            let tls = try pipeline.handler(type: NIOSSLServerHandler.self)
            try pipeline.addHandlers(
                IdleStateHandler(allTimeout: idle + patience * 10), HandshakeGuard(patience: patience), position: .after(tls))
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return value
    }

    func handle(value: HTTP2UpgradeChannel.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

/// Ends a connection that does not finish its handshake, and one on which nothing moves any more: HTTP/2's own idle timer
/// says goodbye and then waits for an answer, which a peer that is gone never gives.
private final class HandshakeGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let patience: TimeAmount
    private var timer: Scheduled<Void>?

    init(patience: TimeAmount) { self.patience = patience }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: patience) { channel.close(mode: .all, promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent { timer?.cancel() }
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }
}
