import NIOCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// An IP address as sixteen octets; IPv4 in its mapped form, so that `::ffff:192.0.2.1` and `192.0.2.1` are the same.
struct ClientAddress: Hashable, Sendable {
    fileprivate let number: UInt128

    private init(number: UInt128) { self.number = number }

    private init(_ octets: some Collection<UInt8>) { number = octets.reduce(0) { $0 << 8 | UInt128($1) } }

    /// `::`, which is nobody's.
    static let unspecified = ClientAddress(number: 0)

    /// Nil unless `text` is one address as RFC 4291 § 2.2 or four decimal numbers write it, without port, brackets or zone.
    init?(_ text: some StringProtocol) {
        let text = String(text)
        // To C a text ends at the first zero.
        guard !text.utf8.contains(0) else { return nil }
        var octets = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET6, text, &octets) == 1 {
            self.init(octets)
        } else if inet_pton(AF_INET, text, &octets) == 1 {
            self.init(Self.mappedPrefix + octets.prefix(4))
        } else {
            return nil
        }
    }

    /// The other end of a connection; nil where it has no IP address.
    init?(_ address: SocketAddress?) {
        guard let text = address?.ipAddress else { return nil }
        self.init(text)
    }

    /// Who counts as one: an IPv4 address, or an IPv6 /64, which is what one household or one machine is given.
    var household: ClientAddress { isIPv4 ? self : ClientAddress(number: number & (.max << 64)) }

    fileprivate var isIPv4: Bool { number >> 32 == 0xFFFF }

    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
}

/// The proxies whose `X-Forwarded-For` is believed.
public struct TrustedProxies: Hashable, Sendable {
    private let ranges: [AddressRange]

    /// No proxy: the connection's other end is the client.
    public static let none = TrustedProxies(ranges: [])

    private init(ranges: [AddressRange]) { self.ranges = ranges }

    /// Ranges such as `10.0.0.0/8`, `fd00::/8` or `192.0.2.1`, separated by commas; nil for anything else.
    public init?(_ text: String) {
        var ranges: [AddressRange] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let range = AddressRange(trimmed(part)) else { return nil }
            ranges.append(range)
        }
        self.ranges = ranges
    }

    /// Whether there are any.
    var isEmpty: Bool { ranges.isEmpty }

    func contains(_ address: ClientAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// Where a request comes from: the last address that is known to be true.
    ///
    /// Each proxy writes down, at the right end, whom it was asked by. So the list is read from there, for as long as it was
    /// a trusted proxy that wrote. What stands left of the first address that is none, anybody may have written; and whoever
    /// writes something that is no address is believed in nothing more.
    ///
    /// - Parameters:
    ///   - peer: the connection's other end.
    ///   - forwarded: the values of `X-Forwarded-For`, in the order of their lines.
    func client(of peer: ClientAddress, forwarded: [String]) -> ClientAddress {
        var known = peer
        for line in forwarded.reversed() {
            var rest = Substring(line)
            var isAtEnd = false
            while !isAtEnd {
                guard contains(known) else { return known }
                // By octets: a letter that takes up what follows it must not hide the comma that a proxy wrote.
                let comma = rest.utf8.lastIndex(of: UInt8(ascii: ","))
                let element = comma.map { rest[rest.utf8.index(after: $0)...] } ?? rest
                guard let address = forwardedAddress(trimmed(element)) else { return known }
                known = address
                isAtEnd = comma == nil
                rest = comma.map { rest[..<$0] } ?? rest
            }
        }
        return known
    }
}

/// The addresses that begin with the same bits.
private struct AddressRange: Hashable {
    let first: ClientAddress
    /// How many bits of the sixteen octets.
    let bits: Int

    /// `ADDRESS/BITS` or one address. Nil for anything else, also where bits beyond the prefix are set: what was meant is not
    /// certain then. IPv4 is written as IPv4.
    init?(_ text: Substring) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first.flatMap({ ClientAddress($0) }) else { return nil }
        guard !first.isIPv4 || !parts[0].contains(":") else { return nil }
        let width = first.isIPv4 ? 32 : 128
        guard let bits = parts.count == 2 ? wholeNumber(parts[1], upTo: width) : width else { return nil }
        self.first = first
        self.bits = 128 - width + bits
        guard masked(first) == first.number else { return nil }
    }

    func contains(_ address: ClientAddress) -> Bool { masked(address) == first.number }

    private func masked(_ address: ClientAddress) -> UInt128 {
        bits == 0 ? 0 : address.number & (.max << UInt128(128 - bits))
    }
}

/// What a proxy may write for an address: `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`, and a port after the first and last.
private func forwardedAddress(_ text: Substring) -> ClientAddress? {
    guard text.hasPrefix("[") else {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return ClientAddress(text) }
        guard wholeNumber(parts[1], upTo: 65_535) != nil, let address = ClientAddress(parts[0]) else { return nil }
        return address
    }
    guard let end = text.firstIndex(of: "]") else { return nil }
    let inside = text[text.index(after: text.startIndex)..<end]
    let after = text[text.index(after: end)...]
    guard inside.contains(":"), after.isEmpty || (after.hasPrefix(":") && wholeNumber(after.dropFirst(), upTo: 65_535) != nil)
    else { return nil }
    return ClientAddress(inside)
}

/// Digits and nothing else, without needless zeros.
private func wholeNumber(_ text: Substring, upTo most: Int) -> Int? {
    guard text.utf8.allSatisfy({ (48...57).contains($0) }), text == "0" || !text.hasPrefix("0") else { return nil }
    return Int(text).flatMap { $0 <= most ? $0 : nil }
}

/// Without the spaces and tabs that may surround an element of a list.
private func trimmed(_ text: Substring) -> Substring {
    let isSpace = { (letter: Character) in letter == " " || letter == "\t" }
    let start = text.drop(while: isSpace)
    return start[..<(start.lastIndex { !isSpace($0) }.map(start.index(after:)) ?? start.startIndex)]
}
