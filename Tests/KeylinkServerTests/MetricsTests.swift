import Foundation
import HTTPTypes
import HummingbirdCore
import KeylinkAPI
import Logging
import NIOCore
import NIOHTTP1
import SecretStore
import Sodium
import SystemPackage
import Testing

@testable import KeylinkServer

/// What happens is counted, once, under the right name; and nothing is told of any one secret.
@Suite struct MetricsTests {
    @Test func livesAreCounted() async throws {
        try await Watched.run { (watched) async throws in
            let server = watched.server
            let samples = (0..<4).map { _ in Sample() }
            var ids: [SecretID] = []
            for sample in samples { ids.append(try await server.create(sample)) }
            // A creation whose answer was lost is none.
            _ = try await server.create(samples[0])
            #expect(try await watched.value("keylink_secrets_created_total") == 4)
            #expect(try await watched.value("keylink_secrets") == 4)
            #expect(try await watched.value("keylink_stored_bytes") == 4000)

            let opened = samples[0].claim()
            #expect(try await server.send(.POST, Route.claim(ids[0]).path, opened).status == 200)
            #expect(try await server.send(.POST, Route.claim(ids[0]).path, opened).status == 200)
            #expect(try await server.send(.GET, Route.claim(ids[0]).path, opened).status == 200)
            #expect(try await server.send(.DELETE, Route.claim(ids[0]).path, opened).status == 204)
            #expect(try await server.send(.DELETE, Route.claim(ids[0]).path, opened).status == 204)
            #expect(try await server.send(.POST, Route.claim(ids[1]).path, samples[1].claim()).status == 200)
            #expect(try await server.send(.DELETE, Route.secret(ids[1]).path, bearer(samples[1].receipt)).status == 204)
            #expect(try await server.send(.POST, Route.claim(ids[2]).path, samples[2].claim()).status == 200)
            // The third's lease lapses, the fourth expires.
            server.clock.advance(seconds: 90_000)
            #expect(try await server.receipt(ids[2], samples[2]).state == .opened)
            #expect(try await server.receipt(ids[3], samples[3]).state == .expired)

            // A client may have the last octet a moment before the server knows.
            try await eventually { try await watched.value("keylink_deliveries_in_progress") == 0 }
            let now = try await watched.samples()
            #expect(now[#"keylink_claims_total{result="taken"}"#] == 3)
            #expect(now[#"keylink_claims_total{result="resumed"}"#] == 2)
            for cause in ["acknowledged", "lapsed", "revoked"] {
                #expect(now["keylink_leases_ended_total{cause=\"\(cause)\"}"] == 1)
            }
            #expect(now[#"keylink_secrets_ended_total{cause="opened"}"#] == 2)
            #expect(now[#"keylink_secrets_ended_total{cause="expired"}"#] == 1)
            #expect(now[#"keylink_secrets_ended_total{cause="revoked"}"#] == 1)
            #expect(now["keylink_secrets"] == 0 && now["keylink_stored_bytes"] == 0)
            #expect(now["keylink_received_bytes_total"] == 4000 && now["keylink_sent_bytes_total"] == 5000)

            server.clock.advance(seconds: 700_000)
            try await eventually { try await watched.value("keylink_tombstones_forgotten_total") == 4 }
        }
    }

    @Test func refusalsAreCountedByCode() async throws {
        try await Watched.run { (watched) async throws in
            let server = watched.server
            let sample = Sample()
            let id = try await server.create(sample)
            let claim = Route.claim(id).path
            for _ in 0..<11 { _ = try await server.send(.POST, claim, sample.claim(access: Random.bytes(32))) }
            _ = try await server.send(.GET, claim, sample.claim())
            _ = try await server.send(.DELETE, claim, sample.claim())
            _ = try await server.send(.POST, claim)
            _ = try await server.send(.GET, Route.secret(id).path, bearer(Random.bytes(32)))
            _ = try await server.send(.PROPFIND, "/api/v1/limits")
            let now = try await watched.samples()
            #expect(now[#"keylink_refusals_total{code="wrong-key"}"#] == 10)
            #expect(now[#"keylink_refusals_total{code="too-many-attempts"}"#] == 1)
            #expect(now[#"keylink_refusals_total{code="no-lease"}"#] == 2)
            #expect(now[#"keylink_refusals_total{code="malformed-request"}"#] == 1)
            #expect(now[#"keylink_refusals_total{code="not-found"}"#] == 1)
            #expect(now[#"keylink_refusals_total{code="method-not-allowed"}"#] == 1)
            // Of them, those that asked for octets.
            #expect(now[#"keylink_claims_total{result="wrong-key"}"#] == 10)
            #expect(now[#"keylink_claims_total{result="no-lease"}"#] == 1)
            #expect(now[#"keylink_claims_total{result="not-found"}"#] == 0)
            #expect(now[#"keylink_http_request_duration_seconds_count{method="POST",route="claim",status="4xx"}"#] == 12)
            #expect(now[#"keylink_http_request_duration_seconds_count{method="other",route="limits",status="4xx"}"#] == 1)
        }
    }

    /// What runs is counted while it runs.
    @Test func whatIsUnderWay() async throws {
        try await Watched.run { (watched) async throws in
            let sample = Sample(size: 5000)
            let channel = try await RawConnection.connect(to: watched.server.port)
            try await channel.executeThenClose { _, outbound in
                let headers = sample.headers.merging(["Content-Length": "5000"]) { $1 }
                try await outbound.write(ByteBuffer(string: head("POST", "/api/v1/secrets", headers)))
                try await outbound.write(ByteBuffer(bytes: sample.envelope[..<2000]))
                try await eventually { try await watched.value("keylink_received_bytes_total") == 2000 }
                #expect(try await watched.value("keylink_uploads_in_progress") == 1)
                #expect(try await watched.value("keylink_connections") == 1)
            }
            try await eventually { try await watched.value("keylink_connections") == 0 }
            try await eventually { try await watched.value("keylink_uploads_in_progress") == 0 }
            #expect(try await watched.value("keylink_secrets_created_total") == 0)
        }
    }

