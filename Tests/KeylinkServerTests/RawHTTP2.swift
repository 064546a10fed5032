import NIOCore
import NIOPosix
import NIOSSL

/// A connection of HTTP/2 over TLS that sends exactly the frames it is told to, and answers none by itself.
struct RawHTTP2 {
    enum Kind: UInt8 {
        case data, headers, priority, resetStream, settings, pushPromise, ping, goAway, windowUpdate, continuation
    }

    struct Frame {
        let kind: Kind?
        let flags: UInt8
        let stream: UInt32
        let payload: [UInt8]

        /// What a RST_STREAM gives as its reason, and the second number of a GOAWAY.
        var errorCode: UInt32? {
            switch kind {
            case .resetStream: number(payload[...])
            case .goAway: number(payload.dropFirst(4))
            default: nil
            }
        }
        /// Its stream ends with it.
        var isLast: Bool { (kind == .data || kind == .headers) && flags & 1 == 1 }
    }

    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received: [UInt8] = []

    /// Lends a connection whose preface and (empty) settings are sent.
    static func connect<Value: Sendable>(
        to port: Int, trusting certificate: TestCertificate, _ version: TLSVersion? = nil,
        _ body: @Sendable (inout RawHTTP2) async throws -> Value
    ) async throws -> Value {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificate.certificate))
        tls.applicationProtocols = ["h2"]
        if let version {
            tls.minimumTLSVersion = version
            tls.maximumTLSVersion = version
        }
        let context = try NIOSSLContext(configuration: tls)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawHTTP2(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            try await outbound.write(ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
            try await connection.send(.settings, stream: 0, [])
            return try await body(&connection)
        }
    }

    private init(
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound
        self.outbound = outbound
    }

    func send(_ kind: Kind, flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8]) async throws {
        try await outbound.write(ByteBuffer(bytes: Self.frame(kind, flags: flags, stream: stream, payload)))
    }

    func send(octets: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: octets)) }

    static func frame(_ kind: Kind, flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        Array(octets(UInt32(payload.count)).dropFirst()) + [kind.rawValue, flags] + octets(stream) + payload
    }

    /// The frame that opens a stream. Every field stands there in full: no table, no Huffman.
    static func request(_ method: String, _ path: String, _ fields: [String: String] = [:], stream: UInt32, isWhole: Bool = true)
        -> [UInt8]
    {
        let pseudo = [(":method", method), (":scheme", "https"), (":path", path), (":authority", "127.0.0.1")]
        let block = (pseudo + fields.map { ($0.key.lowercased(), $0.value) }).flatMap { name, value -> [UInt8] in
            [0] + text(name) + text(value)
        }
        return frame(.headers, flags: isWhole ? 5 : 4, stream: stream, block)
    }

    /// The next frame; nil once the connection has ended.
    mutating func next() async throws -> Frame? {
        while true {
            if received.count >= 9 {
                let count = Int(number([0] + received[..<3]))
                if received.count >= 9 + count {
                    defer { received.removeFirst(9 + count) }
                    return Frame(
                        kind: Kind(rawValue: received[3]), flags: received[4], stream: number(received[5..<9]) & 0x7FFF_FFFF,
                        payload: Array(received[9..<(9 + count)]))
                }
            }
            do {
                guard let more = try await inbound.next() else { return nil }
                received += more.readableBytesView
            } catch is IOError {
                return nil
            } catch is NIOSSLError {
                return nil
            }
        }
    }

    /// Everything up to the first frame that is wanted, and that one; to the end of the connection where none is.
    mutating func frames(upTo isWanted: (Frame) -> Bool) async throws -> [Frame] {
        var frames: [Frame] = []
        while let frame = try await next() {
            frames.append(frame)
            if isWanted(frame) { break }
        }
        return frames
    }

    private static func octets(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }

    /// A length of fewer than 127 fits into seven bits; a longer one goes on in groups of seven (RFC 7541 § 5.1).
    private static func text(_ value: String) -> [UInt8] {
        var rest = value.utf8.count
        guard rest >= 127 else { return [UInt8(rest)] + value.utf8 }
        var length: [UInt8] = [127]
        rest -= 127
        while rest >= 128 {
            length.append(UInt8(rest % 128 + 128))
            rest /= 128
        }
        return length + [UInt8(rest)] + value.utf8
    }
}

private func number(_ octets: some Sequence<UInt8>) -> UInt32 { octets.prefix(4).reduce(0) { $0 << 8 | UInt32($1) } }
