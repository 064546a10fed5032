import NIOCore
import Testing

@testable import KeylinkServer

/// Who a request comes from, whatever its headers say.
@Suite struct ClientAddressTests {
    private func address(_ text: String) throws -> ClientAddress { try #require(ClientAddress(text)) }

    static let addresses: [(String, Bool)] = [
        ("192.0.2.1", true), ("::1", true), ("2001:db8::1", true), ("::ffff:192.0.2.1", true), ("0.0.0.0", true), ("::", true),
        ("", false), ("192.0.2", false), ("192.0.2.256", false), ("192.0.2.01", false), ("192.0.2.1.5", false),
        ("0x7f.0.0.1", false), ("2130706433", false), (" 192.0.2.1", false), ("192.0.2.1 ", false), ("192.0.2.1\u{0}x", false),
        ("1::2::3", false), ("12345::", false), ("::1%lo", false), ("[::1]", false), ("localhost", false), ("１.2.3.4", false),
    ]

    @Test(arguments: addresses)
    func addressesAreReadStrictly(_ text: String, _ isOne: Bool) {
        #expect((ClientAddress(text) != nil) == isOne)
    }

    @Test func mappedIsTheSame() throws {
        #expect(try address("::ffff:192.0.2.1") == address("192.0.2.1"))
        #expect(try ClientAddress(SocketAddress(ipAddress: "::ffff:192.0.2.1", port: 1)) == address("192.0.2.1"))
        #expect(try ClientAddress(SocketAddress(ipAddress: "2001:db8::1", port: 1)) == address("2001:db8::1"))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.2", false), ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true),
        ("2001:db8::1", "2001:db8:0:1::1", false), ("::ffff:192.0.2.1", "192.0.2.1", true),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false), ("::1", "192.0.2.1", false),
    ])
    func whoCountsAsOne(_ one: String, _ other: String, _ isOne: Bool) throws {
        #expect(try (address(one).household == address(other).household) == isOne)
    }

    static let ranges: [(String, [String], [String])] = [
        ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], ["9.255.255.255", "11.0.0.0", "::10.0.0.1"]),
        ("192.0.2.1", ["192.0.2.1"], ["192.0.2.0", "192.0.2.2", "::192.0.2.1"]),
        ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127"]),
        ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::1"]),
        ("::/0", ["::1", "2001:db8::1", "10.0.0.1"], []),
        ("fd00::/8", ["fd00::", "fdff::1"], ["fc00::1", "fe00::"]),
        ("2001:db8::1/128, ::1,10.0.0.0/24", ["2001:db8::1", "::1", "10.0.0.9"], ["2001:db8::2", "::2", "10.0.1.0"]),
    ]

    @Test(arguments: ranges)
    func rangesHold(_ text: String, _ inside: [String], _ outside: [String]) throws {
        let proxies = try #require(TrustedProxies(text))
        for one in inside { #expect(proxies.contains(try address(one)), "\(one)") }
        for one in outside { #expect(!proxies.contains(try address(one)), "\(one)") }
    }

    @Test(arguments: [
        "", ",", "10.0.0.0/8,", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8",
        "10.0.0.1/8", "10.0.0.0/255.0.0.0", "10.0.0/8", "fd00::/129", "fd00::1/8", "::ffff:10.0.0.0/104", "::ffff:10.0.0.1",
        "proxy.example", "*", "10.0.0.0 /8", "[::1]", "fe80::1%eth0",
    ])
    func rangesThatAreNone(_ text: String) { #expect(TrustedProxies(text) == nil) }

    /// The peer, the lines of the header, the client. 10.0.0.0/8 and fd00::/8 are trusted.
    static let requests: [(String, [String], String)] = [
        // Whoever is no proxy is believed in nothing.
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["192.0.2.1"], "203.0.113.9"),
        ("203.0.113.9", ["10.0.0.1"], "203.0.113.9"),
        // One proxy, two, and what a client wrote left of the truth.
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["10.9.9.9, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["nonsense, 192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        // A letter that swallows the comma after it, where letters are read and not octets.
        ("10.0.0.1", ["198.51.100.7\u{0600}, 192.0.2.1"], "192.0.2.1"),
        // Lines are one list, in their order.
        ("10.0.0.1", ["198.51.100.7", "192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7, 192.0.2.1", "10.0.0.3 , 10.0.0.2"], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.1", ""], "10.0.0.1"),
        // All of them proxies: the first that was asked.
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        // Spaces, tabs, ports, brackets.
        ("10.0.0.1", [" \t192.0.2.1\t "], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.1:4711"], "192.0.2.1"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", ["[2001:db8::1]"], "2001:db8::1"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("fd00::1", ["::ffff:192.0.2.1, [fd00::2]:80"], "192.0.2.1"),
        ("::ffff:10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        // What is no address ends the search where it was true.
        ("10.0.0.1", ["192.0.2.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1, , 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["192.0.2.1,"], "10.0.0.1"),
        ("10.0.0.1", [","], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1 10.0.0.2"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1;10.0.0.2"], "10.0.0.1"),
        ("10.0.0.1", ["for=192.0.2.1"], "10.0.0.1"),
        ("10.0.0.1", ["\"192.0.2.1\""], "10.0.0.1"),
        ("10.0.0.1", ["[192.0.2.1]"], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8::1"], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8::1]4711"], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8::1]:"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1:"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1:65536"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1:+80"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1:80:80"], "10.0.0.1"),
        ("10.0.0.1", ["fe80::1%eth0"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1/32"], "10.0.0.1"),
        ("10.0.0.1", ["0x0a000001"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1\u{0}"], "10.0.0.1"),
    ]

    @Test(arguments: requests)
    func whoAsked(_ peer: String, _ forwarded: [String], _ client: String) throws {
        let proxies = try #require(TrustedProxies("10.0.0.0/8,fd00::/8"))
        #expect(try proxies.client(of: address(peer), forwarded: forwarded) == address(client))
        #expect(try TrustedProxies.none.client(of: address(peer), forwarded: forwarded) == address(peer))
    }
}
