import AsyncHTTPClient
import Foundation
import KeylinkAPI
import KeylinkServer
import Logging
import NIOHTTP1
import Sodium
import SystemPackage
import Testing

/// The built site: which form of a file is sent, for how long it is kept, and that nothing else is served.
@Suite struct SiteTests {
    private static let script = "pages/create.3Jx9aBcD_-42.js"

    /// What a build leaves behind, in small: a page, a script in three forms, catalogues, a file that no index names.
    private func site(in scratch: Scratch) throws -> FilePath {
        let page = "<!doctype html><title>share</title>"
        let contents = [
            "index.html": page, "open.html": page, "receipt.html": page, Self.script: "export {}", "en.json": "{}",
            "de.json": "{}",
            "pt.json": "{}", "zh.json": "{}", "nb.json": "{}",
        ]
        let types = ["html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "json": "application/json"]
        let forms = [Self.script + ".br": "small", Self.script + ".gz": "larger", "index.html.gz": "larger page"]
        let hash = { (text: String) in "sha256-" + Data(sha256(Array(text.utf8))).base64EncodedString() }
        let files = contents.map { name, text in
            let type = types[String(name.split(separator: ".").last ?? "")] ?? ""
            let compressed = [("br", ".br"), ("gzip", ".gz")].compactMap { encoding, ending in
                forms[name + ending].map { (encoding, hash($0)) }
            }
            let file = SiteIndex.File(
                integrity: hash(text), size: text.utf8.count, type: type, immutable: !name.hasSuffix(".html"),
                compressed: Dictionary(uniqueKeysWithValues: compressed))
            return (name, file)
        }
        for (name, text) in contents.merging(forms, uniquingKeysWith: { $1 }) { try scratch.write(text, to: "site/" + name) }
        try scratch.write("nobody's", to: "site/pages/other.js")
        let catalogues = ["en": "en.json", "de": "de.json", "pt-BR": "pt.json", "zh-Hant": "zh.json", "nb": "nb.json"]
        let index = SiteIndex(version: "1", catalogues: catalogues, files: Dictionary(uniqueKeysWithValues: files))
        try scratch.write(String(decoding: JSONEncoder().encode(index), as: UTF8.self), to: "site/site.json")
        return FilePath(scratch.path).appending("site")
    }

    /// Asks for the forms that it is told to, and leaves them as they are. Never shut down: it goes with the process.
    private static let plain = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init())

    private func run(test: (LiveServer) async throws -> Void) async throws {
        let scratch = try Scratch()
        try await LiveServer.run({ $0.web = try site(in: scratch) }) { (server) async throws in
            var server = server
            server.client = Self.plain
            try await test(server)
        }
        withExtendedLifetime(scratch) {}
    }

