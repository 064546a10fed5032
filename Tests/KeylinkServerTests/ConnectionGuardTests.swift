import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Testing

@testable import KeylinkServer

/// Connections that are only open, and readers that do not read, without a socket and on a clock that the test moves.
@Suite struct ConnectionGuardTests {
    /// As the server has it: octets in, octets out.
    private func channel(_ handlers: any ChannelHandler...) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false)
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try channel.pipeline.syncOperations.addHandlers(handlers)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func waiting() throws -> EmbeddedChannel {
        try channel(HeadGuard(idle: .seconds(75), patience: .seconds(30)))
    }

    private func wait(_ channel: EmbeddedChannel, _ seconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    }

    private func answer(_ channel: EmbeddedChannel, octets: Int = 2) throws {
        let head = HTTPResponse(status: .ok, headerFields: [.contentLength: "\(octets)"])
        try channel.writeOutbound(HTTPResponsePart.head(head))
        try channel.writeOutbound(HTTPResponsePart.body(ByteBuffer(repeating: 1, count: octets)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
    }

    private func send(_ channel: EmbeddedChannel, _ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    @Test func whoSaysNothing() throws {
        let channel = try waiting()
        wait(channel, 74)
        #expect(channel.isActive)
        wait(channel, 1)
        #expect(!channel.isActive)
    }

    /// From the first octet of the head on, however busily the rest of it comes.
    @Test func aHeadThatDoesNotEnd() throws {
        let channel = try waiting()
        wait(channel, 70)
        try send(channel, "GET / HTTP/1.1\r\nX: ")
        for _ in 0..<29 {
            wait(channel, 1)
            try send(channel, "x")
        }
        #expect(channel.isActive)
        wait(channel, 1)
        #expect(!channel.isActive)
    }

    @Test func aHeadThatEndsInTime() throws {
        let channel = try waiting()
        try send(channel, "GET / HTTP/1.1\r\n")
        wait(channel, 29)
        try send(channel, "Host: a\r\n\r\n")
        // However long the answer takes.
        wait(channel, 86_400)
        #expect(channel.isActive)
        try answer(channel)
        wait(channel, 74)
        #expect(channel.isActive)
        wait(channel, 1)
        #expect(!channel.isActive)
    }

    /// The next head's time begins with it, not with the last one's.
    @Test func theSecondHead() throws {
        let channel = try waiting()
        try send(channel, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try answer(channel)
        wait(channel, 60)
        try send(channel, "GET /")
        wait(channel, 29)
        #expect(channel.isActive)
        try send(channel, " HTTP/1.1\r\nHost: a\r\n\r\n")
        try answer(channel)
        wait(channel, 60)
        try send(channel, "GET /")
        wait(channel, 30)
        #expect(!channel.isActive)
    }

    /// A body in the middle of which the disk holds us up is not an idle connection.
    @Test func aBodyThatIsNotRead() throws {
        let channel = try waiting()
        try send(channel, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
        wait(channel, 86_400)
        #expect(channel.isActive)
        try send(channel, "67890")
        try answer(channel)
        wait(channel, 75)
        #expect(!channel.isActive)
    }

    /// Two requests at once: only after the second answer is there nothing left to do.
    @Test func pipelined() throws {
        let channel = try waiting()
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        try send(channel, request + request)
        try answer(channel)
        wait(channel, 86_400)
        #expect(channel.isActive)
        try answer(channel)
        wait(channel, 75)
        #expect(!channel.isActive)
    }

    private func reading() throws -> EmbeddedChannel {
        let channel = try channel(ReaderGuard(first: .seconds(60), most: .seconds(300)))
        try send(channel, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return channel
    }

    private func write(_ channel: EmbeddedChannel, _ octets: Int) throws {
        try channel.writeOutbound(HTTPResponsePart.body(ByteBuffer(repeating: 1, count: octets)))
    }

    /// As the socket says it, whose buffer is full or not.
    private func setWritable(_ channel: EmbeddedChannel, _ isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    @Test func whoTakesNothing() throws {
        let channel = try reading()
        setWritable(channel, false)
        wait(channel, 59)
        #expect(channel.isActive)
        wait(channel, 1)
        #expect(!channel.isActive)
    }

    /// Just at the least rate for an hour; then a little less, which does not show at once.
    @Test func whoTakesEnough() throws {
        let channel = try reading()
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        setWritable(channel, false)
        for _ in 0..<120 {
            wait(channel, 30)
            try write(channel, 65_536)
            #expect(channel.isActive)
        }
        for _ in 0..<30 where channel.isActive {
            wait(channel, 33)
            if channel.isActive { try write(channel, 65_536) }
        }
        #expect(!channel.isActive)
    }

    /// Much at once, as a reader's system takes it, pays for a long silence, and not for any.
    @Test func whoTookMuchAtOnce() throws {
        let channel = try reading()
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try write(channel, 10_000_000)
        setWritable(channel, false)
        wait(channel, 299)
        #expect(channel.isActive)
        wait(channel, 1)
        #expect(!channel.isActive)
    }

    /// We have nothing to say: the reader is not the one who is slow.
    @Test func whoHasTakenAll() throws {
        let channel = try reading()
        setWritable(channel, false)
        wait(channel, 59)
        setWritable(channel, true)
        wait(channel, 86_400)
        #expect(channel.isActive)
        try answer(channel)
        wait(channel, 86_400)
        #expect(channel.isActive)
    }
}
