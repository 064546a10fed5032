import Foundation
import NIOCore
import SystemPackage
import Testing

@testable import KeylinkServer

@Suite final class ConfigurationTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    static let sizes: [(String, Int64?)] = [
        ("0", 0), ("97", 97), ("1kB", 1000), ("1KB", 1000), ("1KiB", 1024), ("500MB", 500_000_000), ("1GiB", 1 << 30),
        ("1 GiB", 1 << 30), ("2tib", 2 << 40), ("", nil), ("GiB", nil), ("1.5GiB", nil), ("-1", nil), ("1XB", nil),
        ("1GiBx", nil),
        ("9223372036854775807", .max), ("9223372036854775808", nil), ("9999999TiB", nil), ("١", nil),
    ]

    @Test(arguments: sizes)
    func sizesAsPeopleWriteThem(_ text: String, _ bytes: Int64?) {
        #expect(Amount.bytes(text) == bytes)
    }

    static let times: [(String, Int64?)] = [
        ("90", 90), ("90s", 90), ("30m", 1800), ("12h", 43_200), ("7d", 604_800), ("2w", 1_209_600), ("7D", 604_800), ("", nil),
        ("d", nil), ("1y", nil), ("1.5h", nil), ("-1d", nil), ("1h30m", nil), ("99999999999999999w", nil),
    ]

    @Test(arguments: times)
    func timesAsPeopleWriteThem(_ text: String, _ seconds: Int64?) {
        #expect(Amount.seconds(text) == seconds)
    }

    private func read(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> ServerConfiguration {
        try await ServerConfiguration(arguments: arguments, environment: environment, program: "/nowhere/bin/keylink-server")
    }

    @Test func theStandard() async throws {
        let configuration = try await read([])
        #expect(configuration.host == "127.0.0.1" && configuration.port == 8080)
        #expect(configuration.data.string == "./data")
        #expect(configuration.maxEnvelopeBytes == 1 << 30 && configuration.maxTTL == 30 * 86_400)
        #expect(configuration.corsOrigins == .any && configuration.createTokens == nil && configuration.operationsPort == nil)
    }

    /// A flag before the environment, the environment before the file, the file before the standard.
    @Test func whoGoesFirst() async throws {
        let path = try scratch.write(#"{"port": 1003, "maxTtl": "3h", "maxEnvelopeBytes": 5000, "host": "file"}"#)
        let environment = ["KEYLINK_CONFIG": path, "KEYLINK_MAX_TTL": "2h", "KEYLINK_HOST": "environment", "KEYLINK_SERVER": "x"]
        let configuration = try await read(["--host", "flag", "--log-format=json"], environment)
        #expect(configuration.host == "flag")
        #expect(configuration.maxTTL == 7200)
        #expect(configuration.port == 1003)
        #expect(configuration.maxEnvelopeBytes == 5000)
        #expect(configuration.logFormat == .json)
        #expect(try await read(["--config", path]).host == "file")
    }

    @Test(arguments: [
        ["--prot", "1"], ["port"], ["--port"], ["--port", "--host"], ["--port="], ["--port", "65536"], ["--port", "-1"],
        ["--port", "http"], ["--port", "1", "--port", "2"], ["--max-ttl", "59"], ["--max-ttl", "soon"],
        ["--max-ttl", "36526d"], ["--max-ttl", "9223372036854775807"],
        ["--max-envelope-bytes", "96"], ["--max-envelope-bytes", "huge"], ["--store", "postgres://x"], ["--log-level", "loud"],
        ["--log-format", "xml"], ["--cors-origin", "example.org"], ["--cors-origin", "https://example.org/"],
        ["--cors-origin", ""], ["--web", "/nowhere/at/all"], ["--extension", "/nowhere/at/all"],
        ["--create-token-file", "/nowhere/at/all"], ["--config", "/nowhere/at/all"], ["--operations-port", "x"],
        ["--create-rate", "-1"], ["--create-rate", "many"], ["--create-rate", "+5"], ["--uploads-at-once", "1.5"],
        ["--upload-bytes-per-hour", "lots"], ["--upload-bytes-per-hour", "500MB"], ["--trusted-proxy", "proxy.example"],
        ["--trusted-proxy", "10.0.0.1/8"], ["--trusted-proxy", "::1", "--trusted-proxy", "::1/200"],
        ["--max-connections", "0"], ["--idle-timeout", "0"], ["--idle-timeout", "2d"],
    ])
    func mistakesAreRefusedInOneLine(_ arguments: [String]) async throws {
        let error = await #expect(throws: ConfigurationError.self) { try await read(arguments) }
        #expect(error?.description.contains("\n") == false && error?.description.isEmpty == false)
    }

    @Test func limitsOnAddresses() async throws {
        let standard = try await read([])
        #expect(standard.createRate == 120 && standard.uploadBytesPerHour == 10 << 30 && standard.uploadsAtOnce == 32)
        #expect(standard.trustedProxies == .none && standard.maxConnections == nil && standard.idleTimeout == .seconds(75))
        let none = try await read(["--create-rate", "0", "--upload-bytes-per-hour", "0", "--uploads-at-once", "0"])
        #expect(none.createRate == 0 && none.uploadBytesPerHour == 0 && none.uploadsAtOnce == 0)
        let small = try await read(["--upload-bytes-per-hour", "500MB", "--max-envelope-bytes", "500MB"])
        #expect(small.uploadBytesPerHour == 500_000_000)
    }

    /// A list grows with every flag, and with every comma.
    @Test func proxiesAreAList() async throws {
        let all = TrustedProxies("10.0.0.0/8,::1")
        #expect(try await read(["--trusted-proxy", "10.0.0.0/8", "--trusted-proxy=::1"]).trustedProxies == all)
        #expect(try await read([], ["KEYLINK_TRUSTED_PROXY": "10.0.0.0/8, ::1"]).trustedProxies == all)
    }

    @Test func aSecretMayWaitAHundredYears() async throws {
        #expect(try await read(["--max-ttl", "36525d"]).maxTTL == 3_155_760_000)
        let error = await #expect(throws: ConfigurationError.self) { try await read(["--max-ttl", "36526d"]) }
        #expect(error?.description == "--max-ttl: at most 100 years (36525d)")
    }

    @Test(arguments: [#"{"prot": 1}"#, #"{"port": true}"#, #"{"port": 1.5}"#, #"{"port": [1]}"#, "[]", "{", ""])
    func filesThatAreNone(_ text: String) async throws {
        let path = try scratch.write(text)
        await #expect(throws: ConfigurationError.self) { try await read(["--config", path]) }
    }

    @Test func createTokenFiles() async throws {
        let good = try scratch.write("# for the team\n\n  a-token-of-many-letters  \nanother-token-of-many\r\n")
        let tokens = try #require(try await read(["--create-token-file", good]).createTokens)
        #expect(tokens.contains("a-token-of-many-letters") && tokens.contains("another-token-of-many"))
        #expect(!tokens.contains("# for the team") && !tokens.contains("") && !tokens.contains("a-token-of-many-lettersx"))
        for bad in ["", "# nothing\n", "short\n", "a token with spaces in it\n"] {
            let path = try scratch.write(bad)
            await #expect(throws: ConfigurationError.self) { try await read(["--create-token-file", path]) }
        }
    }

    @Test func helpListsEverySetting() {
        for setting in Setting.all { #expect(ServerConfiguration.help.contains(setting.flag)) }
        #expect(Setting.maxEnvelopeBytes.flag == "--max-envelope-bytes")
        #expect(Setting.maxEnvelopeBytes.variable == "KEYLINK_MAX_ENVELOPE_BYTES")
    }
}
