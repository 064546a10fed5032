import Envelope
import Foundation
import KeylinkAPI
import KeylinkClient
import SystemPackage
import Testing

@testable import keylink

@Suite struct WordingTests {
    @Test(
        arguments: [
            ("90s", 90), ("30m", 1800), ("12h", 43_200), ("7d", 604_800), ("2w", 1_209_600), ("60", 60), ("1s", 1), ("0", nil),
            ("0d", nil), ("", nil), ("d", nil),
            ("-1d", nil), ("1.5h", nil), ("1 d", nil), ("1D", nil), ("1y", nil), ("+5m", nil), ("٣d", nil),
            ("99999999999999999999s", nil), ("9223372036854775807w", nil),
        ] as [(String, Int64?)])
    func timesAreReadAsPeopleWriteThem(text: String, expected: Int64?) {
        #expect(seconds(text) == expected)
    }

    @Test(arguments: [
        (0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (1550, "1.6 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
        (20_000_000, "20.0 MB"),
        (1_500_000_000, "1.5 GB"), (7_000_000_000_000, "7.0 TB"), (7_000_000_000_000_000, "7000.0 TB"),
    ])
    func sizesAreForPeople(octets: Int, text: String) {
        #expect(size(octets) == text)
    }

    @Test(arguments: [
        (0, "0 s"), (119, "119 s"), (120, "2 min"), (121, "3 min"), (7200, "2 h"), (7201, "3 h"), (86_400, "24 h"),
        (90_000, "25 h"), (172_800, "2 days"), (172_801, "49 h"), (2_592_000, "30 days"),
    ])
    func waitingIsRoundedUp(seconds: Int, text: String) {
        #expect(duration(seconds) == text)
    }

    @Test func noWaitIsTooLongForWords() {
        #expect(duration(.max).hasSuffix(" h"))
    }

    @Test func jsonDrivesNoTerminal() throws {
        let text = "a\u{9B}2J\u{7F}\u{202E}\u{2028}\u{E0001}é"
        let escaped = String(decoding: Console.escaped(Array("\"\(text)\"".utf8)), as: UTF8.self)
        #expect(escaped == #""a\u009b2J\u007f\u202e\u2028\udb40\udc01é""#)
        #expect(try JSONDecoder().decode(String.self, from: Data(escaped.utf8)) == text)
    }

    @Test func progressSaysWhatIsKnown() {
        #expect(ProgressLine.text("Sent", count: 5_000_000, total: nil, after: .seconds(2)) == "Sent 5.0 MB, 2.5 MB a second")
        #expect(ProgressLine.text("Sent", count: 5_000_000, total: 20_000_000, after: .zero) == "Sent 25 % of 20.0 MB")
        #expect(ProgressLine.text("Sent", count: 5, total: 0, after: .zero) == "Sent 5 bytes")
    }
}

@Suite struct SettingsTests {
    private func load(_ text: String) throws -> Settings {
        let folder = try TemporaryFolder()
        try folder.create("keylink")
        try folder.write(text, to: "keylink/config.json")
        var settings = try Settings.load(environment: ["XDG_CONFIG_HOME": folder.path.string])
        settings.createTokenFile = settings.createTokenFile?.replacingOccurrences(of: folder.path.string, with: "")
        return settings
    }

    @Test func allOfItIsRead() throws {
        let settings = try load(#"{"server": "https://k", "ttl": "1d", "views": 2, "createTokenFile": "t"}"#)
        #expect(
            settings.server == "https://k" && settings.ttl == "1d" && settings.views == 2
                && settings.createTokenFile == "/keylink/t")
        #expect(try load(#"{"createTokenFile": "/etc/t"}"#).createTokenFile == "/etc/t")
        #expect(try load("{}") == Settings())
    }

    @Test(arguments: [#"{"Server": "x"}"#, #"{"server": 1}"#, #"{"views": "1"}"#, "[]", "", "{"]) func anythingElseIsAMistake(
        text: String
    ) throws {
        do {
            _ = try load(text)
            Issue.record("\(text) was taken")
        } catch let failure as Failure {
            #expect(failure.status == .usage)
        }
    }

    @Test func noFileIsNoSettings() throws {
        let folder = try TemporaryFolder()
        #expect(try Settings.load(environment: ["HOME": folder.path.string]) == Settings())
        #expect(try Settings.load(environment: [:]) == Settings())
    }
}

/// Testing has an ExitStatus too.
typealias Outcome = keylink.ExitStatus

@Suite struct FailureTests {
    private static let codes: [ProblemCode: Outcome] = [
        .notFound: .gone, .claimed: .gone, .opened: .gone, .expired: .gone, .revoked: .gone, .leaseEnded: .gone, .noLease: .gone,
        .wrongKey: .wrongKey,
        .tooManyAttempts: .refused, .tooManyRequests: .refused, .tooLarge: .refused, .tooSlow: .refused, .storageFull: .refused,
        .ttlOutOfRange: .refused,
        .viewsOutOfRange: .refused, .missingToken: .failed, .notAllowed: .failed, .shuttingDown: .unreachable,
        .storageUnavailable: .unreachable,
        .internal: .failed, .malformedRequest: .failed, .malformedEnvelope: .failed, .methodNotAllowed: .failed,
        .conflict: .failed,
        .unsupportedMediaType: .failed, .range: .failed,
    ]

    @Test(arguments: ProblemCode.allCases) func everyCodeOfTheServerHasItsExitCode(code: ProblemCode) {
        let failure = Failure(ClientError.refused(Refusal(status: code.status, code: code)))
        #expect(failure.status == Self.codes[code])
        #expect(!failure.message.isEmpty)
    }

    @Test(
        arguments: [
            (.malformedLink, .usage), (.unsupportedVersion, .failed), (.malformedHeader, .corrupt), (.wrongLink, .wrongKey),
            (.passphraseRequired, .wrongKey),
            (.wrongKey, .wrongKey), (.corrupt, .corrupt), (.malformedPayload, .corrupt),
        ] as [(EnvelopeError, Outcome)])
    func everyErrorOfTheFormatHasItsExitCode(error: EnvelopeError, status: Outcome) {
        #expect(Failure(error).status == status)
    }

    @Test func theExitCodesAreThoseThatAreDocumented() {
        let all: [Outcome] = [.done, .failed, .gone, .wrongKey, .corrupt, .unreachable, .refused, .usage]
        #expect(all.map(\.rawValue) == [0, 1, 3, 4, 5, 6, 7, 64])
    }

    @Test func whatTheServerAsksForIsPassedOn() {
        let failure = Failure(ClientError.refused(Refusal(status: 429, code: .tooManyAttempts, retryAfter: 300)))
        #expect(failure.hints == ["try again in 5 min"])
        let ended = Failure(ClientError.refused(Refusal(status: 409, code: .leaseEnded, state: .waiting)))
        #expect(ended.hints == ["the link can be opened anew: run the command again"])
        #expect(Failure(ClientError.refused(Refusal(status: 502))).status == .unreachable)
    }
}

@Suite struct TerminalFilterTests {
    @Test(arguments: [
        ("plain\ttext\n", "plain\ttext\n"), ("\u{1B}[2J", "?[2J"), ("\r", "?"), ("\u{7F}", "?"), ("\u{80}\u{9F}", "??"),
        ("\u{A0}é©", "\u{A0}é©"), ("\u{0}", "?"),
        ("日本🔑", "日本🔑"),
    ])
    func controlsAreShownAndTextIsKept(text: String, shown: String) {
        var whole = TerminalFilter()
        #expect(whole.filter(Array(text.utf8)) == Array(shown.utf8))
        var pieces = TerminalFilter()
        #expect(text.utf8.flatMap { pieces.filter([$0]) } == Array(shown.utf8))
    }
}

@Suite struct PassphraseTests {
    @Test func aGeneratedOneCanBeReadOut() {
        #expect(Set(GeneratedPassphrase.alphabet).count == 30)
        #expect(Set(GeneratedPassphrase.alphabet).isDisjoint(with: "ilou01"))
        let made = (0..<200).map { _ in GeneratedPassphrase.make() }
        #expect(Set(made).count == 200)
        #expect(made.allSatisfy { $0.wholeMatch(of: /[a-z2-9]{4}(-[a-z2-9]{4}){3}/) != nil })
        // 3200 draws of 30: that one of them never comes has a chance below 1e-45.
        #expect(Set(made.joined()) == Set(GeneratedPassphrase.alphabet + ["-"]))
    }
}

@Suite struct QRCodeTests {
    private let link = "https://keylink.example/s/gBEbBtKB-KrzsGEPcNvPWg#2FWTD4bucAi8YFbZ7GUYXx9wHssZEwgier2lew-4ii4"

    /// The three corner squares that readers look for: dark 7, light 5, dark 3.
    @Test func aCodeHasItsCorners() throws {
        let modules = try #require(QRCode(link)).modules
        let width = modules.count
        #expect((width - 17) % 4 == 0 && modules.allSatisfy { $0.count == width })
        for (top, left) in [(0, 0), (0, width - 7), (width - 7, 0)] {
            for row in 0..<7 {
                for column in 0..<7 {
                    let ring = min(row, column, 6 - row, 6 - column)
                    #expect(modules[top + row][left + column] == (ring != 1))
                }
            }
        }
    }

    @Test(arguments: [true, false]) func whatIsDrawnIsTheCode(coloured: Bool) throws {
        let code = try #require(QRCode(link))
        let lines = code.text(coloured: coloured).split(separator: "\n").map { String($0).replacing(/\u{1B}\[[\d;]*m/, with: "") }
        var dark: [[Bool]] = []
        for line in lines {
            dark.append(line.map { ("█▀".contains($0)) == coloured })
            dark.append(line.map { ("█▄".contains($0)) == coloured })
        }
        let inner = dark.dropFirst(4).prefix(code.modules.count).map { Array($0.dropFirst(4).prefix(code.modules.count)) }
        #expect(inner == code.modules)
        #expect(dark.prefix(4).allSatisfy { !$0.contains(true) })
    }

    @Test func whatIsTooLongIsNoCode() {
        #expect(QRCode(String(repeating: "a", count: 5000)) == nil)
    }
}
