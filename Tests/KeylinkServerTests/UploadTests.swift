import AsyncHTTPClient
import Foundation
import KeylinkAPI
import KeylinkServer
import NIOCore
import NIOHTTP1
import Sodium
import SystemPackage
import Testing

/// Bodies that are refused, broken off or too slow: nothing of them stays.
@Suite struct UploadTests {
    private static func chunked(_ octets: [UInt8]) -> [UInt8] {
        Array("\(String(octets.count, radix: 16))\r\n".utf8) + octets + Array("\r\n".utf8)
    }

    private func expectNothing(_ server: LiveServer, of sample: Sample) async throws {
        // In the end: who hangs up is not told when the server has noticed.
        try await eventually { try server.envelopeFiles == [] && server.leftovers(of: sample.envelope) == [] }
        // Whoever asks with the same verifiers finds nothing either.
        let asked = try await server.send(.POST, "/api/v1/secrets", sample.headers, body: .bytes([]))
        #expect(asked.code == "malformed-envelope")
    }

    enum Length: CaseIterable {
        case said, unsaid
    }

    @Test(arguments: Length.allCases, [0, 1])
    func atTheLimitAndOneOver(_ length: Length, _ over: Int) async throws {
        try await LiveServer.run({ $0.maxEnvelopeBytes = 300_000 }) { (server) async throws in
            let sample = Sample(size: 300_000 + over)
            let body: HTTPClientRequest.Body =
                length == .said ? .bytes(sample.envelope) : .stream([ByteBuffer(bytes: sample.envelope)].async, length: .unknown)
            let answer = try await server.send(.POST, "/api/v1/secrets", sample.headers, body: body)
            if over == 0 {
                #expect(answer.status == 201)
            } else {
                #expect(answer.code == "too-large")
                try await expectNothing(server, of: sample)
            }
        }
    }