    @Test(arguments: [
        ("br, gzip", "br"), ("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("GZIP;q=0.5", "gzip"), ("br;q=0, gzip", "gzip"),
        ("identity", nil), ("deflate", nil), ("br;q=x", nil), ("", nil), (nil, nil), (";;,,;q=1", nil),
    ])
    func theSmallestFormThatIsTaken(_ accepted: String?, _ encoding: String?) async throws {
        try await run { (server) async throws in
            let answer = try await server.send(.GET, "/" + Self.script, accepted.map { ["Accept-Encoding": $0] } ?? [:])
            #expect(answer.status == 200 && answer.headers["content-encoding"] == (encoding.map { [$0] } ?? []))
            let text = encoding == "br" ? "small" : encoding == "gzip" ? "larger" : "export {}"
            #expect(answer.body == Array(text.utf8))
            #expect(answer.headers["content-type"] == ["text/javascript; charset=utf-8"])
            #expect(answer.headers["vary"] == ["Accept-Encoding"])
        }
    }

    @Test func whatIsNamedByItsContentIsKept() async throws {
        try await run { (server) async throws in
            let kept = try await server.send(.GET, "/" + Self.script)
            #expect(kept.headers["cache-control"] == ["public, max-age=31536000, immutable"])
            // As a worker it may run itself and call the server, and no more.
            let policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
            #expect(kept.headers["content-security-policy"] == [policy])
            #expect(kept.headers["cross-origin-embedder-policy"] == ["require-corp"])
            for path in ["/", "/s/\(HeadersTests.anyID)", "/site.json"] {
                let asked = try await server.send(.GET, path)
                #expect(asked.headers["cache-control"] == ["no-cache"] && asked.headers["etag"].count == 1)
            }
        }
    }

    @Test func aFormThatIsKnownIsNotSentAgain() async throws {
        try await run { (server) async throws in
            let packed = ["Accept-Encoding": "gzip"]
            let tag = try #require(try await server.send(.GET, "/", packed).headers.first(name: "etag"))
            for known in [tag, "W/" + tag, "\"other\", \(tag)"] {
                let again = try await server.send(.GET, "/", packed.merging(["If-None-Match": known]) { $1 })
                #expect(again.status == 304 && again.body.isEmpty)
            }
            // The other form is another thing.
            #expect(try await server.send(.GET, "/", ["If-None-Match": tag]).status == 200)
        }
    }

    @Test(arguments: [
        ("de-AT,de;q=0.9,en;q=0.8", "de.json"), ("en-GB", "en.json"), ("fr;q=0.9, DE;q=0.5", "de.json"), ("pt-br", "pt.json"),
        ("en;q=0.3, de;q=0.7", "de.json"), ("x-klingon", "en.json"), ("de;q=0, fr", "en.json"),
        ("pt-PT, en", "pt.json"), ("zh-TW,zh;q=0.9", "zh.json"), ("zh-HK", "zh.json"), ("zh-CN,zh;q=0.9", "en.json"),
        ("no, en;q=0.5", "nb.json"), ("sr-Latn", "en.json"), ("*", "en.json"), ("-,;q,\u{9}@", "en.json"),
        (String(repeating: "de-", count: 99) + ",de", "de.json"), (nil, nil),
    ])
    func theCatalogueComesWithThePage(_ languages: String?, _ catalogue: String?) async throws {
        try await run { (server) async throws in
            for (path, root) in [("/", ""), ("/index.html", ""), ("/s/\(HeadersTests.anyID)", "../")] {
                let answer = try await server.send(.GET, path, languages.map { ["Accept-Language": $0] } ?? [:])
                let link = catalogue.map {
                    "<\(root)\($0)>; rel=\"preload\"; as=\"fetch\"; type=\"application/json\"; crossorigin"
                }
                #expect(answer.headers["link"] == (link.map { [$0] } ?? []))
            }
            #expect(try await server.send(.GET, "/" + Self.script, ["Accept-Language": "de"]).headers["link"] == [])
        }
    }

    @Test func onlyWhatTheIndexNames() async throws {
        try await run { (server) async throws in
            for path in ["/pages/other.js", "/\(Self.script).br", "/index.html.gz"] {
                #expect(try await server.send(.GET, path).code == "not-found")
            }
            #expect(try await server.send(.GET, "/site.json").json(SiteIndex.self).version == "1")
        }
    }

    @Test(arguments: [script, script + ".br", "index.html.gz", "index.html", "site.json"])
    func aSiteThatIsNotWhatItSaysIsNotServed(_ altered: String) throws {
        let scratch = try Scratch()
        var configuration = ServerConfiguration(data: FilePath(scratch.path).appending("data"))
        configuration.web = try site(in: scratch)
        try scratch.write("altered", to: "site/" + altered)
        #expect(throws: ConfigurationError.self) { _ = try buildApplication(configuration, logger: Logger(label: "test")) }
        try FileManager.default.removeItem(atPath: scratch.path + "/site/" + Self.script)
        #expect(throws: ConfigurationError.self) { _ = try buildApplication(configuration, logger: Logger(label: "test")) }
    }
}
