import AsyncHTTPClient
import Foundation
import KeylinkAPI
import KeylinkServer
import NIOHTTP1
import Sodium
import SystemPackage
import Testing

/// What every answer carries: CORS, security headers, methods, problem documents.
@Suite struct HeadersTests {
    static let anyID = "jv-C_z9w3MQxLBoZ1LWeaw"
    static let routes: [(String, String)] = [
        ("/api/v1/limits", "HEAD, GET, OPTIONS"),
        ("/api/v1/openapi.yaml", "HEAD, GET, OPTIONS"),
        ("/api/v1/secrets", "POST, OPTIONS"),
        ("/api/v1/secrets/\(anyID)", "HEAD, GET, DELETE, OPTIONS"),
        ("/api/v1/secrets/\(anyID)/claim", "HEAD, GET, POST, DELETE, OPTIONS"),
        ("/api/v1/secrets/\(anyID)/receipt", "HEAD, GET, OPTIONS"),
    ]

    @Test(arguments: routes)
    func methods(_ path: String, _ allow: String) async throws {
        try await LiveServer.run { (server) async throws in
            let allowed = Set(allow.split(separator: ", ").map(String.init))
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"] where !allowed.contains(method) {
                let answer = try await server.send(HTTPMethod(rawValue: method), path)
                #expect(answer.status == 405)
                #expect(answer.headers["allow"] == [allow])
                #expect(method == "HEAD" || answer.code == "method-not-allowed")
            }
            let options = try await server.send(.OPTIONS, path)
            #expect(options.status == 204)
            #expect(options.headers["allow"] == [allow])
        }
    }

    @Test(arguments: routes)
    func anyOriginMayCall(_ path: String, _ allow: String) async throws {
        try await LiveServer.run { (server) async throws in
            let preflight = try await server.send(
                .OPTIONS, path, ["Origin": "https://example.org", "Access-Control-Request-Method": "POST"])
            #expect(preflight.headers["access-control-allow-origin"] == ["*"])
            #expect(preflight.headers["access-control-allow-methods"] == [allow])
            #expect(preflight.headers["access-control-max-age"] == ["86400"])
            let names = preflight.headers["access-control-allow-headers"].joined().lowercased()
            for name in [
                "authorization", "content-type", "idempotency-key", "range", "keylink-link-verifier", "keylink-access-verifier",
                "keylink-receipt-verifier",
            ] { #expect(names.contains(name)) }
            #expect(preflight.headers["access-control-allow-credentials"] == [])
            // Every error as well.
            for method in [HTTPMethod.GET, .POST, .PUT] {
                let answer = try await server.send(method, path, ["Origin": "https://example.org"])
                #expect(answer.headers["access-control-allow-origin"] == ["*"])
                let exposed = answer.headers["access-control-expose-headers"].joined().lowercased()
                for name in ["location", "retry-after", "content-range", "accept-ranges", "content-length", "www-authenticate"] {
                    #expect(exposed.contains(name))
                }
                #expect(answer.headers["x-content-type-options"] == ["nosniff"])
                #expect(answer.headers["set-cookie"] == [])
            }
        }
    }

    @Test func onlyTheConfiguredOrigins() async throws {
        try await LiveServer.run({ $0.corsOrigins = .only(["https://example.org"]) }) { (server) async throws in
            let ours = try await server.send(.GET, "/api/v1/limits", ["Origin": "https://example.org"])
            #expect(ours.headers["access-control-allow-origin"] == ["https://example.org"])
            #expect(ours.headers["vary"] == ["Origin"])
            for origin in ["https://example.com", "http://example.org", "https://example.org.evil.test", "null"] {
                let theirs = try await server.send(.GET, "/api/v1/limits", ["Origin": origin])
                #expect(theirs.headers["access-control-allow-origin"] == [])
                #expect(theirs.headers["vary"] == ["Origin"])
            }
        }
    }

    @Test func whatIsNotThere() async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            for path in [
                "/nothing", "/api/v1/nothing", "/api/v2/limits", "/api/v1/secrets/\(Self.anyID)/claim/more", "/s", "/s/",
                "//s/\(Self.anyID)", "/api/v1/limits/",
                "/api/v1/secrets/\(Self.anyID)/",
            ] {
                #expect(try await server.send(.GET, path).code == "not-found", "\(path)")
            }
            #expect(try await server.send(.GET, "/api/v1/nothing").headers["access-control-allow-origin"] == ["*"])
        }
    }

    @Test func pagesAreHardened() async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            for path in ["/", "/s/\(Self.anyID)", "/r/\(Self.anyID)", "/nothing"] {
                let answer = try await server.send(.GET, path)
                let policy = try #require(answer.headers.first(name: "content-security-policy"))
                #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
                #expect(policy.contains("require-trusted-types-for 'script'; trusted-types keylink"))
                #expect(policy.contains("script-src 'self' 'wasm-unsafe-eval';") && !policy.contains("unsafe-inline"))
                for (name, value) in [
                    ("referrer-policy", "no-referrer"), ("x-content-type-options", "nosniff"),
                    ("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
                    ("cross-origin-embedder-policy", "require-corp"),
                ] { #expect(answer.headers[name] == [value]) }
                #expect(answer.headers["access-control-allow-origin"] == [])
            }
        }
    }

    static let files: [(String, String?)] = [
        ("/", "text/html; charset=utf-8"), ("/styles/page.css", "text/css; charset=utf-8"),
        ("/pages/open.js", "text/javascript; charset=utf-8"), ("/keylink/sodium.wasm", "application/wasm"),
        ("/mark.svg", "image/svg+xml"), ("/.hidden", nil), ("/.git/config", nil), ("/notes.md", nil), ("/keylink/build.sh", nil),
        ("/styles", nil), ("/styles/", nil), ("/styles/../index.html", nil), ("/styles/%2e%2e/index.html", nil),
        ("/../../../../etc/passwd", nil), ("/%2e%2e/%2e%2e/etc/passwd", nil), ("/styles/page.css%00.html", nil),
        ("//mark.svg", nil), ("/styles%2Fpage.css", nil),
    ]

    @Test(arguments: files)
    func onlyTheFilesOfThePages(_ path: String, _ type: String?) async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            // Raw, since clients tidy paths up before they send them.
            let text = try await RawConnection.send([Array(head("GET", path, ["Connection": "close"]).utf8)], to: server.port)
            #expect(text.hasPrefix(type == nil ? "HTTP/1.1 404 " : "HTTP/1.1 200 "))
            if let type { #expect(text.contains("Content-Type: \(type)\r\n")) }
            #expect(!text.contains("hidden") && !text.contains("root:"))
        }
    }

    @Test(arguments: ["/styles/page.css", "/mark.svg", "/"])
    func aFileIsOnlyRead(_ path: String) async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            for method in [HTTPMethod.POST, .PUT, .DELETE, .PATCH] {
                let answer = try await server.send(method, path)
                #expect(answer.code == "method-not-allowed")
                #expect(answer.headers["allow"] == ["HEAD, GET, OPTIONS"])
                #expect(try await server.send(method, "/styles/none.css").code == "not-found")
            }
            let options = try await server.send(.OPTIONS, path)
            #expect(options.status == 204 && options.headers["allow"] == ["HEAD, GET, OPTIONS"])
        }
    }

    @Test func aPageThatIsNotServedIsNotThere() async throws {
        try await LiveServer.run { (server) async throws in
            for path in ["/", "/s/\(Self.anyID)"] { #expect(try await server.send(.GET, path).code == "not-found") }
        }
    }

    @Test func unchangedFilesAreNotSentAgain() async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            let first = try await server.send(.GET, "/styles/page.css")
            let tag = try #require(first.headers.first(name: "etag"))
            let again = try await server.send(.GET, "/styles/page.css", ["If-None-Match": tag])
            #expect(again.status == 304 && again.body.isEmpty)
            #expect(try await server.send(.GET, "/styles/page.css", ["If-None-Match": "\"other\""]).status == 200)
        }
    }

    @Test func theSpecificationIsTheFile() async throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Spec/openapi.yaml")
            .path
        try await LiveServer.run({ $0.specification = FilePath(file) }) { (server) async throws in
            let answer = try await server.send(.GET, "/api/v1/openapi.yaml")
            #expect(answer.body == FileManager.default.contents(atPath: file).map(Array.init))
            #expect(answer.headers["content-type"] == ["application/yaml"])
            #expect(answer.headers["access-control-allow-origin"] == ["*"])
        }
    }

    @Test func limitsSayWhatCreatingIsHeldTo() async throws {
        try await LiveServer.run({
            $0.maxEnvelopeBytes = 5000
            $0.maxTTL = 7200
        }) { (server) async throws in
            let limits = try await server.send(.GET, "/api/v1/limits").json(Limits.self)
            #expect(limits.maxEnvelopeBytes == 5000)
            #expect(limits.ttl == Limits.TTL(min: 60, max: 7200, default: 7200))
            #expect(limits.maxViews == 100 && !limits.createToken)
            let sample = Sample()
            let answer = try await server.send(.POST, "/api/v1/secrets", sample.headers, body: .bytes(sample.envelope))
            #expect(try answer.json(Created.self).expiresAt == server.clock.now().adding(seconds: 7200))
        }
    }
}
