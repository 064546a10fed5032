import Foundation
import KeylinkAPI
import NIOHTTP1
import Testing

/// What is answered where nothing is: a page to people, a problem document to programs, and nowhere another host.
@Suite struct MissingTests {
    private static let id = HeadersTests.anyID
    private static let browser = ["Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"]

    @Test(arguments: [
        ("/s", "./"), ("/nothing.html", "./"), ("/s/", "../"), ("/S/\(id)", "../"), ("/s/cut/", "../../"),
        ("/s/\(id)//", "../../../"),
        ("//s/\(id)", "../../"), ("/s/\(id)/more", "../../"), ("/s/https://evil.example/", "../../../../"),
    ])
    func peopleGetAPage(_ path: String, _ root: String) async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            let answer = try await server.raw("GET", path, Self.browser)
            #expect(answer.hasPrefix("HTTP/1.1 404 "))
            #expect(answer.contains("Content-Type: text/html; charset=utf-8\r\n") && answer.contains("Vary: Accept"))
            for (name, value) in PageHeaders.of("text/html") { #expect(answer.contains("\r\n\(name): \(value)\r\n")) }
            #expect(answer.hasSuffix(#"<a href="\#(root)"></a><link href="\#(root)mark.svg">"#))
            #expect(try await server.raw("HEAD", path, Self.browser).hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test(arguments: [
        "*/*", "application/json, text/html;q=0.5", "text/html;q=0", "image/avif,image/*", "application/problem+json", nil,
    ])
    func programsGetAProblem(_ accepted: String?) async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            let answer = try await server.send(.GET, "/nothing", accepted.map { ["Accept": $0] } ?? [:])
            #expect(answer.status == 404 && answer.code == "not-found")
        }
    }

    @Test func theAPIAndOtherMethodsSayItInJSON() async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            for path in ["/api", "/api/v1/nothing", "/api/v1/secrets/\(Self.id)/"] {
                #expect(try await server.send(.GET, path, Self.browser).code == "not-found")
            }
            #expect(try await server.send(.POST, "/nothing", Self.browser).code == "not-found")
            // Deeper than anybody mistypes.
            let deep = String(repeating: "/a", count: 1000)
            #expect(try await server.send(.GET, deep, Self.browser).code == "not-found")
        }
        try await LiveServer.run { (server) async throws in
            for path in ["/nothing", "/s/\(Self.id)/"] {
                #expect(try await server.send(.GET, path, Self.browser).code == "not-found")
            }
        }
    }

    @Test(arguments: ["/s/", "/r/"])
    func aSlashTooManyAfterAnID(_ folder: String) async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            for (method, accepted) in [("GET", Self.browser), ("HEAD", Self.browser), ("GET", ["Accept": "*/*"])] {
                for query in ["", "?utm=//evil.example"] {
                    let answer = try await server.raw(method, folder + Self.id + "/" + query, accepted)
                    #expect(answer.hasPrefix("HTTP/1.1 308 ") && answer.contains("\r\nLocation: ../\(Self.id)\r\n"))
                    #expect(answer.contains("Referrer-Policy: no-referrer\r\n") && !answer.contains("evil"))
                }
            }
            #expect(try await server.send(.POST, folder + Self.id + "/").code == "not-found")
        }
    }

    @Test(arguments: ["/s/", "/r/"])
    func aQueryLeavesThePage(_ folder: String) async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            for query in ["?utm_source=mail&x", "?", "?key=%23"] {
                let answer = try await server.send(.GET, folder + Self.id + query, Self.browser)
                #expect(answer.status == 200 && answer.headers["content-type"] == ["text/html; charset=utf-8"])
            }
            #expect(try await server.send(.GET, "/?from=search", Self.browser).status == 200)
        }
    }
}

extension LiveServer {
    /// The whole answer to a path as it is written: clients tidy paths up before they send them.
    fileprivate func raw(_ method: String, _ path: String, _ headers: [String: String]) async throws -> String {
        let head = head(method, path, headers.merging(["Connection": "close"]) { $1 })
        return try await RawConnection.send([Array(head.utf8)], to: port)
    }
}
