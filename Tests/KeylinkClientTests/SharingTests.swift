import Envelope
import Foundation
import KeylinkAPI
import Synchronization
import Testing

@testable import KeylinkClient

@Suite struct SharingTests {
    static let id = "AAAAAAAAAAAAAAAAAAAAAA"
    static let created = ScriptedServer.Response.json(
        #"{"id":"\#(id)","expiresAt":"2030-01-31T08:15:00.000Z","views":1}"#, status: 201)
    static let nothingStored = ScriptedServer.Response.problem(400, "malformed-envelope")
    static let limits = Limits(
        version: "1", maxEnvelopeBytes: 8 << 20, ttl: .init(min: 1, max: 99, default: 9), maxViews: 9, createToken: false)

    private func client(_ server: ScriptedServer, _ clock: RecordingClock = RecordingClock()) throws -> KeylinkClient {
        KeylinkClient(try ServerAddress(server.base), clock: clock)
    }

    private static let small = Shipment { [.text("correct horse")] }

    /// Longer than what is kept in memory.
    private static func large(isRepeatable: Bool, declared: Bool = true) -> Shipment {
        let bytes = [UInt8](repeating: 7, count: 3 << 20)
        return Shipment(isRepeatable: isRepeatable) {
            [.file(name: "f", size: declared ? UInt64(bytes.count) : nil, bytes: ByteSequence([bytes]))]
        }
    }

    @Test func whatIsSentOpensWithTheLinkThatIsMade() async throws {
        let server = try ScriptedServer { _, _ in .answer { _ in Self.created } }
        let options = SharingOptions(ttl: 60, views: 2, createToken: "tok")
        let shared = try await client(server).share(Self.small, options: options, limits: Self.limits)
        let request = try #require(server.requests.first)
        #expect(request.method == "POST")
        #expect(request.path == "/api/v1/secrets?ttl=60&views=2")
        #expect(request.headers["authorization"] == "Bearer tok")
        #expect(request.headers["content-type"] == "application/octet-stream")
        #expect(shared.link.base == server.base)
        #expect(shared.link.id == Self.id)
        let items = try openEnvelope(request.body, linkKey: shared.link.key)
        #expect(items.map(\.data) == [Array("correct horse".utf8)])
        let verifiers = ["keylink-link-verifier", "keylink-access-verifier", "keylink-receipt-verifier"].compactMap {
            request.headers[$0]
        }
        #expect(Set(verifiers).count == 3)
        #expect(verifiers.allSatisfy { isCanonicalBase64URL($0, octets: 32) })
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [true, false]) func aSizeThatIsKnownIsSaidAndOneThatIsNotIsStreamed(declared: Bool) async throws {
        let server = try ScriptedServer { _, _ in .answer { _ in Self.created } }
        let last = Mutex<Int64>(0)
        let shared = try await client(server).share(Self.large(isRepeatable: false, declared: declared), limits: Self.limits) {
            count, total in
            #expect((total == nil) == !declared)
            last.withLock { $0 = count }
        }
        let request = try #require(server.requests.first)
        #expect((request.headers["content-length"] == nil) == !declared)
        #expect(try openEnvelope(request.body, linkKey: shared.link.key).first?.data.count == 3 << 20)
        #expect(last.withLock { $0 } == Int64(request.body.count))
    }

    @Test func aLostAnswerIsAskedAfterWithoutABody() async throws {
        let server = try ScriptedServer { number, _ in number == 0 ? .vanish : .answer { _ in Self.created } }
        let shared = try await client(server).share(Self.small, limits: Self.limits)
        #expect(shared.link.id == Self.id)
        let requests = server.requests
        #expect(requests.count == 2)
        #expect(requests[1].body.isEmpty)
        #expect(requests[1].headers["content-length"] == "0")
        for name in ["keylink-link-verifier", "keylink-access-verifier", "keylink-receipt-verifier"] {
            #expect(requests[1].headers[name] == requests[0].headers[name])
        }
    }

    @Test func whatWasNotStoredIsSentAgainToTheOctetWhereItWasKept() async throws {
        let clock = RecordingClock()
        let server = try ScriptedServer { number, _ in
            switch number {
            case 0: .cut(after: 100)
            case 1: .answer { _ in Self.nothingStored }
            default: .answer { _ in Self.created }
            }
        }
        let shared = try await client(server, clock).share(Self.small, limits: Self.limits)
        let requests = server.requests
        #expect(requests.count == 3)
        #expect(requests[2].headers["keylink-access-verifier"] == requests[0].headers["keylink-access-verifier"])
        #expect(try openEnvelope(requests[2].body, linkKey: shared.link.key).count == 1)
        #expect(clock.pauses == [.milliseconds(250)])
    }

    @Test func aFileThatWasCutOffIsSealedAnew() async throws {
        let server = try ScriptedServer { number, _ in
            switch number {
            case 0: .cut(after: 1 << 20)
            case 1: .answer { _ in Self.nothingStored }
            default: .answer { _ in Self.created }
            }
        }
        let shared = try await client(server).share(Self.large(isRepeatable: true), limits: Self.limits)
        let requests = server.requests
        #expect(requests.count == 3)
        #expect(requests[1].headers["keylink-access-verifier"] == requests[0].headers["keylink-access-verifier"])
        #expect(requests[2].headers["keylink-access-verifier"] != requests[0].headers["keylink-access-verifier"])
        #expect(requests[2].headers["keylink-receipt-verifier"] != requests[0].headers["keylink-receipt-verifier"])
        #expect(try openEnvelope(requests[2].body, linkKey: shared.link.key).count == 1)
    }

    @Test func aLongInputThatCannotBeReadAgainSaysSo() async throws {
        let server = try ScriptedServer { number, _ in number == 0 ? .cut(after: 1 << 20) : .answer { _ in Self.nothingStored } }
        await #expect(throws: ClientError.notRepeatable) {
            _ = try await client(server).share(Self.large(isRepeatable: false), limits: Self.limits).views
        }
        #expect(server.requests.count == 2)
    }

