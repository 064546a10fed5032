internal import CSodium

/// base64url without padding (RFC 4648 § 5), both ways through libsodium, whose codec takes the same time for every content.
public enum Base64URL {
    /// The text of `bytes`: ⌈count · 4 / 3⌉ characters of `A-Z a-z 0-9 - _`.
    public static func encode(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes(encode)
    }

    static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        let capacity = sodium_base64_encoded_len(bytes.count, variant)
        var characters = [CChar](repeating: 0, count: capacity)
        sodium_bin2base64(&characters, capacity, bytes.start, bytes.count, variant)
        return String(decoding: characters.dropLast().lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The bytes of `text`, or nil where it is not the one text that ``encode(_:)`` writes for them: padding, other
    /// characters, an impossible length and unused bits that are not zero are all refused, so that two texts never
    /// mean the same token.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let characters = Array(text.utf8)
        // libsodium's own table takes bytes from 0x80 on for "_": char is signed.
        guard characters.allSatisfy(\.isASCII) else { return nil }
        var bytes = [UInt8](repeating: 0, count: characters.count / 4 * 3 + 3)
        var count = 0
        // Without a pointer for the end, libsodium itself refuses what follows the last character it understands.
        let status = characters.withUnsafeBytes {
            sodium_base642bin(&bytes, bytes.count, $0.characters, $0.count, nil, &count, nil, variant)
        }
        return status == 0 ? Array(bytes.prefix(count)) : nil
    }

    private static let variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING
}

extension UInt8 {
    fileprivate var isASCII: Bool { self < 0x80 }
}
