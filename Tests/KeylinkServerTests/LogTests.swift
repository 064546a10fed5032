import Foundation
import KeylinkAPI
import KeylinkServer
import Logging
import NIOHTTP1
import Sodium
import Testing

/// The log names routes. It holds no ID, token, key, query or octet of an envelope, at any level.
@Suite struct LogTests {
    @Test func nothingThatOpensOrNamesASecret() async throws {
        try await LiveServer.run(pages: true) { (server) async throws in
            let sample = Sample(size: 100_000)
            let id = try await server.create(sample, query: "?ttl=4242")
            let claim = sample.claim()
            let wrong = Random.bytes(32)
            for path in [Route.openPage(id).path, Route.receiptPage(id).path, "/\(id.text)", "/api/v1/\(id.text)?\(id.text)"] {
                for method in [HTTPMethod.GET, .HEAD, .OPTIONS, .PUT] { _ = try await server.send(method, path, claim) }
            }
            _ = try await server.send(.GET, Route.secret(id).path, bearer(sample.link))
            _ = try await server.send(.GET, Route.secret(id).path, ["Authorization": "Basic \(Base64URL.encode(wrong))"])
            _ = try await server.send(.POST, Route.claim(id).path, sample.claim(access: wrong))
            _ = try await server.send(.POST, Route.claim(id).path, claim)
            _ = try await RawConnection.read(1000, of: head("GET", Route.claim(id).path, claim), from: server.port)
            _ = try await RawConnection.send(
                [
                    Array(head("POST", "/api/v1/secrets", sample.headers.merging(["Content-Length": "5000"]) { $1 }).utf8),
                    sample.envelope.dropLast(99_000),
                ],
                to: server.port, end: .abort)
            _ = try await RawConnection.send([Array("GET /s/\(id.text) NONSENSE\r\n\r\n".utf8)], to: server.port, end: .finish)
            _ = try await server.receipt(id, sample)
            _ = try await server.send(.DELETE, Route.secret(id).path, bearer(sample.receipt))

            let log = server.log.text
            #expect(log.contains(#""route":"claim""#) && log.contains(#""route":"open-page""#))
            let tokens = [sample.link, sample.access, sample.receipt, wrong, sample.link + sample.access]
            let secrets =
                [id.text, "4242", try #require(claim[HeaderName.idempotencyKey])] + tokens.map(Base64URL.encode)
                + tokens.map { Base64URL.encode(verifier(of: $0)) } + tokens.map { Data($0).base64EncodedString() }
            for secret in secrets { #expect(!log.contains(secret)) }
            for line in log.split(separator: "\n") {
                #expect(!line.contains("/api/") && !line.contains("/s/") && !line.contains("/r/"))
            }
        }
    }

    /// Whatever gets into a line, it stays one line that a terminal can show, and reads back as it was.
    @Test(arguments: [LogFormat.text, .json])
    func nothingEndsALine(_ format: LogFormat) throws {
        let hostile = "a\r\n2026-01-01T00:00:00.000Z error forged \\ \"x\"=\u{1B}[2J\u{7F}\u{9B}1m\u{2028}\u{202E}é\u{E0001}\t"
        let lines = LogLines()
        let logger = Logger(label: "x") { _ in ServerLog(level: .info, format: format, write: lines.append) }
        logger.error("\(hostile)", metadata: ["value": "\(hostile)", "list": ["\(hostile)"], "level": "forged", "empty": ""])
        let line = lines.text
        #expect(line.hasSuffix("\n") && line.unicodeScalars.dropLast().allSatisfy { $0.properties.generalCategory != .control })
        #expect(!line.contains("\u{2028}") && !line.contains("\u{202E}") && !line.contains("\u{E0001}") && line.contains("é"))
        switch format {
        case .json:
            let members = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
            #expect(members["message"] == hostile && members["value"] == hostile && members["level"] == "error")
        case .text:
            let value = try #require(line.firstMatch(of: /\ value=(".*")\n/))
            #expect(try JSONDecoder().decode(String.self, from: Data(value.1.utf8)) == hostile)
            #expect(line.contains(#" error a\u000d\n2026"#) && line.contains(#" empty="" level=forged list="#))
        }
    }

    @Test func linesAreJSONOrText() throws {
        let lines = LogLines()
        var json = Logger(label: "x") { _ in ServerLog(level: .info, format: .json, write: lines.append) }
        json[metadataKey: "request"] = "1"
        json.info("a \"quoted\"\nline", metadata: ["route": "claim"])
        json.debug("not at this level")
        let members = try JSONDecoder().decode([String: String].self, from: Data(lines.text.utf8))
        #expect(members["message"] == "a \"quoted\"\nline" && members["route"] == "claim" && members["request"] == "1")
        #expect(members["level"] == "info" && members["time"] != nil)

        let plain = LogLines()
        let text = Logger(label: "x") { _ in ServerLog(level: .info, format: .text, write: plain.append) }
        text.warning("careful", metadata: ["b": "2", "a": "1"])
        #expect(plain.text.hasSuffix(" warning careful a=1 b=2\n"))
    }
}
