/// Why a link or an envelope was refused: one code each, the same in every implementation (Spec/envelope.md § Errors).
///
/// A reader checks in the order of the cases and stops at the first that holds.
public enum EnvelopeError: String, Error, Sendable, CaseIterable {
    /// The link does not parse.
    case malformedLink = "malformed-link"
    /// The right magic, but a version that this reader does not know.
    case unsupportedVersion = "unsupported-version"
    /// Too short, no magic, a reserved bit set, or a number out of its range.
    case malformedHeader = "malformed-header"
    /// The link tag does not match: another link key, or parameters that the sender did not write.
    case wrongLink = "wrong-link"
    /// The envelope needs a passphrase and none was given.
    case passphraseRequired = "passphrase-required"
    /// The commitment does not match: another passphrase.
    case wrongKey = "wrong-key"
    /// A box fails: altered, cut, reordered, appended to, none at all, or an empty last one.
    case corrupt = "corrupt"
    /// Authentic, but the records break a rule: a faulty writer.
    case malformedPayload = "malformed-payload"

    /// The stable name, as specification, vectors and the command print it.
    public var code: String { rawValue }
}

/// What a writer refuses to seal. Nothing has been written when one of these comes from ``Sealing/init(_:passphrase:)``;
/// one that comes while octets are read means that the envelope was broken off and must be thrown away.
public enum SealingError: Error, Sendable, Equatable {
    /// A file name that no reader would accept (Spec/envelope.md § Payload).
    case invalidName
    /// A media type outside 1…255 bytes of 0x20…0x7E.
    case invalidType
    /// A text that is not well-formed UTF-8: send it as a file.
    case invalidText
    /// The item gave more or fewer bytes than it had announced: it changed meanwhile.
    case sizeMismatch
    /// No item, or more than 1000.
    case itemCount
    /// More than an envelope can hold (2^39 bytes of payload), or a size over 2^53 − 1.
    case tooLong
    /// A passphrase that is not well-formed Unicode.
    case passphraseNotUnicode
    /// The octets were asked for a second time. A file may have changed since, and one key over two contents uses nonces twice.
    case alreadySealed

    /// The stable name.
    public var code: String {
        switch self {
        case .invalidName: "invalid-name"
        case .invalidType: "invalid-type"
        case .invalidText: "invalid-text"
        case .sizeMismatch: "size-mismatch"
        case .itemCount: "item-count"
        case .tooLong: "too-long"
        case .passphraseNotUnicode: "passphrase-not-unicode"
        case .alreadySealed: "already-sealed"
        }
    }
}
