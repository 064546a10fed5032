internal import CUnistring
internal import Foundation
package import Sodium

/// A passphrase as the format takes it: NFC, then UTF-8, in guarded memory. An empty one counts as none.
public final class Passphrase: Sendable {
    let bytes: GuardedBytes

    /// Swift's strings are always well-formed.
    public init(_ text: String) {
        guard let normalized = Self.normalized(Array(text.utf8)) else { preconditionFailure("out of memory for a passphrase") }
        bytes = normalized
    }

    /// The bytes of a file or a terminal.
    ///
    /// - Throws: ``SealingError/passphraseNotUnicode``: such bytes would stretch to something that no one can type again.
    public init(utf8: [UInt8]) throws(SealingError) {
        guard String(validating: utf8, as: UTF8.self) != nil, let normalized = Self.normalized(utf8) else {
            throw .passphraseNotUnicode
        }
        bytes = normalized
    }

    /// NFC by libunistring. Foundation's drops U+11A7 after a decomposed Hangul syllable and orders some Tibetan vowels wrongly:
    /// with it one implementation could not open what another sealed. What the library allocates is zeroed before it is freed.
    private static func normalized(_ utf8: [UInt8]) -> GuardedBytes? {
        guard !utf8.isEmpty else { return GuardedBytes(copying: []) }
        var count = 0
        guard let result = u8_normalize(keylink_nfc(), utf8, utf8.count, nil, &count) else { return nil }
        defer {
            wipe(UnsafeMutableRawBufferPointer(start: result, count: count))
            free(result)
        }
        return GuardedBytes(copying: UnsafeBufferPointer(start: result, count: count))
    }

    /// Whether it counts as none.
    public var isEmpty: Bool { bytes.count == 0 }
}

/// What follows from the link key alone (Spec/envelope.md § Keys).
struct LinkKeys: ~Copyable {
    let linkToken: Key
    /// T, Z and X: for the tag, for the salt of the stretching, for the master key.
    private let tagKey, saltKey, masterKey: Key

    init(_ linkKey: borrowing Key) {
        linkToken = Self.linkToken(of: linkKey)
        tagKey = linkKey.derive(2, "klnklink")
        saltKey = linkKey.derive(3, "klnklink")
        masterKey = linkKey.derive(4, "klnklink")
    }

    static func linkToken(of linkKey: borrowing Key) -> Key {
        linkKey.derive(1, "klnklink")
    }

    /// The link tag of a header's first 32 bytes.
    borrowing func tag(_ header: [UInt8]) -> [UInt8] {
        tagKey.hash(Array(header.prefix(32)), count: 16)
    }

    /// Stretches the passphrase, where the parameters ask for one, and derives the rest.
    ///
    /// - Throws: `passphrase-required`, or `StretchingFailed`.
    borrowing func unlock(_ parameters: Parameters, passphrase: Passphrase?) throws -> EnvelopeKeys {
        guard parameters.needsPassphrase else {
            return EnvelopeKeys(master: masterKey.hashToKey(parameters.bytes, followedBy: GuardedBytes(copying: [])))
        }
        guard let passphrase, !passphrase.isEmpty else { throw EnvelopeError.passphraseRequired }
        let stretched = try argon2id(
            passphrase.bytes, salt: saltKey.hash(parameters.salt, count: 16), opslimit: parameters.opslimit,
            memlimitKiB: parameters.memlimitKiB)
        return EnvelopeKeys(master: masterKey.hashToKey(parameters.bytes, followedBy: stretched))
    }
}

/// What follows from link key, parameters and passphrase together.
package struct EnvelopeKeys: ~Copyable, Sendable {
    package let master: Key
    /// C: seals the boxes.
    package let contentKey: Key
    /// A: shown to the server, with L, to claim.
    package let accessToken: Key
    /// Bytes 48…79 of the header. Whoever has them can try passphrases offline: they come only with a claim.
    let commitment: [UInt8]

    init(master: consuming Key) {
        commitment = master.derive(1, "klnkenvl").withUnsafeBytes { Array($0) }
        contentKey = master.derive(2, "klnkenvl")
        accessToken = master.derive(3, "klnkenvl")
        self.master = master
    }
}
