import KeylinkAPI
import Sodium

/// Makes and reads IDs: `r || (row XOR BLAKE2b(key, r))`, 8 random octets and 8 that hide the row number.
///
/// Sixteen octets that look random, and say where the row is without an index. A row is the one meant only if its `nonce`
/// equals r; compared in constant time, so that nobody finds an ID octet by octet.
struct Identifiers {
    private let key: [UInt8]

    /// - Parameter key: the server's 32 octets, from its database.
    init(key: [UInt8]) { self.key = key }

    func id(row: Int64, nonce: [UInt8]) -> SecretID? {
        SecretID(Base64URL.encode(nonce + masked(octets(of: row), with: nonce)))
    }

    /// Which row an ID speaks of, and the nonce that the row must have. Nil for one that no row can have.
    func location(of id: SecretID) -> (row: Int64, nonce: [UInt8])? {
        guard let bytes = Base64URL.decode(id.text), bytes.count == 16 else { return nil }
        let nonce = Array(bytes[..<8])
        let row = masked(Array(bytes[8...]), with: nonce).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (Int64(bitPattern: row), nonce)
    }

    private func octets(of row: Int64) -> [UInt8] { withUnsafeBytes(of: row.bigEndian) { Array($0) } }

    /// The first 8 octets of the shortest hash that libsodium makes.
    private func masked(_ octets: [UInt8], with nonce: [UInt8]) -> [UInt8] {
        zip(octets, genericHash(nonce, count: 16, key: key)).map { $0 ^ $1 }
    }
}
