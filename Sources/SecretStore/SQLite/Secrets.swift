import GRDB
import KeylinkAPI
import Logging
import Sodium

/// What happens to a record inside a transaction, beyond the single row.
extension SecretRecord {
    /// Stores where the life has got to; with its end goes what only a living secret needs.
    mutating func save(_ transaction: Transaction, after before: Lifecycle) throws {
        guard lifecycle != before || due <= transaction.now else { return }
        if lifecycle.endedAt != nil, before.endedAt == nil { try entomb(transaction) }
        try update(transaction.db, at: transaction.now)
        let running = Set(lifecycle.leases.filter(\.isRunning).map(\.keyHash))
        transaction.afterCommit.append { [row, lifecycle, answers = transaction.answers, metrics = transaction.metrics] in
            answers.cut(secret: row) { !running.contains($0) }
            metrics.note(from: before, to: lifecycle)
        }
    }

    /// Lets time pass, and stores what it brought about. Nil where nothing is left to remember.
    func advanced(_ transaction: Transaction) throws -> SecretRecord? {
        var record = self
        record.lifecycle.advance(to: transaction.now)
        try record.save(transaction, after: lifecycle)
        guard record.lifecycle.isForgotten(at: transaction.now), record.file == nil else { return record }
        try record.delete(transaction)
        transaction.afterCommit.append(transaction.metrics.noteForgotten)
        return nil
    }

    /// The secret that these verifiers made before: all three together, or nothing at all.
    static func earlier(_ verifiers: Verifiers, _ transaction: Transaction) throws -> Earlier {
        let row: Int64
        switch transaction.index.match(verifiers) {
        case .none: return .none
        case .several: return .refused(.conflict, nil)
        case .row(let found): row = found
        }
        guard let record = try fetch(transaction.db, row: row)?.advanced(transaction) else { return .none }
        guard record.link == verifiers.link, record.receipt == verifiers.receipt else { return .refused(.conflict, nil) }
        let lifecycle = record.lifecycle
        if lifecycle.endedAt != nil {
            transaction.saysGone = true
            return .refused(.gone(lifecycle.state, at: lifecycle.stateSince), record.file.map { (row, $0) })
        }
        guard try record.kept(transaction.db).access == verifiers.access else { return .refused(.conflict, nil) }
        return .living(NamedSecret(record))
    }

    /// At start-up and after the clock was set.
    static func rebaseLeases(_ db: Database, jump: Int64 = 0, now: Timestamp, logger: Logger) throws {
        for row in try Int64.fetchAll(db, sql: "SELECT row FROM secrets WHERE lapses_at IS NOT NULL") {
            do {
                guard var record = try fetch(db, row: row) else { continue }
                record.lifecycle.rebaseLeases(jump: jump, now: now)
                try DamagedSecret.naming(row) { try record.update(db, at: now) }
            } catch let error as DamagedSecret {
                error.note(logger)
            }
        }
    }

    /// What time has brought about in up to so many secrets, leases first, oldest first, and how many were due.
    ///
    /// - Parameter damaged: passed over for a while, so that one bad row does not keep the sweeper from all others.
    static func sweep(
        _ transaction: Transaction, limit: Int, damaged: DamagedRows, logger: Logger
    ) throws -> (count: Int, records: [SecretRecord]) {
        let passed = damaged.passed(at: transaction.now)
        var rows: [Int64] = []
        for column in ["lapses_at", "due"] {
            let statement = try transaction.db.cachedStatement(
                sql: "SELECT row FROM secrets WHERE \(column) <= ? ORDER BY \(column) LIMIT ?")
            let due = try Int64.fetchAll(statement, arguments: [transaction.now.milliseconds, limit + passed.count])
            rows += due.filter { !passed.contains($0) && !rows.contains($0) }.prefix(limit - rows.count)
        }
        var records: [SecretRecord] = []
        for row in rows {
            do {
                let record = try transaction.part { part in
                    try fetch(part.db, row: row).flatMap { found in try DamagedSecret.naming(row) { try found.advanced(part) } }
                }
                if let record { records.append(record) }
            } catch let error as DamagedSecret {
                error.note(logger)
                damaged.passOver(row, until: transaction.now.adding(seconds: 60))
            }
        }
        return (rows.count, records)
    }

    /// Has the sweeper come back to a secret later.
    static func postpone(_ transaction: Transaction, row: Int64, seconds: Int64) throws {
        let later = transaction.now.adding(seconds: seconds).milliseconds
        try transaction.db.execute(sql: "UPDATE secrets SET due = ? WHERE row = ?", arguments: [later, row])
    }
}
