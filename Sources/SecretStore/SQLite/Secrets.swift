import GRDB
import KeylinkAPI
import Logging
import Sodium

/// What happens to a record inside a transaction, beyond the single row.
extension SecretRecord {
    /// Stores where the life has got to; with its end goes what only a living secret needs.
    mutating func save(_ transaction: Transaction, after before: Lifecycle, cutting answers: RunningAnswers) throws {
        guard lifecycle != before else { return }
        if lifecycle.endedAt != nil, before.endedAt == nil {
            try entomb(transaction.db)
            transaction.erases = true
        }
        try update(transaction.db)
        let running = Set(lifecycle.leases.filter(\.isRunning).map(\.keyHash))
        transaction.afterCommit.append { [row] in answers.cut(secret: row) { !running.contains($0) } }
    }

    /// Lets time pass, and stores what it brought about. Nil where nothing is left to remember.
    func advanced(_ transaction: Transaction, cutting answers: RunningAnswers) throws -> SecretRecord? {
        var record = self
        record.lifecycle.advance(to: transaction.now)
        try record.save(transaction, after: lifecycle, cutting: answers)
        guard record.lifecycle.isForgotten(at: transaction.now), record.file == nil else { return record }
        try record.delete(transaction.db)
        transaction.erases = true
        return nil
    }

    /// The secret that these verifiers made before: all three together, or nothing at all.
    static func existing(
        _ verifiers: Verifiers, _ transaction: Transaction, _ identifiers: Identifiers, cutting answers: RunningAnswers
    ) throws -> Result<Created?, Refusal> {
        let records = try fetch(transaction.db, sharing: verifiers).compactMap {
            try $0.advanced(transaction, cutting: answers)
        }
        guard let record = records.first else { return .success(nil) }
        guard records.count == 1, record.link == verifiers.link, record.receipt == verifiers.receipt,
            record.access == nil || record.access == verifiers.access
        else { return .failure(.conflict) }
        let lifecycle = record.lifecycle
        if lifecycle.endedAt != nil {
            transaction.saysGone = true
            return .failure(.gone(lifecycle.state, at: lifecycle.stateSince))
        }
        guard let id = identifiers.id(row: record.row, nonce: record.nonce) else { throw CorruptRecord() }
        return .success(Created(id: id.text, expiresAt: lifecycle.expiresAt, views: lifecycle.views))
    }

    /// The secret an ID speaks of, for who shows the verifier that belongs to it; nil in the same time for everybody else.
    static func find(_ db: Database, at location: (row: Int64, nonce: [UInt8])?, _ proof: Proof) throws -> SecretRecord? {
        // Only what is compared, and as much of it where there is no row: how much a life has seen (its leases, its events)
        // must not show in the time that a wrong proof takes.
        let statement = try db.cachedStatement(
            sql: """
                SELECT coalesce(nonce, zeroblob(8)) AS nonce, coalesce(link, zeroblob(32)) AS link,
                    coalesce(receipt, zeroblob(32)) AS receipt
                FROM (SELECT 1) LEFT JOIN secrets ON row = ?
                """)
        guard let stored = try Row.fetchOne(statement, arguments: [location?.row ?? noRow]) else { throw CorruptRecord() }
        let isNonceRight = constantTimeEqual(try octets(stored, "nonce", count: 8), location?.nonce ?? noNonce)
        let link = try octets(stored, "link", count: 32)
        let receipt = try octets(stored, "receipt", count: 32)
        let isProofRight =
            switch proof {
            case .link(let verifier): constantTimeEqual(link, verifier)
            case .receipt(let verifier): constantTimeEqual(receipt, verifier)
            }
        guard let location, isNonceRight, isProofRight else { return nil }
        return try fetch(db, row: location.row)
    }

    /// What is looked up for an ID that is none, so that looking up and comparing always take place. Rows begin at 1.
    private static let noRow: Int64 = 0
    private static let noNonce = [UInt8](repeating: 0xFF, count: 8)

    /// At start-up and after the clock was set.
    static func rebaseLeases(_ db: Database, jump: Int64 = 0, now: Timestamp, logger: Logger) throws {
        for row in try Int64.fetchAll(db, sql: "SELECT row FROM secrets WHERE running > 0") {
            guard var record = try readable(db, row: row, logger) else { continue }
            record.lifecycle.rebaseLeases(jump: jump, now: now)
            try record.update(db)
        }
    }

    /// What time has brought about in up to so many secrets, oldest first, and how many were due.
    static func sweep(
        _ transaction: Transaction, limit: Int, cutting answers: RunningAnswers, logger: Logger
    ) throws -> (count: Int, records: [SecretRecord]) {
        let statement = try transaction.db.cachedStatement(sql: "SELECT row FROM secrets WHERE due <= ? ORDER BY due LIMIT ?")
        let rows = try Int64.fetchAll(statement, arguments: [transaction.now.milliseconds, limit])
        let records = try rows.compactMap { row in
            guard let record = try readable(transaction.db, row: row, logger) else {
                // Looked at again in an hour, so that one bad row does not keep the sweeper from all others.
                try postpone(transaction, row: row, seconds: 3600)
                return SecretRecord?.none
            }
            return try record.advanced(transaction, cutting: answers)
        }
        return (rows.count, records)
    }

    /// Has the sweeper come back to a secret later.
    static func postpone(_ transaction: Transaction, row: Int64, seconds: Int64) throws {
        let later = transaction.now.adding(seconds: seconds).milliseconds
        try transaction.db.execute(sql: "UPDATE secrets SET due = ? WHERE row = ?", arguments: [later, row])
    }

    /// Nil, and a line in the log that names the row, where a row makes no sense.
    private static func readable(_ db: Database, row: Int64, _ logger: Logger) throws -> SecretRecord? {
        do {
            return try fetch(db, row: row)
        } catch is CorruptRecord {
            logger.error("a row cannot be read", metadata: ["row": "\(row)"])
            return nil
        } catch is RowDecodingError {
            logger.error("a row cannot be read", metadata: ["row": "\(row)"])
            return nil
        }
    }
}

/// What shows that the caller may know of a secret.
enum Proof: Sendable {
    case link([UInt8])
    case receipt([UInt8])
}
