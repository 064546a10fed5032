import AsyncHTTPClient
import Foundation
import KeylinkAPI
import KeylinkServer
import NIOCore
import NIOHTTP1
import Sodium
import SystemPackage
import Testing

/// Every refusal of the table, with status and code.
@Suite struct RefusalTests {
    static let letters = String(repeating: "A", count: 43)

    /// Verifiers that are not; each replaces one of a good set.
    @Test(arguments: [
        "", String(letters.dropLast()), letters + "A", String(letters.dropLast()) + "B", String(letters.dropLast()) + "=",
        String(letters.dropLast()) + "+", "ä" + letters.dropFirst(2),
    ])
    func verifiers(_ text: String) async throws {
        try await LiveServer.run { (server) async throws in
            for name in [HeaderName.linkVerifier, HeaderName.accessVerifier, HeaderName.receiptVerifier] {
                let sample = Sample()
                var headers = sample.headers
                headers[name] = text.isEmpty ? nil : text
                let answer = try await server.send(.POST, "/api/v1/secrets", headers, body: .bytes(sample.envelope))
                #expect(answer.code == "malformed-request")
            }
        }
    }

    @Test func verifiersAlikeOrTwice() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            var headers = sample.headers
            headers[HeaderName.receiptVerifier] = headers[HeaderName.linkVerifier]
            #expect(
                try await server.send(.POST, "/api/v1/secrets", headers, body: .bytes(sample.envelope)).code
                    == "malformed-request")
            let twice = head(
                "POST", "/api/v1/secrets", sample.headers.merging(["Content-Length": "0", "Connection": "close"]) { $1 }
            ).replacingOccurrences(of: "Host: test\r\n", with: "Host: test\r\nKeylink-Link-Verifier: \(Self.letters)\r\n")
            #expect(try await RawConnection.send([Array(twice.utf8)], to: server.port).contains("malformed-request"))
        }
    }

    static let queries: [(String, String?)] = [
        ("ttl=59", "ttl-out-of-range"), ("ttl=60", nil), ("ttl=2592000", nil), ("ttl=2592001", "ttl-out-of-range"),
        ("ttl=0", "ttl-out-of-range"), ("ttl=-60", "ttl-out-of-range"), ("ttl=99999999999999999999", "ttl-out-of-range"),
        ("ttl=-99999999999999999999", "ttl-out-of-range"), ("views=0", "views-out-of-range"), ("views=1", nil),
        ("views=100", nil), ("views=101", "views-out-of-range"), ("views=-1", "views-out-of-range"), ("", nil),
        ("ttl=", "malformed-request"), ("ttl", "malformed-request"), ("ttl=1h", "malformed-request"),
        ("ttl=+60", "malformed-request"), ("ttl=60.0", "malformed-request"), ("ttl=--60", "malformed-request"),
        ("ttl=60&ttl=60", "malformed-request"), ("views=1&views=2", "malformed-request"), ("view=1", "malformed-request"),
        ("ttl=60&views=2", nil), ("ttl=%36%30", "malformed-request"),
    ]

    @Test(arguments: queries)
    func parameters(_ query: String, _ code: String?) async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            let answer = try await server.send(.POST, "/api/v1/secrets?\(query)", sample.headers, body: .bytes(sample.envelope))
            #expect(answer.code == code)
            #expect((answer.status == 201) == (code == nil))
        }
    }

    @Test(
        arguments: [
            (nil, 415), ("text/plain", 415), ("application/json", 415), ("application/octet-stream2", 415),
            ("application/octet-stream", 201), ("Application/Octet-Stream", 201), ("application/octet-stream; charset=x", 201),
        ] as [(String?, Int)])
    func mediaTypes(_ type: String?, _ status: Int) async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            var headers = sample.headers
            headers["Content-Type"] = type
            let answer = try await server.send(.POST, "/api/v1/secrets", headers, body: .bytes(sample.envelope))
            #expect(answer.status == status)
            #expect(answer.code == (status == 415 ? "unsupported-media-type" : nil))
        }
    }

    /// Tokens of a form that no client sends: 400, whatever the ID.
    @Test func malformedTokensAndKeys() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            let id = try await server.create(sample)
            let l = Base64URL.encode(sample.link)
            let la = Base64URL.encode(sample.link + sample.access)
            for path in [Route.secret(id).path, "/api/v1/secrets/nonsense"] {
                for value in [
                    "", "Bearer", l, "Basic \(l)", "Bearer \(l)=", "Bearer \(l) x", "Bearer \(la)", "Bearer \(l.dropLast())",
                    "Bearer \(l.dropLast())B",
                ] {
                    #expect(
                        try await server.send(.GET, path, ["Authorization": value]).code == "malformed-request", "\(value.count)")
                }
            }
            for method in [HTTPMethod.POST, .GET, .DELETE] {
                for value in ["Bearer \(l)", "Bearer \(la)A", "Bearer \(la.dropLast(2))", "Token \(la)"] {
                    let headers = ["Authorization": value, HeaderName.idempotencyKey: newKey()]
                    #expect(try await server.send(method, Route.claim(id).path, headers).code == "malformed-request")
                }
                for key in [
                    nil, "", String(newKey().dropLast()), String(repeating: "k", count: 65), newKey() + "=", newKey() + "/",
                ] {
                    var headers = ["Authorization": "Bearer \(la)"]
                    headers[HeaderName.idempotencyKey] = key
                    #expect(try await server.send(method, Route.claim(id).path, headers).code == "malformed-request")
                }
            }
            #expect(try await server.send(.GET, Route.secret(id).path, ["Authorization": "bearer   \(l)"]).status == 200)
            #expect(try await server.receipt(id, sample).failedClaims == 0)
        }
    }

    /// The order of the rules about a secret, one after another.
    @Test func theFirstThatHoldsAnswers() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            let id = try await server.create(sample, query: "?views=2&ttl=3600")
            let path = Route.claim(id).path
            let claim = sample.claim()
            // An unknown key.
            #expect(try await server.send(.GET, path, claim).code == "no-lease")
            #expect(try await server.send(.DELETE, path, claim).code == "no-lease")
            // Throttled after ten, with the wait said; the holder of a lease is not.
            _ = try await server.send(.POST, path, claim)
            for _ in 0..<10 {
                #expect(try await server.send(.POST, path, sample.claim(access: Random.bytes(32))).code == "wrong-key")
            }
            let throttled = try await server.send(.POST, path, sample.claim())
            #expect(throttled.code == "too-many-attempts")
            #expect(throttled.headers["retry-after"] == ["1"])
            #expect(try await server.send(.GET, path, sample.claim()).code == "no-lease")
            #expect(try await server.send(.GET, path, claim).status == 200)
            let key = try #require(claim[HeaderName.idempotencyKey])
            #expect(try await server.send(.GET, path, sample.claim(key, access: Random.bytes(32))).code == "wrong-key")
            #expect(try await server.send(.DELETE, path, sample.claim(key, access: Random.bytes(32))).code == "wrong-key")
            // An ended lease: DELETE as often as one likes, everything else is over.
            #expect(try await server.send(.DELETE, path, claim).status == 204)
            #expect(try await server.send(.DELETE, path, claim).status == 204)
            let ended = try await server.send(.POST, path, claim)
            #expect(ended.code == "lease-ended")
            #expect(try ended.json(Problem.self).state == .waiting)
            #expect(try await server.send(.GET, path, claim).code == "lease-ended")
            // Expired: the state before anything about unknown keys.
            server.clock.advance(seconds: 3600)
            let expired = try await server.send(.GET, path, sample.claim())
            #expect(expired.code == "expired")
            #expect(try expired.json(Problem.self).at == server.clock.now())
            #expect(try await server.send(.DELETE, path, claim).status == 204)
            #expect(try await server.send(.DELETE, Route.secret(id).path, bearer(sample.receipt)).code == "expired")
            #expect(try await server.send(.GET, path, [HeaderName.idempotencyKey: newKey()]).code == "not-found")
        }
    }

    @Test func revoking() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            let id = try await server.create(sample)
            #expect(try await server.send(.DELETE, Route.secret(id).path).code == "not-found")
            #expect(try await server.send(.DELETE, Route.secret(id).path, bearer(sample.link)).code == "not-found")
            #expect(try await server.send(.DELETE, Route.secret(id).path, bearer(sample.receipt)).status == 204)
            #expect(try await server.send(.DELETE, Route.secret(id).path, bearer(sample.receipt)).status == 204)
            #expect(try await server.send(.GET, Route.secret(id).path, bearer(sample.link)).code == "revoked")
            #expect(try await server.send(.POST, "/api/v1/secrets", sample.headers).code == "revoked")
        }
    }

    @Test func createTokens() async throws {
        let (one, other) = ("a-token-of-many-letters", "another-token-of-many")
        try await LiveServer.run({ $0.createTokens = CreateTokens([one, other]) }) { (server) async throws in
            #expect(try await server.send(.GET, "/api/v1/limits").json(Limits.self).createToken)
            let sample = Sample()
            let missing = try await server.send(.POST, "/api/v1/secrets", sample.headers, body: .bytes(sample.envelope))
            #expect(missing.code == "missing-token")
            #expect(missing.headers["www-authenticate"] == [#"Bearer realm="keylink""#])
            for wrong in ["Bearer \(one)x", "Bearer", "Basic \(one)", "Bearer \(one) \(other)", "\(one)"] {
                let headers = sample.headers.merging(["Authorization": wrong]) { $1 }
                #expect(
                    try await server.send(.POST, "/api/v1/secrets", headers, body: .bytes(sample.envelope)).code == "not-allowed")
            }
            for right in [one, other] {
                let sample = Sample()
                let headers = sample.headers.merging(["Authorization": "Bearer \(right)"]) { $1 }
                #expect(try await server.send(.POST, "/api/v1/secrets", headers, body: .bytes(sample.envelope)).status == 201)
            }
        }
    }
}
