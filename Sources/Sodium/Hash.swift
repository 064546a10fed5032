internal import CSodium

/// BLAKE2b by `crypto_generichash`.
///
/// - Parameters:
///   - count: bytes of output, 16…64.
///   - key: none, or 16…64 bytes.
public func genericHash(_ message: some Collection<UInt8>, count: Int = 32, key: [UInt8] = []) -> [UInt8] {
    key.withUnsafeBytes { genericHash(Array(message), count: count, key: $0) }
}

func genericHash(_ message: [UInt8], count: Int, key: UnsafeRawBufferPointer) -> [UInt8] {
    message.withUnsafeBytes { genericHash($0, count: count, key: key) }
}

/// The one place that hashes, over borrowed memory: a token can be hashed without leaving its guarded page.
func genericHash(_ message: UnsafeRawBufferPointer, count: Int, key: UnsafeRawBufferPointer) -> [UInt8] {
    Library.start()
    precondition((Int(crypto_generichash_BYTES_MIN)...Int(crypto_generichash_BYTES_MAX)).contains(count))
    precondition(key.isEmpty || (Int(crypto_generichash_KEYBYTES_MIN)...Int(crypto_generichash_KEYBYTES_MAX)).contains(key.count))
    var output = [UInt8](repeating: 0, count: count)
    crypto_generichash(&output, count, message.start, UInt64(message.count), key.start, key.count)
    return output
}

/// SHA-256 by `crypto_hash_sha256`: not part of the format; the vectors name contents by it.
public func sha256(_ message: [UInt8]) -> [UInt8] {
    Library.start()
    var output = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
    crypto_hash_sha256(&output, message, UInt64(message.count))
    return output
}

/// What a server keeps of a token: `crypto_generichash` of 32 bytes, no key (Spec/envelope.md § Keys).
public func verifier(of token: [UInt8]) -> [UInt8] {
    token.withUnsafeBytes { verifier(of: $0) }
}

/// The same of memory that is only lent, so that no copy of the token is left.
public func verifier(of token: UnsafeRawBufferPointer) -> [UInt8] {
    genericHash(token, count: 32, key: UnsafeRawBufferPointer(start: nil, count: 0))
}

/// Whether both hold the same bytes. The time depends on the lengths alone.
public func constantTimeEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count && sodium_memcmp(one, other, one.count) == 0
}

/// The system's generator of random bytes (`randombytes_buf`).
public enum Random {
    /// `count` unpredictable bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        Library.start()
        var output = [UInt8](repeating: 0, count: count)
        randombytes_buf(&output, count)
        return output
    }

    /// A number from 0 up to, not including, `bound`, each as likely as the next (no modulo bias).
    public static func number(below bound: UInt32) -> UInt32 {
        Library.start()
        return randombytes_uniform(bound)
    }
}
