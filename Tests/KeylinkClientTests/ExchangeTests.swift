import Envelope
import KeylinkAPI
import Sodium
import Testing

@testable import KeylinkClient

@Suite struct ExchangeTests {
    private func refusal(_ response: ScriptedServer.Response) async throws -> ClientError? {
        let server = try ScriptedServer { _, _ in .answer { _ in response } }
        do {
            _ = try await KeylinkClient(ServerAddress(server.base)).limits()
            return nil
        } catch let error as ClientError {
            return error
        }
    }

    @Test func limitsAreRead() async throws {
        let server = try ScriptedServer { _, _ in
            .answer { _ in
                .json(
                    #"{"version":"1","maxEnvelopeBytes":5,"ttl":{"min":1,"max":3,"default":2},"maxViews":4,"createToken":true,"new":[]}"#
                )
            }
        }
        let limits = try await KeylinkClient(ServerAddress(server.base + "/prefix/")).limits()
        #expect(
            limits
                == Limits(
                    version: "1", maxEnvelopeBytes: 5, ttl: .init(min: 1, max: 3, default: 2), maxViews: 4, createToken: true))
        #expect(server.requests.map(\.path) == ["/prefix/api/v1/limits"])
    }

    @Test(arguments: [301, 302, 303, 307, 308]) func noRedirectIsFollowed(status: Int) async throws {
        let elsewhere = try ScriptedServer { _, _ in .answer { _ in .json("{}") } }
        let error = try await refusal(
            ScriptedServer.Response(status: status, headers: ["Location": elsewhere.base + "/api/v1/limits"]))
        #expect(error == .notKeylink(status: status, what: "it sends elsewhere"))
        #expect(elsewhere.requests.isEmpty)
    }

    @Test(arguments: ["<html>hello</html>", "", "{}", #"{"version":1}"#, "\u{0}"])
    func anAnswerThatIsNotOursIsSaidToBeSo(body: String) async throws {
        #expect(try await refusal(.json(body)) == .notKeylink(status: 200, what: "its answer could not be read"))
    }

    @Test func anEndlessAnswerIsNotRead() async throws {
        let long = ScriptedServer.Response(body: [UInt8](repeating: 0x20, count: 65_537))
        #expect(try await refusal(long) == .notKeylink(status: 200, what: "its answer is too long"))
    }

    @Test func aGatewaysLongPageIsARefusalAllTheSame() async throws {
        let page = ScriptedServer.Response(status: 503, body: [UInt8](repeating: 0x20, count: 70_000))
        #expect(try await refusal(page) == .refused(Refusal(status: 503)))
    }

    @Test(arguments: [("maxEnvelopeBytes", "-1"), ("maxViews", "-5"), ("maxEnvelopeBytes", "9223372036854775807")])
    func limitsThatCannotBeTrueAreRefused(member: String, value: String) async throws {
        var members = ["maxEnvelopeBytes": "5", "maxViews": "4"]
        members[member] = value
        let numbers = members.map { #""\#($0)":\#($1)"# }.joined(separator: ",")
        let body = #"{"version":"1",\#(numbers),"ttl":{"min":1,"max":3,"default":2},"createToken":false}"#
        #expect(try await refusal(.json(body)) == .notKeylink(status: 200, what: "its answer makes no sense"))
    }

    @Test func onlyTheServersOwnWordEndsAClaim() {
        let ends: [ProblemCode] = [.claimed, .opened, .expired, .revoked, .leaseEnded]
        for code in ProblemCode.allCases {
            #expect(ClientError.refused(Refusal(status: code.status, code: code)).endsClaim == ends.contains(code))
        }
        for status in [404, 409, 410] { #expect(!ClientError.refused(Refusal(status: status)).endsClaim) }
        #expect(!ClientError.unreachable("").endsClaim)
    }

    /// Whatever a server or a proxy writes, the status stays, and every member that can be read is.
    @Test(arguments: [
        (
            #"{"code":"revoked","at":"2030-01-31T08:15:00.000Z","detail":"gone"}"#,
            Refusal(status: 410, code: .revoked, detail: "gone", at: Timestamp("2030-01-31T08:15:00Z"))
        ),
        (#"{"code":"newer-code","detail":7,"at":"yesterday","state":"melted"}"#, Refusal(status: 410)),
        (#"{"code":["revoked"],"title":"Gone"}"#, Refusal(status: 410, detail: "Gone")),
        ("not json", Refusal(status: 410)),
        ("[]", Refusal(status: 410)),
        ("", Refusal(status: 410)),
        (#"{"detail":"a\u001b[2Jb\u202ec\nd"}"#, Refusal(status: 410, detail: "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d")),
    ])
    func problemsAreReadLeniently(body: String, expected: Refusal) async throws {
        #expect(try await refusal(ScriptedServer.Response(status: 410, body: Array(body.utf8))) == .refused(expected))
    }

    @Test(
        arguments: [
            ("5", 5), ("0", 0), ("-1", nil), ("9223372036854775807", 86_400), ("Wed, 21 Oct 2026 07:28:00 GMT", nil), ("", nil),
        ] as [(String, Int?)])
    func retryAfterIsReadInSeconds(header: String, seconds: Int?) async throws {
        let error = try await refusal(ScriptedServer.Response(status: 429, headers: ["Retry-After": header]))
        #expect(error == .refused(Refusal(status: 429, retryAfter: seconds)))
    }

    @Test func lookingShowsTheLinkTokenAndNothingElse() async throws {
        let server = try ScriptedServer { _, _ in .answer { _ in .problem(404, "not-found") } }
        let link = try Link(base: server.base, id: DownloadTests.id, key: Key(copying: [UInt8](repeating: 9, count: 32)))
        await #expect(throws: ClientError.self) { try await KeylinkClient(ServerAddress(server.base)).look(link) }
        let request = try #require(server.requests.first)
        #expect(request.headers["authorization"] == "Bearer " + link.linkToken.base64URL())
        #expect(request.path == "/api/v1/secrets/\(DownloadTests.id)")
        #expect(!"\(request)".contains(link.key.base64URL()))
    }

    @Test func nobodyThereIsUnreachable() async throws {
        let port = try ScriptedServer { _, _ in .vanish }.port
        await #expect(throws: ClientError.unreachable("Connection refused")) {
            try await KeylinkClient(ServerAddress("http://127.0.0.1:\(port)")).limits()
        }
    }
}
