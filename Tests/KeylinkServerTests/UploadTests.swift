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
        #expect(try server.envelopeFiles == [])
        #expect(try server.leftovers(of: sample.envelope) == [])
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
            try await eventually { try server.envelopeFiles == [] }
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
            let pieces = [Array(head("POST", "/api/v1/secrets", headers).utf8), sample.envelope]
            let answer = try await RawConnection.send(pieces, to: server.port)
            #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 "))
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
func eventually(_ isSo: () throws -> Bool) async throws {
    for _ in 0..<2000 {
        if try isSo() { return }
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
