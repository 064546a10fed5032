public import Sodium

/// The link to a secret: where it is and the key that opens it (Spec/envelope.md § Link).
///
///     https://keylink.example/s/ID#KEY
///
/// Parsing is strict, so that one secret has one spelling; what people paste goes through ``MendedLink`` first.
public struct Link: ~Copyable, Sendable {
    /// The text before the last `/s/`, unchanged: scheme, host, port and path of the server.
    public let base: String
    /// 22 characters that name the secret at its server.
    public let id: String
    /// The link key K. It never leaves this device except inside the link.
    public let key: Key

    /// - Throws: `malformed-link`.
    public init(parsing text: String) throws(EnvelopeError) {
        let parsed = try LinkText(parsing: text, kind: .secret)
        (base, id) = (parsed.base, parsed.id)
        key = parsed.key.clone()
    }

    /// The link to what the server at `base` calls `id`.
    ///
    /// - Throws: `malformed-link` where `base` or `id`, which a server may have sent, would not parse again.
    public init(base: String, id: String, key: borrowing Key) throws(EnvelopeError) {
        try self.init(parsing: LinkText.write(base: base, id: id, key: key, kind: .secret))
    }

    /// L = kdf(K, 1, "klnklink"): shown to the server to look at the secret. It takes nothing and burns nothing.
    public var linkToken: Key { LinkKeys.linkToken(of: key) }

    /// The whole link, key and all.
    public var text: String { LinkText.write(base: base, id: id, key: key, kind: .secret) }
}

/// The sender's link to a secret's receipt: `/r/` in place of `/s/`, and a key R0 that has nothing to do with the secret's.
public struct ReceiptLink: ~Copyable, Sendable {
    public let base: String
    public let id: String
    /// The random key R0.
    public let key: Key

    /// - Throws: `malformed-link`.
    public init(parsing text: String) throws(EnvelopeError) {
        let parsed = try LinkText(parsing: text, kind: .receipt)
        (base, id) = (parsed.base, parsed.id)
        key = parsed.key.clone()
    }

    /// - Throws: `malformed-link` where `base` or `id` would not parse again.
    public init(base: String, id: String, key: borrowing Key) throws(EnvelopeError) {
        try self.init(parsing: LinkText.write(base: base, id: id, key: key, kind: .receipt))
    }

    public var text: String { LinkText.write(base: base, id: id, key: key, kind: .receipt) }

    /// R = kdf(R0, 1, "klnkrcpt"). R0 itself is never sent: a link opened as a receipt by mistake gives nothing away.
    public var receiptToken: Key { Self.receiptToken(of: key) }

    /// The receipt token of a key R0 that has no link yet.
    public static func receiptToken(of key: borrowing Key) -> Key { key.derive(1, "klnkrcpt") }
}

/// The grammar that both kinds of link share.
struct LinkText: ~Copyable {
    enum Kind: String {
        case secret = "/s/"
        case receipt = "/r/"
    }

    let base: String
    let id: String
    let key: Key

    static func write(base: String, id: String, key: borrowing Key, kind: Kind) -> String {
        base + kind.rawValue + id + "#" + key.base64URL()
    }

    /// ID and key have fixed lengths and cannot hold `/`: the marker's place is counted from the end.
    init(parsing text: String, kind: Kind) throws(EnvelopeError) {
        let bytes = Array(text.utf8)
        let tail = kind.rawValue.utf8.count + Self.idLength + 1 + Self.keyLength
        guard bytes.count > tail else { throw .malformedLink }
        let base = bytes.dropLast(tail)
        let marker = bytes[base.endIndex...].prefix(3)
        let id = bytes[marker.endIndex...].prefix(Self.idLength)
        let key = bytes[id.endIndex...].dropFirst()
        guard marker.elementsEqual(kind.rawValue.utf8), bytes[id.endIndex] == UInt8(ascii: "#"),
            Base64URL.decode(String(decoding: id, as: UTF8.self))?.count == 16,
            let keyBytes = Base64URL.decode(String(decoding: key, as: UTF8.self)), keyBytes.count == Key.count,
            Self.isBase(base)
        else { throw .malformedLink }
        self.base = String(decoding: base, as: UTF8.self)
        self.id = String(decoding: id, as: UTF8.self)
        self.key = Key(copying: keyBytes)
    }

    private static let idLength = 22
    private static let keyLength = 43

    /// `("https" / "http") "://" host [":" port] *("/" segment)`
    private static func isBase(_ base: ArraySlice<UInt8>) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { base.starts(with: $0.utf8) }) else { return false }
        let parts = base.dropFirst(scheme.utf8.count).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.first.map(isAuthority) == true && parts.dropFirst().allSatisfy(isSegment)
    }

    private static func isAuthority(_ text: ArraySlice<UInt8>) -> Bool {
        let hostEnd: Int
        if text.first == UInt8(ascii: "[") {
            guard let bracket = text.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = text[(text.startIndex + 1)..<bracket]
            guard !address.isEmpty, address.allSatisfy({ "0123456789abcdef:.".utf8.contains($0) }) else { return false }
            hostEnd = bracket + 1
        } else {
            hostEnd = text.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
            let host = text[..<hostEnd]
            guard !host.isEmpty, host.allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789.-".utf8.contains($0) }) else {
                return false
            }
        }
        let rest = text[hostEnd...]
        return rest.isEmpty || (rest.first == UInt8(ascii: ":") && isPort(rest.dropFirst()))
    }

    private static func isPort(_ digits: ArraySlice<UInt8>) -> Bool {
        guard (1...5).contains(digits.count), digits.first != UInt8(ascii: "0"),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return false }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 65535
    }

    private static func isSegment(_ text: ArraySlice<UInt8>) -> Bool {
        !text.isEmpty && !text.elementsEqual(".".utf8) && !text.elementsEqual("..".utf8)
            && text.allSatisfy { segmentCharacters.contains($0) }
    }

    private static let segmentCharacters = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&()*+,;=:@".utf8)
}
