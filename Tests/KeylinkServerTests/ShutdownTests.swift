import AsyncHTTPClient
import Foundation
import KeylinkAPI
import NIOCore
import NIOHTTP1
import Testing

/// How the executable ends: what runs may finish, new work is refused, and in the end everything is cut.
@Suite struct ShutdownTests {
    private let folder: String
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        folder = scratch.path + "/data"
    }

    /// An upload of which half has come.
    private func beginUpload(_ sample: Sample, _ server: ServerProcess, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>)
        async throws
    {
        let headers = sample.headers.merging(["Content-Length": "\(sample.envelope.count)"]) { $1 }
        try await outbound.write(ByteBuffer(string: head("POST", "/api/v1/secrets", headers)))
        try await outbound.write(ByteBuffer(bytes: sample.envelope[..<(sample.envelope.count / 2)]))
        try await eventually { try server.holds(sample.envelope) }
    }

    @Test func whatRunsMayEnd() async throws {
        let operations = try await freePort()
        let server = try await ServerProcess.start(
            data: folder, ["--shutdown-grace", "10m", "--operations-port", "\(operations)"])
        let (coming, going, opened) = (Sample(size: 500_000), Sample(size: 20_000_000), Sample())
        let openedID = try await server.create(opened)
        let claim = opened.claim()
        #expect(try await server.send(.POST, Route.claim(openedID).path, claim).status == 200)

        let upload = try await RawConnection.connect(to: server.port)
        let download = try await RawConnection.connect(to: server.port)
        try await upload.executeThenClose { answer, body in
            try await download.executeThenClose { octets, question in
                // Ahead of the large secret: to look for octets among so many takes longer than an upload may stand still.
                try await beginUpload(coming, server, body)
                let goingID = try await server.create(going)
                try await question.write(ByteBuffer(string: head("POST", Route.claim(goingID).path, going.claim())))
                var received = octets.makeAsyncIterator()
                var delivery = Array(try #require(try await received.next()).readableBytesView)

                server.send(signal: SIGTERM)
                try await eventually(server.log) { $0.contains("new work is refused") }
                for (method, path) in [("POST", "/api/v1/secrets"), ("GET", "/api/v1/limits"), ("GET", "/")] {
                    // And the connection ends, though nobody asked it to.
                    let refused = try await RawConnection.send([Array(head(method, path, [:]).utf8)], to: server.port)
                    #expect(refused.hasPrefix("HTTP/1.1 503 "))
                    #expect(refused.contains(#""code":"shutting-down""#))
                    #expect(refused.contains("Connection: close\r\n") && refused.contains("Retry-After: 5\r\n"))
                }
                let ready = HTTPClientRequest(url: "http://127.0.0.1:\(operations)/readyz")
                #expect(try await HTTPClient.shared.execute(ready, timeout: .seconds(60)).status == .serviceUnavailable)
                #expect(try await server.send(.DELETE, Route.claim(openedID).path, claim).status == 204)

                try await body.write(ByteBuffer(bytes: coming.envelope[(coming.envelope.count / 2)...]))
                var first = answer.makeAsyncIterator()
                #expect(String(buffer: try #require(try await first.next())).hasPrefix("HTTP/1.1 201 "))
                while !delivery.ends(with: going.envelope.suffix(1000)), let more = try await received.next() {
                    delivery += more.readableBytesView
                }
                #expect(Array(delivery.suffix(going.envelope.count)) == going.envelope)
            }
        }
        #expect(await server.end() == 0)
        #expect(!server.log.text.contains("cut"))
        #expect(try server.holds(coming.envelope))
        #expect(try !server.holds(opened.envelope))
    }

    enum Haste: CaseIterable {
        case noGrace, secondSignal
    }

    /// What does not end in time is cut, and the end is an orderly one all the same: nothing of half an upload stays.
    @Test(arguments: Haste.allCases)
    func whatDoesNotEndIsCut(_ haste: Haste) async throws {
        let server = try await ServerProcess.start(data: folder, ["--shutdown-grace", haste == .noGrace ? "0" : "10m"])
        let half = Sample(size: 500_000)
        try await RawConnection.connect(to: server.port).executeThenClose { _, outbound in
            try await beginUpload(half, server, outbound)
            server.send(signal: SIGTERM)
            if haste == .secondSignal {
                try await eventually(server.log) { $0.contains("new work is refused") }
                server.send(signal: SIGINT)
            }
            #expect(await server.end() == 0)
        }
        #expect(server.log.text.contains("what still runs is cut"))
        let again = try await ServerProcess.start(data: folder)
        #expect(try !again.holds(half.envelope))
        #expect(await again.stop(SIGTERM) == 0)
    }
}

extension Array where Element: Equatable {
    fileprivate func ends(with suffix: some Collection<Element>) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}
