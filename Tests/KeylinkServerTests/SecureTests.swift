import AsyncHTTPClient
import Foundation
import KeylinkAPI
import KeylinkServer
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

/// The API over TLS, by HTTP/2 and HTTP/1.1: the same answers, and the same nothing where something breaks off.
@Suite struct SecureTests {
    typealias Version = HTTPClient.Configuration.HTTPVersion

    private func run(
        _ version: Version = .automatic, _ edit: (inout ServerConfiguration) throws -> Void = { _ in },
        test: (LiveServer) async throws -> Void
    ) async throws {
        let scratch = try Scratch()
        let certificate = try TestCertificate(in: scratch)
        try await LiveServer.run({ configuration in
            configuration.tls = certificate.files
            try edit(&configuration)
        }) { (server) async throws in
            try await TestCertificate.client(trusting: [certificate], version) { (client) async throws in
                var server = server
                server.scheme = "https"
                server.client = client
                try await test(server)
            }
        }
    }

    private func begin(_ server: LiveServer, _ method: HTTPMethod, _ path: String, _ headers: [String: String]) async throws
        -> HTTPClientResponse
    {
        var request = HTTPClientRequest(url: server.base + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        return try await server.client.execute(request, timeout: .seconds(60))
    }

    @Test(arguments: [(Version.automatic, HTTPVersion.http2), (.http1Only, .http1_1)], [1000, 1_000_000])
    func aSecretGoesAllTheWay(_ versions: (Version, HTTPVersion), _ size: Int) async throws {
        try await run(versions.0) { (server) async throws in
            let sample = Sample(size: size)
            let id = try await server.create(sample)
            let claim = sample.claim()
            let taken = try await begin(server, .POST, Route.claim(id).path, claim)
            #expect(taken.version == versions.1)
            #expect(Array(try await taken.body.collect(upTo: size + 1).readableBytesView) == sample.envelope)
            let head = try await server.send(.HEAD, Route.claim(id).path, claim)
            #expect(head.status == 200 && head.headers["content-length"] == ["\(size)"] && head.body == [])
            let range = try await server.send(.GET, Route.claim(id).path, claim.merging(["Range": "bytes=-9"]) { $1 })
            #expect(range.status == 206 && range.body == Array(sample.envelope.suffix(9)))
            #expect(try await server.send(.DELETE, Route.claim(id).path, claim).status == 204)
            #expect(try server.leftovers(of: sample.envelope) == [])
            for path in ["/api/v1/limits", "/", "/api/v1/secrets/x"] {
                let answer = try await server.send(.GET, path)
                #expect(answer.headers["strict-transport-security"] == ["max-age=31536000"])
            }
        }
    }

    /// A stream that is reset in the middle of its body takes nothing with it but itself.
    @Test(arguments: [true, false])
    func anUploadBrokenOff(_ saysLength: Bool) async throws {
        struct Enough: Error {}
        try await run { (server) async throws in
            let sample = Sample(size: 300_000)
            let (pieces, body) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
            body.yield(ByteBuffer(bytes: sample.envelope[..<200_000]))
            let sending = Task {
                try await server.send(
                    .POST, "/api/v1/secrets", sample.headers,
                    body: .stream(pieces, length: saysLength ? .known(Int64(300_000)) : .unknown))
            }
            try await eventually { try server.leftovers(of: sample.envelope) != [] }
            body.finish(throwing: Enough())
            await #expect(throws: Enough.self) { try await sending.value }
            try await eventually { try server.leftovers(of: sample.envelope) == [] }
            #expect(try await server.create(sample).text.isEmpty == false)
            // Who takes a request back is no fault of the server's.
            #expect(!server.log.text.contains("a request failed"))
        }
    }

    @Test func anUploadThatStopsIsToldSo() async throws {
        try await run(.automatic, { $0.patience = .milliseconds(300) }) { (server) async throws in
            let sample = Sample(size: 300_000)
            let (pieces, body) = AsyncStream.makeStream(of: ByteBuffer.self)
            body.yield(ByteBuffer(bytes: sample.envelope[..<100_000]))
            let answer = try await server.send(
                .POST, "/api/v1/secrets", sample.headers, body: .stream(pieces, length: .known(Int64(300_000))))
            #expect(answer.code == "too-slow")
            #expect(answer.headers["connection"] == [])
            try await eventually { try server.envelopeFiles == [] }
        }
    }

    @Test(arguments: [(TLSVersion.tlsv1, false), (.tlsv11, false), (.tlsv12, true), (.tlsv13, true)])
    func oldVersionsAreRefused(_ version: TLSVersion, _ isServed: Bool) async throws {
        let scratch = try Scratch()
        let certificate = try TestCertificate(in: scratch)
        try await LiveServer.run({ $0.tls = certificate.files }) { (server) async throws in
            #expect(try await certificate.isShown(on: server.port, version) == isServed)
        }
    }

    /// Who says nothing, and who says goodbye to nobody, holds no place for long.
    @Test func aHandshakeThatDoesNotEndIsEnded() async throws {
        try await run(.automatic, { $0.patience = .milliseconds(200) }) { (server) async throws in
            #expect(try await RawConnection.send([], to: server.port) == "")
            #expect(try await RawConnection.send([[0x16, 0x03]], to: server.port) == "")
        }
    }
}
