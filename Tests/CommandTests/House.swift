import Foundation
import Synchronization
import SystemPackage
import Testing

/// A real server with a data folder of its own, and a user with a home of their own, for one test.
final class House: Sendable {
    let folder: TemporaryFolder
    private let server: Mutex<Server>
    private let flags: [String]

    /// - Parameter flags: more settings for the server.
    init(_ flags: [String] = []) async throws {
        folder = try TemporaryFolder()
        self.flags = flags
        for name in ["home", "work", "data"] { try folder.create(name) }
        server = Mutex(try await Server(data: folder.path.appending("data"), flags))
    }

    deinit {
        server.withLock { $0.program.send(SIGKILL) }
    }

    var port: UInt16 { server.withLock { $0.port } }
    var base: String { "http://127.0.0.1:\(port)" }

    /// The server dies as in a power cut, and another one starts over the same data.
    func restartServer() async throws {
        let old = server.withLock { $0 }
        old.program.send(SIGKILL)
        _ = try await old.program.result()
        let new = try await Server(data: folder.path.appending("data"), flags)
        server.withLock { $0 = new }
    }

    func start(
        _ arguments: [String], input: Program.Input = .none, environment: [String: String] = [:], in current: String = "work"
    ) throws -> Program {
        var variables = [
            "HOME": folder.path.appending("home").string, "KEYLINK_SERVER": base, "PATH": "/usr/bin:/bin", "TZ": "UTC",
            "LANG": "C.UTF-8",
        ]
        variables.merge(environment) { $1 }
        return try Program("keylink", arguments, input: input, environment: variables, in: folder.path.appending(current))
    }

    @discardableResult
    func keylink(
        _ arguments: String..., input: Program.Input = .none, environment: [String: String] = [:], in current: String = "work"
    ) async throws -> Program.Result {
        try await start(arguments, input: input, environment: environment, in: current).result()
    }

    @discardableResult
    func keylink(_ arguments: [String], in current: String = "work") async throws -> Program.Result {
        try await start(arguments, in: current).result()
    }

    /// Shares a text and gives the link.
    func share(_ text: String, _ flags: String..., environment: [String: String] = [:]) async throws -> String {
        let shared = try await start(["share"] + flags, input: .text(text), environment: environment).result()
        try #require(shared.status == 0, "\(shared.errors)")
        return shared.line
    }

    /// The records of claims that this user's commands have left.
    var claimRecords: [String] {
        get throws {
            let path = "home/.local/state/keylink/claims"
            return FileManager.default.fileExists(atPath: folder.path.appending(path).string) ? try folder.names(path) : []
        }
    }

    private struct Server {
        let program: Program
        let port: UInt16

        init(data: FilePath, _ flags: [String]) async throws {
            let started = try Program(
                "keylink-server", ["--host", "127.0.0.1", "--port", "0", "--data", data.string] + flags,
                environment: ["PATH": "/usr/bin:/bin"], in: data)
            var found: UInt16?
            try await eventually {
                found = Self.port(in: started.errorsSoFar + started.outputSoFar)
                return found != nil
            }
            (program, port) = (started, try #require(found))
        }

        private static func port(in log: String) -> UInt16? {
            guard let start = log.range(of: "listening on http://127.0.0.1:")?.upperBound else { return nil }
            return UInt16(log[start...].prefix { $0.isNumber })
        }
    }
}
