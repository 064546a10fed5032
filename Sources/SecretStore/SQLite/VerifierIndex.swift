import GRDB
import Sodium
import Synchronization

/// Which secret each stored verifier belongs to, in memory: by its first eight octets.
///
/// A table with an index over random verifiers dirties three pages for every creation, more than everything else that one
/// writes. So the database keeps them in the order of the rows, which appends, and the index is made of them at every start:
/// some 60 octets of memory a secret. Two verifiers that begin alike are taken for the same one, and so for a conflict:
/// with a million secrets that befalls one creation in three trillion, which draws anew.
///
/// Written by the writing thread alone, as a part of its transactions. Others may look, and learn for certain only that
/// verifiers are new to what is committed.
final class VerifierIndex: Sendable {
    /// By the lowest octet: a table that grows is rehashed as a whole, and nobody should wait for that.
    private let shards = Mutex([[UInt64: Int64]](repeating: [:], count: shardCount))
    private static let shardCount = 256

    /// What the index knows of three verifiers.
    enum Match: Equatable {
        case none
        /// All that are stored belong to this row.
        case row(Int64)
        /// They belong to different secrets.
        case several
    }

    /// Reads everything that is stored.
    init(_ db: Database) throws {
        let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM verifiers") ?? 0
        let all = try db.makeStatement(sql: "SELECT secret, link, access, receipt FROM verifiers")
        try shards.withLock { shards in
            for index in shards.indices { shards[index].reserveCapacity(count * 3 / Self.shardCount) }
            var portion = Portion()
            try all.forEachRow { row in
                let secret = try row.integer(0)
                for column in Int32(1)...3 {
                    guard let prefix = try row.optionalInteger(column) else { continue }
                    portion.add(UInt64(bitPattern: prefix), secret)
                }
                if portion.isFull { portion.move(to: &shards) }
            }
            portion.move(to: &shards)
        }
    }

    /// What was read lately, by shard. Entered one by one, in the order of the rows, nearly every prefix would have to wait for
    /// memory that no cache holds: with a million secrets that is most of a start.
    private struct Portion {
        private var entries = [[(prefix: UInt64, row: Int64)]](repeating: [], count: shardCount)
        private var count = 0

        var isFull: Bool { count >= 500_000 }

        mutating func add(_ prefix: UInt64, _ row: Int64) {
            entries[shard(prefix)].append((prefix, row))
            count += 1
        }

        mutating func move(to shards: inout [[UInt64: Int64]]) {
            for index in entries.indices {
                var table: [UInt64: Int64] = [:]
                swap(&table, &shards[index])
                for (prefix, row) in entries[index] { table[prefix] = row }
                swap(&table, &shards[index])
                entries[index].removeAll(keepingCapacity: true)
            }
            count = 0
        }
    }

    func match(_ verifiers: Verifiers) -> Match {
        shards.withLock { shards in
            var found: Int64?
            for prefix in verifiers.all.lazy.map(Self.prefix) {
                guard let row = shards[Self.shard(prefix)][prefix] else { continue }
                if let found, found != row { return .several }
                found = row
            }
            return found.map(Match.row) ?? .none
        }
    }

    /// Enters prefixes, as long as the transaction is not rolled back.
    func add(_ prefixes: [UInt64], row: Int64, _ transaction: Transaction) {
        set(prefixes, row)
        transaction.afterRollback.append { self.set(prefixes, nil) }
    }

    /// Forgets prefixes of a row, unless the transaction is rolled back.
    func remove(_ prefixes: [UInt64], row: Int64, _ transaction: Transaction) {
        set(prefixes, nil)
        transaction.afterRollback.append { self.set(prefixes, row) }
    }

    private func set(_ prefixes: [UInt64], _ row: Int64?) {
        shards.withLock { shards in
            for prefix in prefixes { shards[Self.shard(prefix)][prefix] = row }
        }
    }

    static func prefix(_ verifier: [UInt8]) -> UInt64 { verifier.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

    private static func shard(_ prefix: UInt64) -> Int { Int(prefix % UInt64(shardCount)) }
}