    /// No label has a word from outside, and nothing that names or opens a secret is told.
    @Test func nothingFromOutside() async throws {
        try await Watched.run { (watched) async throws in
            let server = watched.server
            let sample = Sample()
            let id = try await server.create(sample)
            for path in ["/api/v1/secrets/\(id.text)", "/s/\(id.text)", "/\(id.text)/x?y=\(id.text)", "//api//v1/limits"] {
                for method in [HTTPMethod.GET, .HEAD, .OPTIONS, .PUT, .PROPFIND] {
                    _ = try await server.send(method, path, sample.claim())
                }
            }
            let text = try await watched.scrape().text
            for word in [id.text, Base64URL.encode(sample.link), "PROPFIND", "127.0.0.1", "/s/", "/api"] {
                #expect(!text.contains(word))
            }
            for match in text.matches(of: /route="([^"]*)"/) { #expect(Observed.routes.contains(String(match.1))) }
            for match in text.matches(of: /method="([^"]*)"/) { #expect(Observed.methods.contains(String(match.1))) }
        }
    }

    @Test func theListenerAnswersProbesAlone() async throws {
        try await Watched.run { (watched) async throws in
            #expect(try await watched.send(.GET, "/healthz").status == 200)
            #expect(try await watched.send(.GET, "/readyz").status == 200)
            let scrape = try await watched.send(.GET, "/metrics")
            #expect(scrape.headers.first(name: "content-type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(try await watched.send(.HEAD, "/metrics").body.isEmpty)
            #expect(try await watched.send(.POST, "/metrics").status == 405)
            #expect(try await watched.send(.DELETE, "/readyz").headers.first(name: "allow") == "GET, HEAD")
            #expect(try await watched.send(.GET, "/api/v1/limits").status == 404)
            for path in ["/healthz", "/readyz", "/metrics"] { #expect(try await watched.server.send(.GET, path).status == 404) }
        }
    }

    /// A disk that fails is seen: in the numbers, and in the answers to probes.
    @Test func aStorageThatFailsIsTold() async throws {
        try await Watched.run { (watched) async throws in
            let sample = Sample(size: 100_000)
            let id = try await watched.server.create(sample)
            for name in try watched.server.envelopeFiles {
                try FileManager.default.removeItem(atPath: watched.server.folder.appending("envelopes").appending(name).string)
            }
            #expect(try await watched.server.send(.POST, Route.claim(id).path, sample.claim()).code == "storage-unavailable")
            let now = try await watched.samples()
            #expect(now["keylink_storage_errors_total"] == 1)
            #expect(now[#"keylink_claims_total{result="storage-unavailable"}"#] == 1)
            #expect(now[#"keylink_claims_total{result="taken"}"#] == 0)
        }
    }

    @Test func aStoreThatCannotWriteIsNotReady() async throws {
        let scratch = try Scratch()
        let folder = FilePath(scratch.path).appending("data")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try SQLiteStore(folder: folder, logger: logger)
        let responder = OperationsResponder(
            readiness: Readiness(store: store, availability: Availability()), metrics: ServerMetrics(), folder: folder, budget: 7,
            certificate: nil)
        #expect(await responder.answer(to: "/readyz").status == .ok)
        #expect(await responder.scrape().contains("\nkeylink_storage_budget_bytes 7\n"))
        await store.close()
        #expect(await responder.answer(to: "/readyz").status == .serviceUnavailable)
        #expect(await responder.answer(to: "/healthz").status == .ok)
        #expect(await responder.scrape().contains("\nkeylink_ready 0\n"))
    }

    @Test func nobodyWaitsForEver() async {
        let never = AsyncStream<Int>.makeStream()
        let answer = await within(.milliseconds(1)) {
            for await value in never.stream { return value }
            return 0
        }
        #expect(answer == nil)
        #expect(await within(.seconds(60)) { 7 } == 7)
    }
}

/// A server and the listener beside it.
private struct Watched: Sendable {
    let server: LiveServer
    let port: Int

    static func run(test: (Watched) async throws -> Void) async throws {
        let port = try await freePort()
        try await LiveServer.run {
            $0.operationsPort = port
        } test: { server in
            try await eventually(server.log) { $0.contains("operations listening") }
            try await test(Watched(server: server, port: port))
        }
    }

    func send(_ method: HTTPMethod, _ path: String) async throws -> Answer {
        try await LiveServer(port: port, folder: server.folder, clock: server.clock, log: server.log).send(method, path)
    }

    func scrape() async throws -> (text: String, status: Int) {
        let answer = try await send(.GET, "/metrics")
        return (String(decoding: answer.body, as: UTF8.self), answer.status)
    }

    /// Every sample by its name and labels.
    func samples() async throws -> [String: Double] {
        let lines = try await scrape().text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        return Dictionary(
            uniqueKeysWithValues: lines.compactMap { line in
                let parts = line.split(separator: " ")
                return parts.last.flatMap { Double($0) }.map { (parts.dropLast().joined(separator: " "), $0) }
            })
    }

    func value(_ sample: String) async throws -> Double? { try await samples()[sample] }
}
