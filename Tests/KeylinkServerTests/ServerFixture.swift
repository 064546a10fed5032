import AsyncHTTPClient
import Foundation
import KeylinkAPI
import KeylinkServer
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Sodium
import Synchronization
import SystemPackage
import Testing

/// A live server on a free port, with a clock that the test moves and a log that it can read.
struct LiveServer: Sendable {
    let port: Int
    let folder: FilePath
    let clock: TestClock
    let log: LogLines
    var scheme = "http"
    var client = HTTPClient.shared

    var base: String { "\(scheme)://127.0.0.1:\(port)" }

    /// Starts a server, runs the test, shuts it down in order.
    ///
    /// - Parameter pages: whether it serves the pages of ``Scratch/pages()``.
    static func run(
        pages: Bool = false, _ edit: (inout ServerConfiguration) throws -> Void = { _ in },
        test: (LiveServer) async throws -> Void
    ) async throws {
        let scratch = try Scratch()
        let folder = FilePath(scratch.path).appending("data")
        let clock = TestClock()
        let log = LogLines()
        var configuration = ServerConfiguration(data: folder)
        configuration.maxEnvelopeBytes = 30_000_000
        if pages { configuration.web = try scratch.pages() }
        try edit(&configuration)
        let logger = Logger(label: "test") { _ in ServerLog(level: .trace, format: .json, write: log.append) }
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let application = try buildApplication(configuration, clock: clock, logger: logger) { listening.yield($0) }
        let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
        async let running: Void = group.run()
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        do {
            try await test(LiveServer(port: port, folder: folder, clock: clock, log: log))
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running
        withExtendedLifetime(scratch) {}
    }

    func send(
        _ method: HTTPMethod, _ path: String, _ headers: [String: String] = [:], body: HTTPClientRequest.Body? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = body
        let response = try await client.execute(request, timeout: .seconds(60))
        return Answer(
            status: Int(response.status.code), headers: response.headers,
            body: Array(try await response.body.collect(upTo: 1 << 26).readableBytesView))
    }

    /// Stores a sample.
    func create(_ sample: Sample, query: String = "") async throws -> SecretID {
        let answer = try await send(.POST, "/api/v1/secrets" + query, sample.headers, body: .bytes(sample.envelope))
        try #require(answer.status == 201)
        return try #require(SecretID(try answer.json(Created.self).id))
    }

    func receipt(_ id: SecretID, _ sample: Sample) async throws -> Receipt {
        try await send(.GET, Route.receipt(id).path, bearer(sample.receipt)).json(Receipt.self)
    }

    /// Files under the data folder that hold any of these octets.
    func leftovers(of envelope: [UInt8]) throws -> [String] {
        let pieces = stride(from: 48, to: envelope.count - 24, by: max(1, envelope.count / 40)).map {
            Data(envelope[$0..<($0 + 24)])
        }
        return try FileManager.default.subpathsOfDirectory(atPath: folder.string).filter { name in
            guard let data = FileManager.default.contents(atPath: folder.appending(name).string) else { return false }
            return pieces.contains { data.range(of: $0) != nil }
        }
    }

    var envelopeFiles: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.appending("envelopes").string) }
    }
}

/// A whole answer.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    func json<Value: Decodable>(_ type: Value.Type) throws -> Value { try JSONDecoder().decode(type, from: Data(body)) }

    /// The problem's code, where the answer is a well-formed problem document whose status is the answer's own.
    var code: String? {
        guard headers.first(name: "content-type") == "application/problem+json", let problem = try? json(Problem.self),
            problem.status == status, problem.known?.status == status, !problem.title.isEmpty, !problem.detail.isEmpty
        else { return nil }
        return problem.code
    }
}

/// An envelope of random octets and three tokens.
struct Sample: Sendable {
    var envelope: [UInt8]
    let link = Random.bytes(32)
    let access = Random.bytes(32)
    let receipt = Random.bytes(32)

    init(size: Int = 1000) { envelope = EnvelopeRules.magic + Random.bytes(size - 4) }

    var headers: [String: String] {
        [
            HeaderName.linkVerifier: Base64URL.encode(verifier(of: link)),
            HeaderName.accessVerifier: Base64URL.encode(verifier(of: access)),
            HeaderName.receiptVerifier: Base64URL.encode(verifier(of: receipt)),
            "Content-Type": "application/octet-stream",
        ]
    }

    /// The headers of a claim call.
    func claim(_ key: String = newKey(), access wrong: [UInt8]? = nil) -> [String: String] {
        bearer(link + (wrong ?? access)).merging([HeaderName.idempotencyKey: key]) { $1 }
    }
}

func bearer(_ token: [UInt8]) -> [String: String] { ["Authorization": "Bearer " + Base64URL.encode(token)] }

func newKey() -> String { Base64URL.encode(Random.bytes(16)) }

/// What the server wrote to its log.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined() } }
    func append(_ line: String) { lines.withLock { $0.append(line) } }
}
