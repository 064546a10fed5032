import AsyncHTTPClient
import KeylinkAPI
import KeylinkServer
import NIOCore
import NIOHTTP1
import Testing

/// Streams of HTTP/2, frame by frame: what one of them suffers stays with it, and nobody wears the server out.
@Suite struct StreamTests {
    private func run(
        _ edit: (inout ServerConfiguration) throws -> Void = { _ in },
        test: (LiveServer, TestCertificate) async throws -> Void
    ) async throws {
        let scratch = try Scratch()
        let certificate = try TestCertificate(in: scratch)
        try await LiveServer.run({ configuration in
            configuration.tls = certificate.files
            try edit(&configuration)
        }) { (server) async throws in
            try await TestCertificate.client(trusting: [certificate]) { (client) async throws in
                var server = server
                server.scheme = "https"
                server.client = client
                try await test(server, certificate)
            }
        }
    }

    enum Cutting: CaseIterable {
        case newerAnswer, revocation
    }

    /// A newer answer or a revocation ends the stream it means; the others on its connection go on.
    @Test(arguments: Cutting.allCases)
    func aDeliveryIsCutByItself(_ cutting: Cutting) async throws {
        try await run { (server, certificate) async throws in
            let (cut, kept) = (Sample(size: 500_000), Sample(size: 500_000))
            let (cutID, keptID) = (try await server.create(cut), try await server.create(kept))
            let claim = cut.claim()
            try await RawHTTP2.connect(to: server.port, trusting: certificate) { (connection) async throws in
                // Before it is told that it may send more, the server sends 65,535 octets, over all streams: half of a
                // delivery's first piece waits inside.
                try await connection.send(octets: RawHTTP2.request("POST", Route.claim(cutID).path, claim, stream: 1))
                _ = try await connection.frames { $0.kind == .data }
                try await connection.send(octets: RawHTTP2.request("POST", Route.claim(keptID).path, kept.claim(), stream: 3))
                _ = try await connection.frames { $0.kind == .headers && $0.stream == 3 }
                switch cutting {
                case .newerAnswer:
                    let range = claim.merging(["Range": "bytes=-5"]) { $1 }
                    #expect(try await server.send(.GET, Route.claim(cutID).path, range).body == Array(cut.envelope.suffix(5)))
                case .revocation:
                    #expect(try await server.send(.DELETE, Route.secret(cutID).path, bearer(cut.receipt)).status == 204)
                    #expect(try server.leftovers(of: cut.envelope) == [])
                }
                let end = try await connection.frames { $0.kind == .resetStream }
                #expect(end.last?.stream == 1)
                for stream: UInt32 in [0, 3] { try await connection.send(.windowUpdate, stream: stream, [0, 16, 0, 0]) }
                let rest = try await connection.frames { $0.stream == 3 && $0.isLast }
                #expect(rest.allSatisfy { $0.kind != .data || $0.stream == 3 })
                #expect(rest.filter { $0.kind == .data }.flatMap(\.payload) == kept.envelope)
            }
        }
    }

    /// The body ends, and the stream with it, before as much has come as was said.
    @Test func aBodyShortOfItsLengthIsNone() async throws {
        try await run { (server, certificate) async throws in
            let sample = Sample(size: 1000)
            let fields = sample.headers.merging(["Content-Length": "1000"]) { $1 }
            let end = try await RawHTTP2.connect(to: server.port, trusting: certificate) { (connection) async throws in
                try await connection.send(
                    octets: RawHTTP2.request("POST", "/api/v1/secrets", fields, stream: 1, isWhole: false)
                        + RawHTTP2.frame(.data, flags: 1, stream: 1, Array(sample.envelope[..<900])))
                return try await connection.frames { $0.isLast || $0.kind == .resetStream }.last?.kind
            }
            #expect(end == .resetStream)
            let again = try await server.send(.POST, "/api/v1/secrets", sample.headers, body: .bytes([]))
            #expect(again.code == "malformed-envelope")
        }
    }

    /// Opened and reset, over and over: the connection ends, the server does not notice.
    @Test func aFloodOfResets() async throws {
        try await run { (server, certificate) async throws in
            let frames = try await RawHTTP2.connect(to: server.port, trusting: certificate) { (connection) async throws in
                let flood = (0..<1000).flatMap { index -> [UInt8] in
                    let stream = UInt32(2 * index + 1)
                    return RawHTTP2.request("GET", "/api/v1/limits", stream: stream)
                        + RawHTTP2.frame(.resetStream, stream: stream, [0, 0, 0, 8])
                }
                try await connection.send(octets: flood)
                return try await connection.frames { $0.kind == .goAway }
            }
            #expect(frames.last?.errorCode == Self.enhanceYourCalm)
            #expect(try await server.send(.GET, "/api/v1/limits").status == 200)
        }
    }

    @Test func aHundredStreamsAtOnceAndNoMore() async throws {
        try await run { (server, certificate) async throws in
            let refused = try await RawHTTP2.connect(to: server.port, trusting: certificate) { (connection) async throws in
                let settings = try await connection.frames { $0.kind == .settings }.last?.payload ?? []
                #expect(stride(from: 0, to: settings.count, by: 6).contains { settings[$0..<($0 + 6)] == [0, 3, 0, 0, 0, 100] })
                let sample = Sample()
                let uploads = (0...100).flatMap { index in
                    RawHTTP2.request("POST", "/api/v1/secrets", sample.headers, stream: UInt32(2 * index + 1), isWhole: false)
                }
                try await connection.send(octets: uploads)
                return try await connection.frames { $0.kind == .resetStream || $0.kind == .goAway }.last
            }
            #expect(refused?.kind == .resetStream ? refused?.stream == 201 : refused?.kind == .goAway)
            #expect(try await server.send(.GET, "/api/v1/limits").status == 200)
        }
    }

    @Test func aHeadTooLong() async throws {
        try await run { (server, certificate) async throws in
            let frames = try await RawHTTP2.connect(to: server.port, trusting: certificate) { (connection) async throws in
                let fields = Dictionary(uniqueKeysWithValues: (0..<15).map { ("x-\($0)", String(repeating: "x", count: 1050)) })
                try await connection.send(octets: RawHTTP2.request("GET", "/api/v1/limits", fields, stream: 1))
                return try await connection.frames { $0.kind == .goAway || $0.stream == 1 }
            }
            #expect(frames.last?.kind == .goAway || frames.last?.kind == .resetStream)
            #expect(try await server.send(.GET, "/api/v1/limits").status == 200)
        }
    }

    /// HTTP/2 says goodbye and waits for an answer, which this one never gives.
    @Test func whoDoesNotAnswerIsLeft() async throws {
        try await run({
            $0.patience = .milliseconds(100)
            $0.idleTimeout = .milliseconds(100)
        }) { (server, certificate) async throws in
            var hasSaidGoodbye = false
            while !hasSaidGoodbye {
                // A handshake that took too long on a busy machine is tried again.
                hasSaidGoodbye = try await certificate.frames(from: server.port).contains { $0.kind == .goAway }
            }
        }
    }

    private static let enhanceYourCalm: UInt32 = 0xB
}
