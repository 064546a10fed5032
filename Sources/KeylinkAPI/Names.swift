/// The names that travel as text. All are base64url without padding; what the letters stand for is only looked at by
/// who made them, so they stay text here, checked once when they come in.

/// Names a secret on its server: 22 characters, 16 octets that look random.
public struct SecretID: Hashable, Sendable, CustomStringConvertible {
    public static let count = 22
    public let text: String

    /// Nil unless `text` is 22 characters of canonical base64url (the low four bits of the last are zero).
    public init?(_ text: some StringProtocol) {
        guard isCanonicalBase64URL(text, octets: 16) else { return nil }
        self.text = String(text)
    }

    /// Kept out of logs by saying nothing: an ID belongs in no line that a person reads.
    public var description: String { "SecretID" }
}

/// Names a claim: 22…64 base64url characters drawn by the client, the value of `Idempotency-Key`.
public struct ClaimKey: Hashable, Sendable, CustomStringConvertible {
    public static let count = 22...64
    public let text: String

    /// Nil unless `text` is 22…64 letters of the base64url alphabet.
    public init?(_ text: some StringProtocol) {
        guard Self.count.contains(text.utf8.count), text.utf8.allSatisfy(isBase64URLLetter) else { return nil }
        self.text = String(text)
    }

    public var description: String { "ClaimKey" }
}

/// How many characters each bearer token has.
public enum TokenLength {
    /// L or R: 32 octets.
    public static let single = 43
    /// L‖A, 64 octets encoded together.
    public static let pair = 86
}

/// Whether `text` is the one unpadded base64url text of so many octets: right length, right alphabet, unused low bits zero.
public func isCanonicalBase64URL(_ text: some StringProtocol, octets: Int) -> Bool {
    let letters = Array(text.utf8)
    guard letters.count == (octets * 8 + 5) / 6, letters.allSatisfy(isBase64URLLetter) else { return false }
    let unusedBits = letters.count * 6 - octets * 8
    guard unusedBits > 0, let last = letters.last else { return true }
    return base64URLValue(last) & ((1 << unusedBits) - 1) == 0
}

private func isBase64URLLetter(_ letter: UInt8) -> Bool {
    switch letter {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
    default: false
    }
}

private func base64URLValue(_ letter: UInt8) -> Int {
    switch letter {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(letter - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(letter - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(letter - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    default: 63
    }
}
