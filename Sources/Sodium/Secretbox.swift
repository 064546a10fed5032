internal import CSodium

/// XSalsa20-Poly1305 by `crypto_secretbox_easy`: 16 bytes of tag, then the ciphertext.
public enum Secretbox {
    /// Bytes that a box is longer than its plaintext.
    public static let overhead = 16
    /// Length in bytes of a nonce.
    public static let nonceCount = 24

    /// The box of `plaintext` under `nonce` (24 bytes, never used twice with one key).
    public static func seal(_ plaintext: ArraySlice<UInt8>, nonce: [UInt8], key: borrowing Key) -> [UInt8] {
        precondition(nonce.count == nonceCount)
        var box = [UInt8](repeating: 0, count: plaintext.count + overhead)
        key.withUnsafeBytes { key in
            plaintext.withUnsafeBytes {
                _ = crypto_secretbox_easy(&box, $0.start, UInt64($0.count), nonce, key.start)
            }
        }
        return box
    }

    /// The plaintext of `box`, or nil where its tag does not verify; then nothing of it was decrypted.
    public static func open(_ box: ArraySlice<UInt8>, nonce: [UInt8], key: borrowing Key) -> [UInt8]? {
        precondition(nonce.count == nonceCount)
        guard box.count >= overhead else { return nil }
        var plaintext = [UInt8](repeating: 0, count: box.count - overhead)
        let status = key.withUnsafeBytes { key in
            box.withUnsafeBytes {
                crypto_secretbox_open_easy(&plaintext, $0.start, UInt64($0.count), nonce, key.start)
            }
        }
        return status == 0 ? plaintext : nil
    }
}
