import Envelope
import Foundation
import KeylinkAPI
import Sodium
import Testing

@testable import KeylinkClient

@Suite struct DownloadTests {
    static let octets = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }
    static let id = "AAAAAAAAAAAAAAAAAAAAAA"

    private let clock = RecordingClock()

    private var claim: Claim {
        get throws {
            let key = try #require(ClaimKey("0123456789abcdefghijkl"))
            return Claim(
                id: Self.id, key: key, linkToken: Key(copying: [UInt8](repeating: 1, count: 32)),
                accessToken: Key(copying: [UInt8](repeating: 2, count: 32)))
        }
    }

    private func download(from server: ScriptedServer) async throws -> [UInt8] {
        let client = KeylinkClient(try ServerAddress(server.base), clock: clock)
        var received: [UInt8] = []
        for try await part in try await client.claim(claim) { received += part }
        return received
    }

    /// Answers as a server does that gives at most `count` octets before the connection breaks.
    private static func part(of request: ScriptedServer.Request, atMost count: Int) -> ScriptedServer.Response {
        let first = request.headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
        let rest = octets[first...]
        var response = ScriptedServer.Response(status: 200, body: Array(rest.prefix(count)), announced: rest.count)
        if request.headers["range"] != nil {
            response.status = 206
            response.headers["Content-Range"] = "bytes \(first)-\(octets.count - 1)/\(octets.count)"
        }
        return response
    }

    @Test(arguments: [1_000_000, 999_999, 400_000, 131_072])
    func aBrokenTransferGoesOnWhereItBroke(count: Int) async throws {
        let server = try ScriptedServer { _, _ in .answer { Self.part(of: $0, atMost: count) } }
        #expect(try await download(from: server) == Self.octets)
        let requests = server.requests
        // Of what arrives together with the break the connection may swallow some: then it takes one turn more.
        #expect(requests.count >= (Self.octets.count + count - 1) / count)
        #expect(requests.map(\.method) == ["POST"] + Array(repeating: "GET", count: requests.count - 1))
        #expect(Set(requests.map { $0.headers["idempotency-key"] }) == ["0123456789abcdefghijkl"])
        #expect(Set(requests.map { $0.headers["authorization"] }).count == 1)
        #expect(requests.first?.headers["authorization"]?.count == "Bearer ".count + 86)
        // Something arrived each time: every failure is a first one.
        #expect(clock.pauses == Array(repeating: .milliseconds(250), count: requests.count - 1))
    }

    /// A proxy that loses its server for a moment answers by itself, without a code of ours.
    @Test(arguments: [404, 410, 403]) func aForeignRefusalInTheMiddleIsWaitedOut(status: Int) async throws {
        let server = try ScriptedServer { number, _ in
            .answer { number == 1 ? ScriptedServer.Response(status: status) : Self.part(of: $0, atMost: 600_000) }
        }
        #expect(try await download(from: server) == Self.octets)
    }

    @Test func aLostAnswerIsClaimedAgainUnderTheSameKey() async throws {
        let server = try ScriptedServer { number, _ in number < 3 ? .vanish : .answer { Self.part(of: $0, atMost: .max) } }
        #expect(try await download(from: server) == Self.octets)
        #expect(server.requests.map(\.method) == ["POST", "POST", "POST", "POST"])
        #expect(clock.pauses == [.milliseconds(250), .milliseconds(500), .seconds(1)])
    }

    @Test func aServerThatKnowsNoRangesSendsTheWholeAgain() async throws {
        let server = try ScriptedServer { number, _ in
            .answer { _ in
                ScriptedServer.Response(
                    body: number == 0 ? Array(Self.octets.prefix(300_000)) : Self.octets, announced: Self.octets.count)
            }
        }
        #expect(try await download(from: server) == Self.octets)
        #expect(server.requests.count == 2)
    }

    @Test(arguments: ["bytes 0-999999/1000000", "bytes 300000-999999/1000001", "bytes 300001-999999/1000000", "nonsense"])
    func anotherPartThanAskedForIsNotTaken(range: String) async throws {
        let server = try ScriptedServer { number, _ in
            .answer { request in
                number == 0
                    ? Self.part(of: request, atMost: 300_000)
                    : ScriptedServer.Response(
                        status: 206, headers: ["Content-Range": range], body: Array(Self.octets[300_000...]))
            }
        }
        await #expect(throws: ClientError.notKeylink(status: 206, what: "another part than was asked for")) {
            try await download(from: server)
        }
    }

    @Test func aLeaseThatHasEndedEndsIt() async throws {
        let server = try ScriptedServer { number, _ in
            .answer { number == 0 ? Self.part(of: $0, atMost: 10) : .problem(409, "lease-ended", more: #","state":"opened""#) }
        }
        do {
            _ = try await download(from: server)
            Issue.record("the lease has ended")
        } catch ClientError.refused(let refusal) {
            #expect(refusal.code == .leaseEnded)
            #expect(refusal.state == .opened)
        }
    }

    @Test func aServerThatBringsNothingIsGivenUp() async throws {
        let server = try ScriptedServer { number, _ in number == 0 ? .answer { Self.part(of: $0, atMost: 10) } : .vanish }
        do {
            _ = try await download(from: server)
            Issue.record("it never came")
        } catch ClientError.unreachable {}
        #expect(clock.pauses.count == Backoff.limit)
    }

    @Test func anEnvelopeWithoutItsLengthIsNotTaken() async throws {
        let server = try ScriptedServer { _, _ in .answer { _ in ScriptedServer.Response(body: Self.octets, saysLength: false) } }
        await #expect(throws: ClientError.notKeylink(status: 200, what: "an envelope without its length")) {
            try await download(from: server)
        }
    }

    @Test func aWrongPassphraseIsSaidAtOnce() async throws {
        let server = try ScriptedServer { _, _ in .answer { _ in .problem(403, "wrong-key") } }
        do {
            _ = try await download(from: server)
            Issue.record("the key is wrong")
        } catch let error as ClientError {
            #expect(error.code == .wrongKey)
        }
        #expect(server.requests.count == 1)
    }

    @Test func acknowledgingIsTriedAgain() async throws {
        let server = try ScriptedServer { number, _ in
            number == 0 ? .vanish : .answer { _ in ScriptedServer.Response(status: 204, saysLength: false) }
        }
        try await KeylinkClient(ServerAddress(server.base), clock: clock).acknowledge(claim)
        #expect(server.requests.map(\.method) == ["DELETE", "DELETE"])
        #expect(server.requests.map(\.path) == Array(repeating: "/api/v1/secrets/\(Self.id)/claim", count: 2))
    }
}
