internal import Sodium

/// The first 48 bytes of an envelope: all that a client may know before it claims (Spec/envelope.md § Header).
///
/// They are checked twice: here against the rules of the format, and in ``Opening`` against the link tag, which shows
/// that the sender wrote exactly these.
public struct Parameters: Sendable, Equatable {
    /// Bytes of the parameters.
    public static let count = 48
    /// Bytes of the whole header: the parameters and the commitment.
    public static let headerCount = 80

    /// Whether a passphrase is needed.
    public let needsPassphrase: Bool
    /// The plaintext chunk is 2^chunkLog2 bytes, 12…20.
    public let chunkLog2: Int
    /// Argon2's passes: 3…8 with a passphrase, else 0.
    public let opslimit: UInt32
    /// Argon2's memory in KiB: 65536…262144 with a passphrase, else 0.
    public let memlimitKiB: UInt32
    /// 16 random bytes.
    public let salt: [UInt8]
    /// 16 bytes that only a holder of the link key can have computed.
    public let linkTag: [UInt8]
    /// The 48 bytes themselves.
    public let bytes: [UInt8]

    /// - Parameter bytes: exactly 48.
    /// - Throws: `unsupported-version`, `malformed-header`.
    public init(parsing bytes: [UInt8]) throws(EnvelopeError) {
        try Self.checkVersion(bytes)
        guard bytes.count == Self.count, bytes.starts(with: Self.magic), bytes[5] & ~Self.passphraseFlag == 0, bytes[7] == 0
        else {
            throw .malformedHeader
        }
        needsPassphrase = bytes[5] & Self.passphraseFlag != 0
        chunkLog2 = Int(bytes[6])
        opslimit = UInt32(bigEndian: bytes[8..<12])
        memlimitKiB = UInt32(bigEndian: bytes[12..<16])
        guard Self.chunkLog2Range.contains(chunkLog2),
            // Bounds, so that a link cannot make a reader stretch for hours or use up its memory, nor a weak header make guessing cheap.
            needsPassphrase
                ? (3...8).contains(opslimit) && (65536...262144).contains(memlimitKiB) : opslimit == 0 && memlimitKiB == 0
        else { throw .malformedHeader }
        salt = Array(bytes[16..<32])
        linkTag = Array(bytes[32..<48])
        self.bytes = bytes
    }

    /// What a writer puts into the header, before the tag: 32 bytes.
    static func untagged(needsPassphrase: Bool, chunkLog2: Int, opslimit: UInt32, memlimitKiB: UInt32, salt: [UInt8]) -> [UInt8] {
        magic + [version, needsPassphrase ? passphraseFlag : 0, UInt8(chunkLog2), 0]
            + opslimit.bigEndianBytes + memlimitKiB.bigEndianBytes + salt
    }

    /// The version is judged as soon as it is there, so that a later format with another length is not called malformed.
    static func checkVersion(_ bytes: [UInt8]) throws(EnvelopeError) {
        if bytes.count > 4, bytes.starts(with: magic), bytes[4] != version { throw .unsupportedVersion }
    }

    static let chunkLog2Range = 12...20
    private static let magic = Array("KLNK".utf8)
    private static let version: UInt8 = 1
    private static let passphraseFlag: UInt8 = 1
}

extension FixedWidthInteger {
    /// Most significant byte first, as every integer of the format.
    var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

    init(bigEndian bytes: some Collection<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | Self($1) }
    }
}
