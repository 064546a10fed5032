import Foundation
import GRDB
import KeylinkAPI
import Sodium

/// What only a living secret needs: its access verifier, and its octets; of those in a file the parameters, the first 48.
///
/// It must be gone without a trace when the secret ends, and `secure_delete` sees to that only where it is deleted. What SQLite
/// moves while it balances a tree's pages leaves its old octets behind in a gap. Overflow pages are never moved, and are zeroed
/// whole when they are freed. So a row is padded until all that counts stands on overflow pages, and nothing but zeros on the
/// tree's own (https://www.sqlite.org/fileformat2.html § 1.6, payload overflow).
struct KeptOctets {
    let access: [UInt8]
    let parameters: [UInt8]
    /// The octets of a small envelope, or as many of them as were asked for.
    let envelope: Data

    /// Octets of a page; the database is refused where it has others.
    static let pageSize = 4096

    /// Zeros before what counts: more than the most that SQLite keeps of such a row in the tree.
    private static let lead = 512
    /// Then a hash of the two that follow: a page that was spoilt must not pass for a wrong passphrase.
    private static let checkCount = 16
    private static let accessCount = 32
    /// What of a row that overflows stays in the tree, where the rest fills its overflow pages, and what one of those holds.
    private static let inTree = (pageSize - 12) * 32 / 255 - 23
    private static let onOverflowPage = pageSize - 4

    /// - Parameter octets: of the whole envelope, or its first 48.
    static func blob(access: [UInt8], octets: Data) -> Data {
        let count = lead + checkCount + accessCount + octets.count
        let pages = (mostHead + count - inTree + onOverflowPage - 1) / onOverflowPage
        let whole = inTree + pages * onOverflowPage
        var blob = Data(count: whole - headCount(whole))
        let check = genericHash(access + octets.prefix(EnvelopeRules.parameterCount), count: checkCount)
        blob.withUnsafeMutableBytes { blob in
            var rest = UnsafeMutableRawBufferPointer(rebasing: blob[lead...])
            for part in [check, access] {
                rest.copyBytes(from: part)
                rest = UnsafeMutableRawBufferPointer(rebasing: rest[part.count...])
            }
            _ = octets.copyBytes(to: rest)
        }
        return blob
    }

    /// Octets that SQLite puts before the blob in a row of so many: how many come, the row's number, and the blob's length.
    private static func headCount(_ whole: Int) -> Int { whole < 1 << 13 ? 4 : mostHead }
    private static let mostHead = 5

    /// - Parameter envelopeCount: how many octets of a small envelope are wanted.
    static func fetch(_ db: Database, row: Int64, envelopeCount: Int = 0) throws -> KeptOctets {
        let statement = try db.cachedStatement(sql: "SELECT octets FROM envelopes WHERE secret = ?")
        let kept = try statement.first([.integer(row)]) { columns in
            try columns.withOctets(0) { try KeptOctets($0, envelopeCount: envelopeCount) }
        }
        guard let kept else { throw CorruptRecord() }
        return kept
    }

    private init(_ blob: UnsafeRawBufferPointer, envelopeCount: Int) throws {
        guard blob.count >= Self.lead + Self.checkCount + Self.accessCount + max(EnvelopeRules.parameterCount, envelopeCount)
        else {
            throw CorruptRecord()
        }
        let check = blob.dropFirst(Self.lead).prefix(Self.checkCount)
        let rest = blob.dropFirst(Self.lead + Self.checkCount)
        access = Array(rest.prefix(Self.accessCount))
        let octets = rest.dropFirst(Self.accessCount)
        parameters = Array(octets.prefix(EnvelopeRules.parameterCount))
        envelope = Data(octets.prefix(envelopeCount))
        guard genericHash(access + parameters, count: Self.checkCount).elementsEqual(check) else { throw CorruptRecord() }
    }
}
