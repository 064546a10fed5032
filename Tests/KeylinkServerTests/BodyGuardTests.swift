import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import KeylinkServer

/// Bodies that end and bodies that do not, without a socket and on a clock that the test moves.
@Suite struct BodyGuardTests {
    private let channel = EmbeddedChannel(handler: BodyGuard(patience: .seconds(30)))

    init() throws { try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait() }

    private func receive(_ part: HTTPRequestPart) throws { try channel.writeInbound(part) }

    private func receiveHead(_ fields: HTTPFields = [:]) throws {
        try receive(.head(HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/", headerFields: fields)))
    }

    private let octets = HTTPRequestPart.body(ByteBuffer(repeating: 1, count: 100))

    @Test func aConnectionThatEndsInABodyIsAnError() throws {
        try receiveHead()
        try receive(octets)
        channel.pipeline.fireChannelInactive()
        #expect(throws: BodyGuard.Failure.incomplete) { try channel.throwIfErrorCaught() }
    }

    @Test func soIsOneThatSaysThatNothingMoreComes() throws {
        try receiveHead()
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(throws: BodyGuard.Failure.incomplete) { try channel.throwIfErrorCaught() }
        // Once is enough.
        channel.pipeline.fireChannelInactive()
        try channel.throwIfErrorCaught()
    }

    @Test func oneThatEndsBetweenRequestsIsNone() throws {
        try receiveHead()
        try receive(octets)
        try receive(.end(nil))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        channel.pipeline.fireChannelInactive()
        try channel.throwIfErrorCaught()
    }

    @Test func whoIsListenedToAndSendsNothingIsTooSlow() throws {
        try receiveHead()
        for _ in 0..<5 {
            channel.read()
            channel.embeddedEventLoop.advanceTime(by: .seconds(29))
            try receive(octets)
            try channel.throwIfErrorCaught()
        }
        channel.read()
        channel.embeddedEventLoop.advanceTime(by: .seconds(30))
        #expect(throws: BodyGuard.Failure.tooSlow) { try channel.throwIfErrorCaught() }
    }

    /// The disk holds us up: we did not ask for more.
    @Test func whoIsNotListenedToIsNot() throws {
        try receiveHead()
        try receive(octets)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        try channel.throwIfErrorCaught()
    }

    @Test func betweenRequestsNothingIsDue() throws {
        try receiveHead()
        channel.read()
        try receive(.end(nil))
        channel.read()
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        try channel.throwIfErrorCaught()
        #expect(channel.isActive)
    }

    /// Heard out for a while, so that the answer arrives; then no more, however busily it sends.
    @Test func aRefusedBodyIsHeardOutForAWhile() throws {
        try receiveHead()
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .contentTooLarge)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        for _ in 0..<29 {
            try receive(octets)
            channel.read()
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        }
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test func aRefusedBodyThatEndsKeepsItsConnection() throws {
        try receiveHead()
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .contentTooLarge)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        try receive(octets)
        try receive(.end(nil))
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
    }

    @Test(arguments: [("100-continue", true), ("100-Continue", true), ("200-ok", false)])
    func whoWaitsIsBidden(_ expectation: String, _ bidden: Bool) throws {
        try receiveHead([.expect: expectation])
        let part = try channel.readOutbound(as: HTTPResponsePart.self)
        if case .head(let head)? = part { #expect(bidden && head.status == .continue) } else { #expect(!bidden) }
    }
}
