import Testing

@testable import KeylinkClient

@Suite struct AddressTests {
    @Test(arguments: [
        ("https://keylink.example", "https://keylink.example"), ("https://keylink.example/", "https://keylink.example"),
        ("https://keylink.example:8443/a/b", "https://keylink.example:8443/a/b"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"), ("http://[::1]:80", "http://[::1]:80"),
        ("http://a.localhost", "http://a.localhost"),
    ])
    func anAddressIsTakenAsItIs(text: String, base: String) throws {
        #expect(try ServerAddress(text).base == base)
    }

    @Test(arguments: [
        "", "keylink.example", "ftp://keylink.example", "https://", "https:///a", "https://user@keylink.example",
        "https://keylink.example?x=1",
        "https://keylink.example#x", "https://KEYLINK.example", "https://keylink.example:0", "https://keylink.example:65536",
        "https://keylink.example:080", "https://keylink.example//", "https://keylink.example/../x", "https://keylink.example/%2e",
        "https://[::1",
        "https://keylink.example /", "https://k\u{00E9}ylink.example",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(throws: ClientError.malformedAddress(text)) { try ServerAddress(text) }
    }

    @Test(arguments: [
        ("http://keylink.example", "keylink.example"), ("http://192.168.1.1:80/x", "192.168.1.1"), ("http://[::2]:80", "[::2]"),
        ("http://localhost.example", "localhost.example"), ("http://127.0.0.1.example", "127.0.0.1.example"),
        ("http://127.1", "127.1"),
    ])
    func plainHTTPGoesToThisMachineAlone(text: String, host: String) throws {
        #expect(throws: ClientError.plainHTTP(host: host)) { try ServerAddress(text) }
        #expect(try ServerAddress(text, insecure: true).base == text)
    }
}

@Suite struct BackoffTests {
    @Test func pausesDoubleAndEnd() {
        var backoff = Backoff()
        let pauses = (0..<10).map { _ in backoff.pause() }
        #expect(
            pauses == [
                .milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(15),
                .seconds(15), nil, nil,
            ])
        backoff.reset()
        #expect(backoff.pause() == .milliseconds(250))
    }

    @Test func whatTheServerAsksForIsKeptWhereItIsShort() {
        var backoff = Backoff()
        #expect(backoff.pause(asked: 3) == .seconds(3))
        #expect(backoff.pause(asked: 0) == .milliseconds(500))
        #expect(backoff.pause(asked: 15) == .seconds(15))
        #expect(backoff.pause(asked: 16) == nil)
    }
}

@Suite struct PrintableTests {
    @Test(arguments: [
        ("plain", "plain"), ("Grüße 日本 🔑", "Grüße 日本 🔑"), ("a\u{1B}[31mb", "a\u{FFFD}[31mb"), ("a\r\nb", "a\u{FFFD}\u{FFFD}b"),
        ("a\u{9B}b", "a\u{FFFD}b"), ("a\u{202E}b", "a\u{FFFD}b"), ("a\u{2028}b", "a\u{FFFD}b"), ("a\u{200B}b", "a\u{FFFD}b"),
        ("a\u{E000}b", "a\u{FFFD}b"),
        ("\u{7F}", "\u{FFFD}"),
    ])
    func nothingThatDrivesATerminalIsLeft(text: String, expected: String) {
        #expect(printable(text).unicodeScalars.elementsEqual(expected.unicodeScalars))
    }

    @Test func aLineStaysALine() {
        #expect(printable(String(repeating: "a", count: 301)) == String(repeating: "a", count: 300) + "…")
        #expect(printable(String(repeating: "a", count: 300)) == String(repeating: "a", count: 300))
    }
}
