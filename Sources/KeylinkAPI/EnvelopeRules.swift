/// The little that a server knows of an envelope without a key (Spec/envelope.md): how it begins, and how short it can be.
public enum EnvelopeRules {
    /// ASCII `KLNK`.
    public static let magic: [UInt8] = [0x4B, 0x4C, 0x4E, 0x4B]
    /// Header and the box of nothing: fewer octets are no envelope.
    public static let minimumCount: Int64 = 97
    /// How many of the first octets a client is shown before it claims.
    public static let parameterCount = 48
}
