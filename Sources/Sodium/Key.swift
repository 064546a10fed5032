internal import CSodium

/// A 32-byte secret in memory of its own: locked where the system allows, between guard pages, read-only once filled,
/// zeroed when the key goes.
///
/// It cannot be copied, printed, hashed or encoded. Bytes leave it only inside ``withUnsafeBytes(_:)``, or through the
/// derivations below; equality takes the same time wherever two keys differ.
public struct Key: ~Copyable, @unchecked Sendable {  // @unchecked: the memory is written before init ends and never after
    /// Length in bytes of every key in the format (Spec/envelope.md § Keys).
    public static let count = 32

    private let memory: UnsafeMutableRawPointer

    /// Fills a new key. When `body` throws, the memory is zeroed and given back.
    public init<Failure: Error>(filling body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
        let memory = GuardedMemory.allocate(Key.count)
        do {
            try body(UnsafeMutableRawBufferPointer(start: memory, count: Key.count))
        } catch {
            GuardedMemory.free(memory)
            throw error
        }
        sodium_mprotect_readonly(memory)
        self.memory = memory
    }

    /// Takes over `bytes`, which must be exactly 32. The caller still holds its own copy.
    public init(copying bytes: some Collection<UInt8>) {
        precondition(bytes.count == Key.count, "a key has \(Key.count) bytes")
        self.init { $0.copyBytes(from: bytes) }
    }

    /// A new key from the system's generator.
    public static func random() -> Key {
        Key { randombytes_buf($0.start, $0.count) }
    }

    /// A second key of the same bytes, for another owner. Never implicit: each copy is one more place to zero.
    public borrowing func clone() -> Key {
        withUnsafeBytes { Key(copying: $0) }
    }

    deinit {
        GuardedMemory.free(memory)
    }

    /// Lends the 32 bytes to `body`; they must not outlive it.
    public borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: memory, count: Key.count))
    }

    /// A subkey by `crypto_kdf_derive_from_key`.
    ///
    /// - Parameter context: exactly eight ASCII characters that name the purpose.
    public borrowing func derive(_ subkey: UInt64, _ context: StaticString) -> Key {
        precondition(context.utf8CodeUnitCount == Int(crypto_kdf_CONTEXTBYTES), "a context has eight characters")
        return withUnsafeBytes { master in
            Key { output in
                context.withUTF8Buffer { name in
                    let name = UnsafeRawBufferPointer(name).characters
                    _ = crypto_kdf_derive_from_key(output.start, output.count, subkey, name, master.start)
                }
            }
        }
    }

    /// Keyed BLAKE2b of `message`: `crypto_generichash` with this key, `count` bytes (16…64).
    public borrowing func hash(_ message: [UInt8], count: Int) -> [UInt8] {
        withUnsafeBytes { genericHash(message, count: count, key: $0) }
    }

    /// Keyed BLAKE2b of `message` followed by the bytes of `secret`, as a key again: nothing secret leaves guarded memory.
    public borrowing func hashToKey(_ message: [UInt8], followedBy secret: borrowing GuardedBytes) -> Key {
        withUnsafeBytes { key in
            secret.withUnsafeBytes { secret in
                Key { output in
                    // The state's size is a multiple of its alignment, which is what sodium_malloc needs to align it.
                    let memory = GuardedMemory.allocate(crypto_generichash_statebytes())
                    defer { GuardedMemory.free(memory) }
                    let state = OpaquePointer(memory)
                    crypto_generichash_init(state, key.start, key.count, output.count)
                    crypto_generichash_update(state, message, UInt64(message.count))
                    crypto_generichash_update(state, secret.start, UInt64(secret.count))
                    crypto_generichash_final(state, output.start, output.count)
                }
            }
        }
    }

    /// What a server stores of this key as a token: its unkeyed BLAKE2b, 32 bytes (Spec/envelope.md § Keys).
    public borrowing func verifier() -> [UInt8] {
        withUnsafeBytes { Sodium.verifier(of: $0) }
    }

    /// The 43 characters of a link or a bearer token. They are as secret as the key, and no longer guarded.
    public borrowing func base64URL() -> String {
        withUnsafeBytes { Base64URL.encode($0) }
    }

    /// Whether both keys hold the same bytes, compared in constant time.
    public borrowing func equals(_ other: borrowing Key) -> Bool {
        withUnsafeBytes { mine in other.withUnsafeBytes { sodium_memcmp(mine.start, $0.start, Key.count) == 0 } }
    }
}

/// Allocation by libsodium: guard pages, a canary, locked against swapping, zeroed when freed.
enum GuardedMemory {
    static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        Library.start()
        guard let memory = sodium_malloc(count) else {
            preconditionFailure("out of memory for a key")
        }
        return memory
    }

    static func free(_ memory: UnsafeMutableRawPointer) {
        sodium_free(memory)
    }
}

/// libsodium's headers ask for a pointer where Swift's empty buffers have none: here those point at a byte nobody reads.
extension UnsafeRawBufferPointer {
    private nonisolated(unsafe) static let nothing = UnsafeRawPointer(
        UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))

    var start: UnsafePointer<UInt8> {
        (baseAddress ?? Self.nothing).assumingMemoryBound(to: UInt8.self)
    }

    var characters: UnsafePointer<CChar> {
        (baseAddress ?? Self.nothing).assumingMemoryBound(to: CChar.self)
    }
}

extension UnsafeMutableRawBufferPointer {
    var start: UnsafeMutablePointer<UInt8> {
        UnsafeMutablePointer(mutating: UnsafeRawBufferPointer(self).start)
    }
}

/// libsodium wants to be initialised once before anything else; a global is initialised once, on first use.
enum Library {
    private static let started: Int32 = sodium_init()

    static func start() {
        precondition(started >= 0, "libsodium could not be initialised")
    }
}
