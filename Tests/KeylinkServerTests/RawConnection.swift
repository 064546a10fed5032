import NIOCore
import NIOPosix

/// A connection that sends exactly the octets it is told to: for what no HTTP client would do.
struct RawConnection {
    enum End: Sendable {
        /// Waits for the server to end the connection.
        case wait
        /// Says that nothing more comes, then waits.
        case finish
        /// Goes away without a word.
        case abort
    }

    /// Sends the pieces one after another; everything that came back.
    static func send(_ pieces: [[UInt8]], to port: Int, end: End = .wait) async throws -> String {
        let channel = try await connect(to: port)
        return try await channel.executeThenClose { inbound, outbound in
            for piece in pieces { try await outbound.write(ByteBuffer(bytes: piece)) }
            switch end {
            case .abort: return ""
            case .finish: outbound.finish()
            case .wait: break
            }
            var received: [UInt8] = []
            do {
                for try await buffer in inbound { received += buffer.readableBytesView }
            } catch is IOError {
                // The server went away as well.
            }
            return String(decoding: received, as: UTF8.self)
        }
    }

    /// Sends a request and reads so many octets of what comes back, then goes away.
    static func read(_ count: Int, of request: String, from port: Int) async throws -> [UInt8] {
        try await connect(to: port).executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var received: [UInt8] = []
            for try await buffer in inbound {
                received += buffer.readableBytesView
                if received.count >= count { break }
            }
            return received
        }
    }

    static func connect(to port: Int) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
    }
}

/// The head of a request, as it goes over the wire.
func head(_ method: String, _ path: String, _ headers: [String: String]) -> String {
    "\(method) \(path) HTTP/1.1\r\nHost: test\r\n" + headers.map { "\($0): \($1)\r\n" }.sorted().joined() + "\r\n"
}