    @Test func aConflictDrawsEverythingAnew() async throws {
        let server = try ScriptedServer { number, _ in .answer { _ in number == 0 ? .problem(409, "conflict") : Self.created } }
        _ = try await client(server).share(Self.small, limits: Self.limits).views
        let requests = server.requests
        #expect(requests.count == 2)
        #expect(requests[1].headers["keylink-link-verifier"] != requests[0].headers["keylink-link-verifier"])
    }

    @Test func aServerThatStartsIsWaitedForAsLongAsItAsks() async throws {
        let clock = RecordingClock()
        let server = try ScriptedServer { number, request in
            switch number {
            case 0: .answer { _ in .problem(503, "shutting-down", headers: ["Retry-After": "3"]) }
            case 1: .answer { _ in Self.nothingStored }
            default: .answer { _ in Self.created }
            }
        }
        _ = try await client(server, clock).share(Self.small, limits: Self.limits).views
        #expect(clock.pauses == [.seconds(3)])
    }

    @Test func itGivesUpAfterABoundedNumberOfTries() async throws {
        let clock = RecordingClock()
        let server = try ScriptedServer { _, _ in .vanish }
        do {
            _ = try await client(server, clock).share(Self.small, limits: Self.limits).views
            Issue.record("nothing was stored")
        } catch ClientError.unreachable {}
        #expect(server.requests.count == Backoff.limit + 2)
        #expect(clock.pauses.count == Backoff.limit)
    }

    @Test(arguments: [
        (401, "missing-token"), (403, "not-allowed"), (413, "too-large"), (422, "ttl-out-of-range"), (429, "too-many-requests"),
        (507, "storage-full"), (500, "internal"),
    ])
    func aRefusalIsToldAndNotTriedAgain(status: Int, code: String) async throws {
        let server = try ScriptedServer { _, _ in .answer { _ in .problem(status, code, headers: ["Retry-After": "7"]) } }
        do {
            _ = try await client(server).share(Self.small, limits: Self.limits).views
            Issue.record("nothing was stored")
        } catch ClientError.refused(let refusal) {
            #expect(refusal.status == status)
            #expect(refusal.code?.rawValue == code)
            #expect(refusal.retryAfter == 7)
        }
        #expect(server.requests.count == 1)
    }

    @Test func moreThanTheServerTakesIsNotSent() async throws {
        let server = try ScriptedServer { _, _ in .answer { _ in Self.created } }
        var limits = Self.limits
        limits.maxEnvelopeBytes = 1 << 20
        await #expect(throws: ClientError.tooLarge(limit: 1 << 20)) {
            _ = try await client(server).share(Self.large(isRepeatable: true), limits: limits).views
        }
        #expect(server.requests.isEmpty)
        await #expect(throws: ClientError.tooLarge(limit: 1 << 20)) {
            _ = try await client(server).share(Self.large(isRepeatable: false, declared: false), limits: limits).views
        }
    }

    @Test func aFileThatChangesIsTheReasonThatIsTold() async throws {
        let server = try ScriptedServer { _, _ in .answer { _ in Self.created } }
        let shipment = Shipment {
            [.file(name: "f", size: 3 << 20, bytes: ByteSequence([[UInt8](repeating: 1, count: 2 << 20)]))]
        }
        await #expect(throws: SealingError.sizeMismatch) {
            _ = try await client(server).share(shipment, limits: Self.limits).views
        }
    }

    @Test(arguments: ["https://evil.example/#", "short", "AAAAAAAAAAAAAAAAAAAAA/"])
    func anIDThatNoLinkCanHoldIsRefused(id: String) async throws {
        let server = try ScriptedServer { _, _ in
            .answer { _ in .json(#"{"id":"\#(id)","expiresAt":"2030-01-31T08:15:00Z","views":1}"#, status: 201) }
        }
        await #expect(throws: ClientError.notKeylink(status: 201, what: "an ID that no link can hold")) {
            _ = try await client(server).share(Self.small, limits: Self.limits).views
        }
    }
}
