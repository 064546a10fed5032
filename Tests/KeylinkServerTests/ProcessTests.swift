import AsyncHTTPClient
import Foundation
import KeylinkAPI
import NIOCore
import NIOHTTP1
import Sodium
import Synchronization
import Testing

/// The executable itself: how it starts, ends, and comes back after it was killed.
@Suite final class ProcessTests {
    private let folder: String
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        folder = scratch.path + "/data"
    }

    @Test func itEndsInOrder() async throws {
        let server = try await ServerProcess.start(data: folder)
        #expect(try await server.status(.GET, "/api/v1/limits") == 200)
        #expect(await server.stop(SIGTERM) == 0)
        // The page of an installed program is found beside it; here there is none, and the API is served all the same.
        let again = try await ServerProcess.start(data: folder)
        #expect(await again.stop(SIGINT) == 0)
    }

    @Test func aMistakeIsOneLineAnd64() async throws {
        let (code, output) = try await ServerProcess.run(["--prot", "1"])
        #expect(code == 64)
        #expect(output == "error: unknown argument '--prot'; --help lists all settings\n")
    }

    @Test func helpIsForPeople() async throws {
        let (code, output) = try await ServerProcess.run(["--help"])
        #expect(code == 0 && output.contains("--max-envelope-bytes SIZE"))
    }

    @Test func aProxyThatIsNoAddressIsOneLineToo() async throws {
        let (code, output) = try await ServerProcess.run(["--trusted-proxy", "proxy.example"])
        #expect(code == 64)
        #expect(output.hasPrefix("error: --trusted-proxy: 'proxy.example' is not one") && output.filter { $0 == "\n" }.count == 1)
    }

    /// Tokens come and go with their file; a file that is none changes nothing, and is complained of once.
    @Test func createTokensAreReadAgain() async throws {
        let (first, second) = ("the-first-of-all-tokens", "a-second-of-all-tokens")
        let file = try scratch.write(first + "\n", to: "tokens")
        let server = try await ServerProcess.start(data: folder, ["--create-token-file", file, "--create-rate", "0"])
        #expect(try await status(of: server, with: first) == 201)
        #expect(try await status(of: server, with: second) == 403)
        try scratch.write("\(first)\n\(second)\n", to: "tokens")
        try await eventually { try await status(of: server, with: second) == 201 }
        #expect(try await status(of: server, with: first) == 201)
        for nonsense in ["", "short\n"] {
            try scratch.write(nonsense, to: "tokens")
            try await eventually(server.log) { $0.contains(nonsense.isEmpty ? "holds no token" : "at least 16") }
            #expect(try await status(of: server, with: second) == 201)
        }
        try FileManager.default.removeItem(atPath: file)
        try await eventually(server.log) { $0.contains("cannot be read") }
        #expect(try await status(of: server, with: second) == 201)
        try scratch.write(second, to: "tokens")
        try await eventually { try await status(of: server, with: first) == 403 }
        #expect(try await status(of: server, with: second) == 201)
        #expect(server.log.text.components(separatedBy: "the create tokens stay").count == 4)
        #expect(!server.log.text.contains(first) && !server.log.text.contains(second) && !server.log.text.contains("short"))
        #expect(await server.stop(SIGTERM) == 0)
    }

    private func status(of server: ServerProcess, with token: String) async throws -> Int {
        let sample = Sample()
        let headers = sample.headers.merging(["Authorization": "Bearer \(token)"]) { $1 }
        return try await server.send(.POST, "/api/v1/secrets", headers, body: sample.envelope).status
    }

    @Test func aSecondOneOnTheSameFolderIsRefused() async throws {
        let server = try await ServerProcess.start(data: folder)
        let (code, output) = try await ServerProcess.run(["--port", "0", "--data", folder])
        #expect(code == 1)
        #expect(output.contains("error: another keylink-server uses the data directory"))
        #expect(try await server.status(.GET, "/api/v1/limits") == 200)
        #expect(await server.stop(SIGTERM) == 0)
    }

    /// Killed with secrets, a running lease and half an upload: what was acknowledged is there, what was open goes on, and
    /// of the half nothing is left.
    @Test(arguments: [1000, 300_000])
    func killedAndBack(_ size: Int) async throws {
        let first = try await ServerProcess.start(data: folder)
        let (waiting, claimed, opened) = (Sample(size: size), Sample(size: size), Sample(size: size))
        let waitingID = try await first.create(waiting)
        let claimedID = try await first.create(claimed)
        let openedID = try await first.create(opened)
        let claim = claimed.claim()
        #expect(try await first.send(.POST, Route.claim(claimedID).path, claim).body == claimed.envelope)
        let done = opened.claim()
        _ = try await first.send(.POST, Route.claim(openedID).path, done)
        #expect(try await first.send(.DELETE, Route.claim(openedID).path, done).status == 204)
        let half = Sample(size: 500_000)
        let channel = try await RawConnection.connect(to: first.port)
        try await channel.executeThenClose { _, outbound in
            let headers = half.headers.merging(["Content-Length": "500000"]) { $1 }
            try await outbound.write(ByteBuffer(string: head("POST", "/api/v1/secrets", headers)))
            try await outbound.write(ByteBuffer(bytes: half.envelope[..<400_000]))
            try await eventually { try first.holds(half.envelope) }
            #expect(await first.stop(SIGKILL) != 0)
        }

        let second = try await ServerProcess.start(data: folder)
        #expect(try !second.holds(half.envelope))
        #expect(try !second.holds(opened.envelope))
        #expect(try await second.send(.GET, Route.secret(openedID).path, bearer(opened.link)).code == "opened")
        #expect(try await second.send(.GET, Route.secret(waitingID).path, bearer(waiting.link)).status == 200)
        #expect(try await second.send(.POST, Route.claim(claimedID).path, claimed.claim()).code == "claimed")
        #expect(try await second.send(.GET, Route.claim(claimedID).path, claim).body == claimed.envelope)
        #expect(try await second.send(.DELETE, Route.claim(claimedID).path, claim).status == 204)
        #expect(try !second.holds(claimed.envelope))
        #expect(try await second.send(.POST, Route.claim(waitingID).path, waiting.claim()).body == waiting.envelope)
        #expect(await second.stop(SIGTERM) == 0)
    }

    /// No core file holds what the process holds, and nobody else reads its files.
    @Test func whatItHoldsStaysWithIt() async throws {
        let server = try await ServerProcess.start(data: folder)
        _ = try await server.create(Sample(size: 300_000))
        #expect(try server.file("limits").contains(#/Max core file size +0 +0 /#))
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) + [""] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
            let permissions = try #require(attributes[.posixPermissions] as? Int)
            #expect(permissions & 0o077 == 0, "\(name)")
        }
        // Nor does a crash print what stood in memory.
        #expect(await server.stop(SIGSEGV) == SIGSEGV)
        #expect(!server.log.text.contains("Backtrac") && !server.log.text.contains("rip"))
    }

    @Test func operationsAreOnTheirOwnPort() async throws {
        let port = try await freePort()
        let server = try await ServerProcess.start(data: folder, ["--operations-port", "\(port)"])
        try await eventually(server.log) { $0.contains("operations listening") }
        for path in ["/healthz", "/readyz"] {
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
            request.method = .GET
            #expect(try await HTTPClient.shared.execute(request, timeout: .seconds(10)).status.code == 200)
            #expect(try await server.status(.GET, path) == 404)
        }
        #expect(await server.stop(SIGTERM) == 0)
    }
}
