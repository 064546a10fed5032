import AsyncHTTPClient
import Foundation
import KeylinkAPI
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// `keylink-server`, as it lies beside these tests.
final class ServerProcess: Sendable {
    let port: Int
    let data: String
    let log: LogLines
    private let process: Child

    private init(process: Child, port: Int, data: String, log: LogLines) {
        self.process = process
        self.port = port
        self.data = data
        self.log = log
    }

    deinit { process.send(signal: SIGKILL) }

    /// Starts one on a free port and waits until it says that it listens.
    static func start(data: String, _ arguments: [String] = []) async throws -> ServerProcess {
        let log = LogLines()
        let process = try Child(["--port", "0", "--data", data] + arguments, onOutput: log.append)
        var port: Int?
        try await eventually {
            port = log.text.firstMatch(of: /listening on https?:\/\/127\.0\.0\.1:(\d+)/).flatMap { Int($0.1) }
            return port != nil
        }
        return ServerProcess(process: process, port: try #require(port), data: data, log: log)
    }

    /// Starts one whose log cannot be written, so that it cannot say that it listens.
    static func startMute(data: String, port: Int, standardError: FileHandle) throws -> ServerProcess {
        let process = try Child(["--port", "\(port)", "--data", data], standardError: standardError) { _ in }
        return ServerProcess(process: process, port: port, data: data, log: LogLines())
    }

    /// Runs one whose log cannot be written to its end; the exit code.
    static func runMute(_ arguments: [String], standardError: FileHandle) async throws -> Int32 {
        try await Child(arguments, standardError: standardError) { _ in }.end()
    }

    /// Runs one to its end.
    static func run(_ arguments: [String]) async throws -> (code: Int32, output: String) {
        let log = LogLines()
        let process = try Child(arguments, onOutput: log.append)
        let code = await process.end()
        return (code, log.text)
    }

    /// Sends a signal; the exit code.
    func stop(_ signal: Int32) async -> Int32 {
        process.send(signal: signal)
        return await process.end()
    }

    func send(signal: Int32) { process.send(signal: signal) }

    /// Waits for the end; the exit code.
    func end() async -> Int32 { await process.end() }

    /// A file under /proc about it.
    func file(_ name: String) throws -> String {
        try String(contentsOfFile: "/proc/\(process.identifier)/\(name)", encoding: .utf8)
    }

    func send(_ method: HTTPMethod, _ path: String, _ headers: [String: String] = [:], body: [UInt8]? = nil) async throws
        -> Answer
    {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = body.map { .bytes($0) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let octets = try await response.body.collect(upTo: 1 << 26)
        return Answer(status: Int(response.status.code), headers: response.headers, body: Array(octets.readableBytesView))
    }

    func status(_ method: HTTPMethod, _ path: String) async throws -> Int { try await send(method, path).status }

    func create(_ sample: Sample) async throws -> SecretID {
        let answer = try await send(.POST, "/api/v1/secrets", sample.headers, body: sample.envelope)
        return try #require(SecretID(try answer.json(Created.self).id))
    }

    /// Whether any file under the data folder holds a piece of these octets.
    func holds(_ envelope: [UInt8]) throws -> Bool {
        let pieces = stride(from: 48, to: envelope.count - 24, by: max(1, envelope.count / 40)).map {
            Data(envelope[$0..<($0 + 24)])
        }
        return try FileManager.default.subpathsOfDirectory(atPath: data).contains { name in
            guard let found = FileManager.default.contents(atPath: data + "/" + name) else { return false }
            return pieces.contains { found.range(of: $0) != nil }
        }
    }
}

/// A running child, its output line by line and its end as a value.
private final class Child: Sendable {
    private let process: Mutex<Process>
    private let ended: AsyncStream<Int32>

    init(_ arguments: [String], standardError: FileHandle? = nil, onOutput: @escaping @Sendable (String) -> Void) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("keylink-server")
        process.arguments = arguments
        let output = Pipe()
        if let standardError { process.standardError = standardError } else { process.standardError = output }
        process.standardOutput = output
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil } else { onOutput(String(decoding: data, as: UTF8.self)) }
        }
        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            let rest = (try? output.fileHandleForReading.readToEnd()).flatMap { $0 } ?? Data()
            onOutput(String(decoding: rest, as: UTF8.self))
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        try process.run()
        self.process = Mutex(process)
        self.ended = ended
    }

    func send(signal: Int32) {
        process.withLock { process in
            if process.isRunning { kill(process.processIdentifier, signal) }
        }
    }

    var identifier: Int32 { process.withLock(\.processIdentifier) }

    func end() async -> Int32 {
        for await code in ended { return code }
        return -1
    }
}

/// Waits for something in a log.
func eventually(_ log: LogLines, _ isSo: (String) -> Bool) async throws { try await eventually { isSo(log.text) } }

/// A port that was free a moment ago.
func freePort() async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(channel.localAddress?.port)
    try await channel.close()
    return port
}
