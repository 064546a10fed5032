import AsyncHTTPClient
import Foundation
import KeylinkAPI
import NIOCore
import NIOHTTP1
import Sodium
import SystemPackage
import Testing

@testable import KeylinkServer

/// What a live server lets one address do. Its clock stands still unless a test moves it.
@Suite struct LimitTests {
    private func create(_ server: LiveServer, _ sample: Sample = Sample(), from address: String? = nil) async throws -> Answer {
        var headers = sample.headers
        headers["X-Forwarded-For"] = address
        return try await server.send(.POST, "/api/v1/secrets", headers, body: .bytes(sample.envelope))
    }

    private func chunks(_ octets: [UInt8]) -> HTTPClientRequest.Body {
        .stream([ByteBuffer(bytes: octets)].async, length: .unknown)
    }

    /// Beside the one envelope that came before.
    private func expectNothing(_ server: LiveServer, of sample: Sample) throws {
        #expect(try server.envelopeFiles.count == 1)
        #expect(try server.leftovers(of: sample.envelope) == [])
    }

    /// Envelopes that this process, and so the server in it, holds open.
    private func openFiles(in folder: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { descriptor in
            let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
            return path?.hasPrefix(folder + "/envelopes/") == true
        }
    }

    @Test func creationsAMinute() async throws {
        try await LiveServer.run({ $0.createRate = 3 }) { (server) async throws in
            let first = Sample()
            #expect(try await create(server, first).status == 201)
            for _ in 0..<2 { #expect(try await create(server).status == 201) }
            let refused = try await create(server)
            #expect(refused.code == "too-many-requests")
            #expect(refused.headers["retry-after"] == ["20"])
            // A lost answer is given again whatever the limits, and what is wrong is said before.
            #expect(try await create(server, first).status == 201)
            #expect(try await server.send(.POST, "/api/v1/secrets?views=0", Sample().headers).code == "views-out-of-range")
            server.clock.advance(seconds: 20)
            #expect(try await create(server).status == 201)
            #expect(try await create(server).code == "too-many-requests")
        }
    }

    /// From its length alone, before a single octet of it has come; nothing stays, and nothing stays reserved.
    @Test func octetsAnHour() async throws {
        try await LiveServer.run({
            $0.uploadBytesPerHour = 400_000
            $0.maxEnvelopeBytes = 400_000
        }) { (server) async throws in
            #expect(try await create(server, Sample(size: 250_000)).status == 201)
            let sample = Sample(size: 200_000)
            let request = head("POST", "/api/v1/secrets", sample.headers.merging(["Content-Length": "200000"]) { $1 })
            let refused = String(
                decoding: try await RawConnection.read(1, of: request, from: server.port), as: UTF8.self)
            #expect(refused.hasPrefix("HTTP/1.1 429 ") && refused.lowercased().contains("retry-after: 450\r\n"))
            try expectNothing(server, of: sample)
            #expect(try await create(server, Sample(size: 150_000)).status == 201)
            #expect(try await create(server, Sample(size: 100)).code == "too-many-requests")
        }
    }

    /// Octets whose number is not said are counted as they come. How long to wait nobody can say better than: until
    /// everything may come.
    @Test func octetsThatWereNotAnnounced() async throws {
        try await LiveServer.run({
            $0.uploadBytesPerHour = 400_000
            $0.maxEnvelopeBytes = 400_000
        }) { (server) async throws in
            let fits = Sample(size: 250_000)
            #expect(
                try await server.send(.POST, "/api/v1/secrets", fits.headers, body: chunks(fits.envelope)).status == 201)
            let sample = Sample(size: 200_000)
            let refused = try await server.send(.POST, "/api/v1/secrets", sample.headers, body: chunks(sample.envelope))
            #expect(refused.code == "too-many-requests")
            let wait = try #require(refused.headers.first(name: "retry-after").flatMap(Int64.init))
            #expect((2250...3600).contains(wait))
            try expectNothing(server, of: sample)
            server.clock.advance(seconds: wait)
            let largest = Sample(size: 400_000)
            #expect(
                try await server.send(.POST, "/api/v1/secrets", largest.headers, body: chunks(largest.envelope)).status == 201)
        }
    }

    /// An upload that breaks off gives back what did not come, and its place.
    @Test func whatDidNotComeIsGivenBack() async throws {
        try await LiveServer.run({
            $0.uploadBytesPerHour = 400_000
            $0.maxEnvelopeBytes = 400_000
            $0.uploadsAtOnce = 1
        }) { (server) async throws in
            let sample = Sample(size: 400_000)
            let request = head("POST", "/api/v1/secrets", sample.headers.merging(["Content-Length": "400000"]) { $1 })
            _ = try await RawConnection.send(
                [Array(request.utf8), Array(sample.envelope[..<100_000])], to: server.port, end: .finish)
            try await eventually { try server.envelopeFiles == [] }
            #expect(try await create(server, Sample(size: 300_000)).status == 201)
        }
    }

    @Test func uploadsAtOnce() async throws {
        try await LiveServer.run({ $0.uploadsAtOnce = 1 }) { (server) async throws in
            let sample = Sample(size: 200_000)
            let channel = try await RawConnection.connect(to: server.port)
            try await channel.executeThenClose { inbound, outbound in
                let headers = sample.headers.merging(["Content-Length": "200000", "Connection": "close"]) { $1 }
                try await outbound.write(ByteBuffer(string: head("POST", "/api/v1/secrets", headers)))
                try await outbound.write(ByteBuffer(bytes: sample.envelope[..<100_000]))
                try await eventually { try server.envelopeFiles != [] }
                let refused = try await create(server)
                #expect(refused.code == "too-many-requests")
                #expect(refused.headers["retry-after"] == ["5"])
                try await outbound.write(ByteBuffer(bytes: sample.envelope[100_000...]))
                var answer = ""
                for try await buffer in inbound { answer += String(buffer: buffer) }
                #expect(answer.hasPrefix("HTTP/1.1 201 "))
            }
            #expect(try await create(server).status == 201)
        }
    }

    /// Nothing that is refused otherwise keeps a place.
    @Test func refusalsKeepNoPlace() async throws {
        try await LiveServer.run({ $0.uploadsAtOnce = 1 }) { (server) async throws in
            var nonsense = Sample()
            nonsense.envelope[0] = 0
            for _ in 0..<3 {
                #expect(try await create(server, nonsense).code == "malformed-envelope")
                #expect(try await create(server, Sample(size: 40)).code == "malformed-envelope")
                let tooLarge = Sample(size: 30_000_001)
                #expect(try await create(server, tooLarge).code == "too-large")
            }
            #expect(try await create(server).status == 201)
        }
    }

    /// A full store says when to come back as well, and what it refused is not held against anybody.
    @Test func storageFull() async throws {
        try await LiveServer.run({
            $0.maxStorageBytes = 300_000
            $0.maxEnvelopeBytes = 400_000
            $0.uploadBytesPerHour = 400_000
            $0.uploadsAtOnce = 1
        }) { (server) async throws in
            #expect(try await create(server, Sample(size: 200_000)).status == 201)
            for _ in 0..<3 {
                let sample = Sample(size: 200_000)
                let refused = try await create(server, sample)
                #expect(refused.code == "storage-full")
                #expect(refused.headers["retry-after"] == ["60"])
                try expectNothing(server, of: sample)
            }
        }
    }

    /// Whom a trusted proxy names is whom it is about; without one, the header is nothing but words.
    @Test(arguments: [("127.0.0.0/8", true), ("10.0.0.0/8", false), (nil, false)])
    func forwarded(_ proxies: String?, _ isBelieved: Bool) async throws {
        try await LiveServer.run({
            $0.createRate = 1
            if let proxies { $0.trustedProxies = try #require(TrustedProxies(proxies)) }
        }) { (server) async throws in
            #expect(try await create(server, from: "192.0.2.1").status == 201)
            #expect(try await create(server, from: "192.0.2.2").status == (isBelieved ? 201 : 429))
            #expect(try await create(server, from: "198.51.100.1, 192.0.2.1").status == 429)
            #expect(try await create(server, from: "2001:db8::1").status == (isBelieved ? 201 : 429))
            #expect(try await create(server, from: "2001:db8::2").status == 429)
            // Said once to the operator who forgot, and never with an address.
            #expect(server.log.text.components(separatedBy: "--trusted-proxy").count == (proxies == nil ? 2 : 1))
            #expect(!server.log.text.contains("192.0.2") && !server.log.text.contains("2001:db8"))
        }
    }

    /// A reader that takes nothing is cut off; the lease goes on, and so does the next download.
    @Test func aReaderThatTakesNothing() async throws {
        try await LiveServer.run({ $0.patience = .milliseconds(500) }) { (server) async throws in
            let sample = Sample(size: 20_000_000)
            let id = try await server.create(sample)
            let claim = sample.claim()
            try await RawConnection.connect(to: server.port).executeThenClose { _, outbound in
                try await outbound.write(ByteBuffer(string: head("POST", Route.claim(id).path, claim)))
                try await eventually { server.log.text.contains(#""route":"claim""#) }
                #expect(try openFiles(in: server.folder.string) > 0)
                try await eventually { try openFiles(in: server.folder.string) == 0 }
            }
            #expect(try await server.send(.GET, Route.claim(id).path, claim).body == sample.envelope)
        }
    }

    /// Asks for something and waits for the answer: what is only in the kernel's queue yet takes nobody's place.
    private static func isServed(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        try await outbound.write(ByteBuffer(string: head("GET", "/nothing", [:])))
        for try await _ in inbound { break }
    }

    /// Over the cap others wait, and are served when there is room.
    @Test func connectionsAtOnce() async throws {
        try await LiveServer.run({ $0.maxConnections = 2 }) { (server) async throws in
            let idle = try await [RawConnection.connect(to: server.port), RawConnection.connect(to: server.port)]
            let waiting = try await idle[0].executeThenClose { (inbound, outbound) async throws in
                try await Self.isServed(inbound, outbound)
                return try await idle[1].executeThenClose { (inbound, outbound) async throws in
                    try await Self.isServed(inbound, outbound)
                    let waiting = Task { try await server.send(.GET, "/api/v1/limits") }
                    try await Task.sleep(for: .milliseconds(200))
                    #expect(!server.log.text.contains(#""route":"limits""#))
                    return waiting
                }
            }
            #expect(try await waiting.value.status == 200)
        }
    }
}
