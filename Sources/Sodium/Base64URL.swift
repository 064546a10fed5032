internal import CSodium

/// base64url without padding (RFC 4648 § 5), both ways through libsodium, whose codec takes the same time for every content.
public enum Base64URL {
    /// The text of `bytes`: ⌈count · 4 / 3⌉ characters of `A-Z a-z 0-9 - _`.
    public static func encode(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes(encode)
    }

    static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        let capacity = sodium_base64_encoded_len(bytes.count, variant)
        return String(unsafeUninitializedCapacity: capacity) { space in
            space.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return }
                sodium_bin2base64(start, capacity, bytes.start, bytes.count, variant)
            }
            // Without the zero that ends a C string.
            return capacity - 1
        }
    }

    /// The bytes of `text`, or nil where it is not the one text that ``encode(_:)`` writes for them: padding, other
    /// characters, an impossible length and unused bits that are not zero are all refused, so that two texts never
    /// mean the same token.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var text = String(text)
        return text.withUTF8 { characters in
            // libsodium's own table takes bytes from 0x80 on for "_": char is signed.
            guard characters.allSatisfy({ $0 < 0x80 }) else { return nil }
            let capacity = characters.count / 4 * 3 + 3
            var status: CInt = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { space, count in
                guard let start = space.baseAddress else { return }
                // Without a pointer for the end, libsodium itself refuses what follows the last character it understands.
                let characters = UnsafeRawBufferPointer(characters)
                status = sodium_base642bin(
                    start, capacity, characters.characters, characters.count, nil, &count, nil, variant)
            }
            return status == 0 ? bytes : nil
        }
    }

    private static let variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING
}
