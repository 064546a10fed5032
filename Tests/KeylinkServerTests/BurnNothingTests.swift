import AsyncHTTPClient
import Foundation
import KeylinkAPI
import KeylinkServer
import NIOCore
import NIOHTTP1
import Sodium
import SystemPackage
import Testing

/// Whatever scanners, previews, proxies and the curious do: the secret is still there afterwards.
@Suite struct BurnNothingTests {
    @Test func looksScansAndMistakes() async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            let sample = Sample()
            let id = try await server.create(sample)
            let claim = sample.claim()
            let paths = [
                Route.openPage(id).path, Route.receiptPage(id).path, Route.secret(id).path, Route.claim(id).path,
                Route.receipt(id).path, Route.secrets.path, Route.limits.path, "/", "/styles/page.css",
            ]
            let identities: [[String: String]] = [
                [:], bearer(sample.link), bearer(sample.receipt), claim, bearer(sample.link + sample.access),
                bearer(Random.bytes(32)), bearer(Random.bytes(64)), sample.claim(access: Random.bytes(32)),
                [HeaderName.idempotencyKey: newKey()],
            ]
            for path in paths {
                for method in [HTTPMethod.GET, .HEAD, .OPTIONS] {
                    for identity in identities { _ = try await server.send(method, path, identity) }
                }
            }
            // Without L, or with a wrong one, nothing is even counted.
            for identity in [[:], bearer(Random.bytes(64)), bearer(sample.access + sample.link)] {
                for method in [HTTPMethod.POST, .DELETE] {
                    let answer = try await server.send(
                        method, Route.claim(id).path, identity.merging([HeaderName.idempotencyKey: newKey()]) { $1 })
                    #expect(answer.status == 404)
                }
            }
            #expect(try await server.receipt(id, sample).failedClaims == 0)
            // A wrong passphrase takes no view, and is seen.
            #expect(
                try await server.send(.POST, Route.claim(id).path, sample.claim(access: Random.bytes(32))).code == "wrong-key")
            let receipt = try await server.receipt(id, sample)
            #expect(receipt.state == .waiting && receipt.viewsLeft == 1 && receipt.failedClaims == 1)
            #expect(receipt.events.map(\.what) == [.created, .failed])
            #expect(try await server.send(.POST, Route.claim(id).path, claim).body == sample.envelope)
        }
    }

    @Test func aHeadIsNoSignOfLife() async throws {
        try await LiveServer.run { (server) async throws in
            let sample = Sample()
            let id = try await server.create(sample)
            let claim = sample.claim()
            _ = try await server.send(.POST, Route.claim(id).path, claim)
            // Answered on the same connection, so after all that the claim's own answer does at its end.
            #expect(try await server.send(.HEAD, Route.claim(id).path, claim).status == 200)
            server.clock.advance(seconds: 200)
            #expect(try await server.send(.HEAD, Route.claim(id).path, claim).status == 200)
            server.clock.advance(seconds: 100)
            #expect(try await server.send(.HEAD, Route.claim(id).path, claim).status == 409)
        }
    }

    /// What a scanner sees of a link is the same whether or not there is such a secret.
    @Test func pagesTellNothing() async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            let sample = Sample()
            let id = try await server.create(sample)
            let never = Base64URL.encode(Random.bytes(16))
            for prefix in ["/s/", "/r/"] {
                let known = try await server.send(.GET, prefix + id.text)
                let unknown = try await server.send(.GET, prefix + never)
                #expect(known.status == 200 && known.body == unknown.body)
                #expect(known.headers["x-robots-tag"] == ["noindex, nofollow"])
                #expect(known.headers["etag"] == unknown.headers["etag"])
            }
        }
    }
}
