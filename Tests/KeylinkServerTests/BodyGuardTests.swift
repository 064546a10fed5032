import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import KeylinkServer

/// Bodies that end and bodies that do not, without a socket and on a clock that the test moves.
@Suite struct BodyGuardTests {
    private let channel = EmbeddedChannel(handler: BodyGuard(most: .seconds(60), patience: .seconds(30)))

    init() throws { try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait() }

    private func receive(_ part: HTTPRequestPart) throws { try channel.writeInbound(part) }

    private func receiveHead(_ fields: HTTPFields = [:]) throws {
        try receive(.head(HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/", headerFields: fields)))
    }

    private let octets = HTTPRequestPart.body(ByteBuffer(repeating: 1, count: 100))
    /// What the least rate wants in 30 s.
    private let portion = HTTPRequestPart.body(ByteBuffer(repeating: 1, count: 65_536))

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
        channel.read()
        channel.embeddedEventLoop.advanceTime(by: .seconds(59))
        try channel.throwIfErrorCaught()
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(throws: BodyGuard.Failure.tooSlow) { try channel.throwIfErrorCaught() }
    }

    /// Just at the least rate for an hour; then a little less, which does not show at once.
    @Test func whoKeepsUpIsNeverCutOff() throws {
        try receiveHead()
        for _ in 0..<120 {
            channel.read()
            channel.embeddedEventLoop.advanceTime(by: .seconds(30))
            try receive(portion)
            try channel.throwIfErrorCaught()
        }
        #expect(throws: BodyGuard.Failure.tooSlow) {
            for _ in 0..<30 {
                channel.read()
                channel.embeddedEventLoop.advanceTime(by: .seconds(33))
                try receive(portion)
            }
        }
    }

    /// A drop now and then does not keep a body alive.
    @Test func whoSendsHardlyAnythingIsTooSlow() throws {
        try receiveHead()
        for _ in 0..<3 {
            channel.read()
            channel.embeddedEventLoop.advanceTime(by: .seconds(20))
            try receive(octets)
        }
        channel.read()
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(throws: BodyGuard.Failure.tooSlow) { try channel.throwIfErrorCaught() }
    }

    /// The disk holds us up: we did not ask for more.
    @Test func whoIsNotListenedToIsNot() throws {
        try receiveHead()
        try receive(octets)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        try channel.throwIfErrorCaught()
        // Nor has it used up any of its time meanwhile.
        channel.read()
        channel.embeddedEventLoop.advanceTime(by: .seconds(59))
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
    func whoWaitsIsBiddenOnceTheBodyIsWanted(_ expectation: String, _ bidden: Bool) throws {
        try receiveHead([.expect: expectation])
        channel.read()
        #expect(try !isBidden())
        try demand()
        #expect(try isBidden() == bidden)
        try demand()
        #expect(try !isBidden())
    }

    @Test func whoSendsOrHasBeenAnsweredIsNotBidden() throws {
        try receiveHead([.expect: "100-continue"])
        try receive(octets)
        try demand()
        #expect(try !isBidden())
        try receive(.end(nil))
        try answer()
        try receiveHead([.expect: "100-continue"])
        try receive(.end(nil))
        try demand()
        #expect(try !isBidden())
        try answer()
        try receiveHead([.expect: "100-continue"])
        try answer()
        try demand()
        #expect(try !isBidden())
    }

    /// The demand is for the body of the request that is answered now, not for the last one that came.
    @Test func whoIsNotInTurnIsNotBidden() throws {
        try receiveHead()
        try receive(.end(nil))
        try receiveHead([.expect: "100-continue"])
        try demand()
        #expect(try !isBidden())
        try answer()
        try demand()
        #expect(try isBidden())
    }

    /// The end of an earlier answer is not the refusal of a later body: that one has all the time of a body that is wanted.
    @Test func anEarlierAnswerDoesNotRefuseALaterBody() throws {
        try receiveHead()
        try receive(.end(nil))
        try receiveHead()
        channel.read()
        // Not its turn yet: nobody listens, so nobody is slow.
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        try channel.throwIfErrorCaught()
        try answer()
        for _ in 0..<5 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(29))
            try receive(portion)
            channel.read()
        }
        #expect(channel.isActive)
        try channel.throwIfErrorCaught()
        channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(throws: BodyGuard.Failure.tooSlow) { try channel.throwIfErrorCaught() }
    }

    private func demand() throws { try channel.triggerUserOutboundEvent(BodyGuard.Demand.body).wait() }

    private func answer() throws {
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        while try channel.readOutbound(as: HTTPResponsePart.self) != nil {}
    }

    private func isBidden() throws -> Bool {
        guard case .head(let head)? = try channel.readOutbound(as: HTTPResponsePart.self) else { return false }
        return head.status == .continue
    }
}
