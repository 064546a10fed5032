internal import CSodium

/// A secret of any length in guarded memory: a passphrase. The rules of ``Key`` hold for it too.
public struct GuardedBytes: ~Copyable, @unchecked Sendable {  // @unchecked: written before init ends and never after
    public let count: Int
    private let memory: UnsafeMutableRawPointer

    /// Takes over `bytes`; the caller still holds its own copy.
    public init(copying bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// Fills new memory of `count` bytes. When `body` throws, it is zeroed and given back.
    public init<Failure: Error>(
        count: Int, filling body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let memory = GuardedMemory.allocate(max(count, 1))
        do {
            try body(UnsafeMutableRawBufferPointer(start: memory, count: count))
        } catch {
            GuardedMemory.free(memory)
            throw error
        }
        sodium_mprotect_readonly(memory)
        self.count = count
        self.memory = memory
    }

    deinit {
        GuardedMemory.free(memory)
    }

    /// Lends the bytes to `body`; they must not outlive it.
    public borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: memory, count: count))
    }
}

/// Zeroes memory that somebody else allocated, in a way that no compiler leaves out.
public func wipe(_ memory: UnsafeMutableRawBufferPointer) {
    sodium_memzero(memory.start, memory.count)
}

/// The system would not give the memory that stretching asks for.
public struct StretchingFailed: Error {
    public init() {}
}

/// Argon2id version 1.3 by `crypto_pwhash`, 32 bytes (RFC 9106).
///
/// - Parameters:
///   - salt: exactly 16 bytes.
///   - opslimit: passes over the memory.
///   - memlimitKiB: memory in KiB; that much is allocated, and this takes a moment on purpose.
/// - Throws: ``StretchingFailed`` where the memory cannot be had.
public func argon2id(
    _ passphrase: borrowing GuardedBytes, salt: [UInt8], opslimit: UInt32, memlimitKiB: UInt32
) throws(StretchingFailed) -> GuardedBytes {
    precondition(salt.count == Int(crypto_pwhash_SALTBYTES), "Argon2's salt has 16 bytes")
    return try passphrase.withUnsafeBytes { passphrase throws(StretchingFailed) in
        try GuardedBytes(count: 32) { output throws(StretchingFailed) in
            let status = crypto_pwhash(
                output.start, UInt64(output.count), passphrase.characters, UInt64(passphrase.count),
                salt, UInt64(opslimit), Int(memlimitKiB) * 1024, crypto_pwhash_ALG_ARGON2ID13)
            guard status == 0 else { throw StretchingFailed() }
        }
    }
}