    /// From its length alone, before a single octet of it has come.
    @Test func tooLargeIsSaidBeforeTheBody() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            let request = head("POST", "/api/v1/secrets", sample.headers.merging(["Content-Length": "99999999999"]) { $1 })
            let answer = try await RawConnection.read(1, of: request, from: server.port)
            #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test(arguments: [0, 1, 3, 4, 96])
    func tooShort(_ count: Int) async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            let octets = Array(sample.envelope[..<count])
            for body in [HTTPClientRequest.Body.bytes(octets), .stream([ByteBuffer(bytes: octets)].async, length: .unknown)] {
                let answer = try await server.send(.POST, "/api/v1/secrets", sample.headers, body: body)
                #expect(answer.code == "malformed-envelope")
            }
            try await expectNothing(server, of: sample)
        }
    }

    @Test(arguments: [0, 1, 2, 3], [1000, 200_000])
    func notAnEnvelope(_ index: Int, _ size: Int) async throws {
        try await LiveServer.run { (server) async throws in
            var sample = Sample(size: size)
            sample.envelope[index] ^= 0x20
            let answer = try await server.send(.POST, "/api/v1/secrets", sample.headers, body: .bytes(sample.envelope))
            #expect(answer.code == "malformed-envelope")
            try await expectNothing(server, of: sample)
        }
    }

    /// Short of its length, without its last chunk, gone without a word: not a secret.
    @Test(arguments: Length.allCases, [RawConnection.End.finish, .abort])
    func brokenOff(_ length: Length, _ end: RawConnection.End) async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: 200_000)
            let headers = sample.headers.merging(
                length == .said ? ["Content-Length": "200000"] : ["Transfer-Encoding": "chunked"]
            ) { $1 }
            let sent = Array(sample.envelope[..<150_000])
            let pieces = [Array(head("POST", "/api/v1/secrets", headers).utf8), length == .said ? sent : Self.chunked(sent)]
            let answer = try await RawConnection.send(pieces, to: server.port, end: end)
            #expect(!answer.contains(" 201 "))
            try await expectNothing(server, of: sample)
        }
    }

    @Test func oneOctetAtATime() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: 300)
            let headers = sample.headers.merging(["Transfer-Encoding": "chunked", "Connection": "close"]) { $1 }
            let pieces =
                [Array(head("POST", "/api/v1/secrets", headers).utf8)] + sample.envelope.map { Self.chunked([$0]) }
                + [Array("0\r\n\r\n".utf8)]
            #expect(try await RawConnection.send(pieces, to: server.port).hasPrefix("HTTP/1.1 201 "))
        }
    }

    @Test func tooSlow() async throws {
        try await LiveServer.run({ $0.patience = .milliseconds(200) }) { (server) async throws in
            let sample = Sample(size: 200_000)
            let headers = sample.headers.merging(["Content-Length": "200000"]) { $1 }
            let pieces = [Array(head("POST", "/api/v1/secrets", headers).utf8), Array(sample.envelope[..<100_000])]
            let answer = try await RawConnection.send(pieces, to: server.port)
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            #expect(answer.contains(#""code":"too-slow""#))
            try await expectNothing(server, of: sample)
        }
    }

    @Test func whoWaitsToBeBiddenIsBidden() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            let headers = sample.headers.merging(
                ["Content-Length": "1000", "Expect": "100-continue", "Connection": "close"]) { $1 }
            let received = try await RawConnection.connect(to: server.port).executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: head("POST", "/api/v1/secrets", headers)))
                var received = ""
                for try await buffer in inbound {
                    received += String(buffer: buffer)
                    if received == "HTTP/1.1 100 Continue\r\n\r\n" {
                        try await outbound.write(ByteBuffer(bytes: sample.envelope))
                    }
                }
                return received
            }
            #expect(received.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 "))
        }
    }

    /// What is refused anyway is not bidden, nor what needs no bidding: without a body, or of HTTP/1.0.
    @Test func whoNeedNotBeBiddenIsNot() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            let fields = { (more: [String: String]) in
                sample.headers.merging(["Expect": "100-continue", "Connection": "close"]) { $1 }.merging(more) { $1 }
            }
            let tooLarge = head("POST", "/api/v1/secrets", fields(["Content-Length": "99000000"]))
            let empty = head("POST", "/api/v1/secrets", fields(["Content-Length": "0"]))
            let old = head("POST", "/api/v1/secrets", fields(["Content-Length": "1000"])).replacing("HTTP/1.1", with: "HTTP/1.0")
            for (text, status) in [(tooLarge, "413"), (empty, "400")] {
                let answer = try await RawConnection.send([Array(text.utf8)], to: server.port)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            }
            let answer = try await RawConnection.send([Array(old.utf8), sample.envelope], to: server.port)
            #expect(answer.contains(" 201 ") && !answer.contains(" 100 "))
        }
    }

    /// An answer before it is sent to its last octet, and only then is the next body wanted.
    @Test func whoIsBiddenWaitsForEarlierAnswers() async throws {
        try await LiveServer.run { (server) async throws in
            let (first, second) = (Sample(size: 3_000_000), Sample())
            let id = try await server.create(first)
            let headers = second.headers.merging(
                ["Content-Length": "1000", "Expect": "100-continue", "Connection": "close"]) { $1 }
            let text = head("POST", Route.claim(id).path, first.claim()) + head("POST", "/api/v1/secrets", headers)
            let received = try await RawConnection.connect(to: server.port).executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: text))
                var received: [UInt8] = []
                for try await buffer in inbound {
                    received += buffer.readableBytesView
                    if received.count > 3_000_000, received.suffix(25).starts(with: "HTTP/1.1 100 ".utf8) {
                        try await outbound.write(ByteBuffer(bytes: second.envelope))
                    }
                }
                return received
            }
            let start = try #require(Data(received).range(of: Data("\r\n\r\n".utf8))?.upperBound)
            #expect(Array(received[start...].prefix(3_000_000)) == first.envelope)
            let rest = String(decoding: received[start...].dropFirst(3_000_000), as: UTF8.self)
            #expect(rest.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 "))
        }
    }

    /// A reset is the sender's affair and no error of ours.
    @Test func aResetIsNoErrorInTheLog() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample(size: 200_000)
            let channel = try await RawConnection.connect(to: server.port)
            let headers = sample.headers.merging(["Content-Length": "200000"]) { $1 }
            try await channel.executeThenClose { _, outbound in
                try await outbound.write(ByteBuffer(string: head("POST", "/api/v1/secrets", headers)))
                try await outbound.write(ByteBuffer(bytes: sample.envelope[..<100_000]))
                try await eventually { try server.envelopeFiles.count == 1 }
                // Closing then says RST rather than FIN.
                let options = try #require(channel.channel as? any SocketOptionProvider)
                try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
                try await channel.channel.close(mode: .all).get()
            }
            try await eventually { try server.envelopeFiles == [] }
            try await eventually(server.log) { $0.contains(#""status":"#) }
            #expect(!server.log.text.contains(#""level":"error""#))
        }
    }

    /// A refused body does not keep the connection for ever.
    @Test func whoGoesOnAfterARefusalIsCutOff() async throws {
        try await LiveServer.run({ $0.patience = .milliseconds(200) }) { (server) async throws in
            let headers = ["Transfer-Encoding": "chunked", "Content-Type": "application/octet-stream"]
            let answer = try await RawConnection.send(
                [Array(head("POST", "/api/v1/secrets", headers).utf8), Self.chunked(Random.bytes(1000))], to: server.port)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func creatingTwiceOverTheWire() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            let first = try await server.send(
                .POST, "/api/v1/secrets?ttl=600&views=2", sample.headers, body: .bytes(sample.envelope))
            // An empty body, an impossible ttl, no media type: the verifiers answer first.
            var headers = sample.headers
            headers["Content-Type"] = nil
            let again = try await server.send(.POST, "/api/v1/secrets?ttl=1&views=0", headers, body: .bytes([]))
            #expect(again.status == 201)
            #expect(again.body == first.body)
            headers[HeaderName.accessVerifier] = Base64URL.encode(Random.bytes(32))
            #expect(try await server.send(.POST, "/api/v1/secrets", headers).code == "conflict")
        }
    }
}

/// Waits for what happens on its own, in another task of the server; the test's time limit is the only clock.
func eventually(_ isSo: () async throws -> Bool) async throws {
    for _ in 0..<2000 {
        if try await isSo() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("it never came to that")
}

extension Array where Element: Sendable {
    /// The elements, one after another.
    var async: AsyncStream<Element> {
        AsyncStream { continuation in
            for element in self { continuation.yield(element) }
            continuation.finish()
        }
    }
}
