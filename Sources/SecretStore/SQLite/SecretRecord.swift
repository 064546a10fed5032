import Foundation
import GRDB
import KeylinkAPI
import Sodium

/// A secret as its row holds it.
struct SecretRecord {
    let row: Int64
    let nonce: [UInt8]
    let link: [UInt8]
    /// Nil in a tombstone.
    var access: [UInt8]?
    let receipt: [UInt8]
    var parameters: [UInt8]?
    /// Name of the file with the octets, where they are too many for the database; still set while it must be erased.
    var file: String?
    var lifecycle: Lifecycle
}

/// Reads and writes rows. Every statement is prepared once and kept.
extension SecretRecord {
    static func fetch(_ db: Database, row: Int64) throws -> SecretRecord? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM secrets WHERE row = ?"), arguments: [row]).map(SecretRecord.init)
    }

    static func fetchDue(_ db: Database, by now: Timestamp, limit: Int) throws -> [SecretRecord] {
        let statement = try db.cachedStatement(sql: "SELECT * FROM secrets WHERE due <= ? ORDER BY due LIMIT ?")
        return try Row.fetchAll(statement, arguments: [now.milliseconds, limit]).map(SecretRecord.init)
    }

    static func fetchRunning(_ db: Database) throws -> [SecretRecord] {
        try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM secrets WHERE running > 0")).map(SecretRecord.init)
    }

    /// Those that share a verifier with these, of the same kind.
    static func fetch(_ db: Database, sharing verifiers: Verifiers) throws -> [SecretRecord] {
        let prefixes = [verifiers.link, verifiers.access, verifiers.receipt].map(prefix)
        let statement = try db.cachedStatement(
            sql: """
                SELECT * FROM secrets WHERE row IN (SELECT secret FROM verifiers WHERE prefix IN (?, ?, ?))
                """)
        return try Row.fetchAll(statement, arguments: StatementArguments(prefixes)).map(SecretRecord.init).filter {
            $0.link == verifiers.link || $0.access == verifiers.access || $0.receipt == verifiers.receipt
        }
    }

    /// A new row, with small octets beside it.
    static func insert(
        _ db: Database, nonce: [UInt8], _ secret: NewSecret, parameters: [UInt8], octets: OctetsAtRest, lifecycle: Lifecycle
    ) throws -> SecretRecord {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO secrets (nonce, link, access, receipt, parameters, file, size, views, views_left, created_at, expires_at,
                    failed_claims, wrong_in_a_row, leases, events, running, due)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, 0, ?)
                """)
        try statement.execute(arguments: [
            Data(nonce), Data(secret.verifiers.link), Data(secret.verifiers.access), Data(secret.verifiers.receipt),
            Data(parameters), octets.file, lifecycle.size, lifecycle.views, lifecycle.viewsLeft,
            lifecycle.createdAt.milliseconds, lifecycle.expiresAt.milliseconds, RecordCoding.encode(lifecycle.leases),
            RecordCoding.encode(lifecycle.events), lifecycle.nextDue.milliseconds,
        ])
        let row = db.lastInsertedRowID
        if case .inline(let data) = octets {
            try db.cachedStatement(sql: "INSERT INTO envelopes (secret, octets) VALUES (?, ?)").execute(arguments: [row, data])
        }
        for verifier in [secret.verifiers.link, secret.verifiers.access, secret.verifiers.receipt] {
            try db.cachedStatement(sql: "INSERT INTO verifiers (prefix, secret) VALUES (?, ?)")
                .execute(arguments: [prefix(verifier), row])
        }
        return SecretRecord(
            row: row, nonce: nonce, link: secret.verifiers.link, access: secret.verifiers.access,
            receipt: secret.verifiers.receipt, parameters: parameters, file: octets.file, lifecycle: lifecycle)
    }

    /// What may change in a life.
    func update(_ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE secrets SET access = ?, parameters = ?, file = ?, views_left = ?, expired_at = ?, exhausted_at = ?,
                    revoked_at = ?, ended_at = ?, failed_claims = ?, wrong_in_a_row = ?, last_wrong_at = ?, leases = ?, events = ?,
                    running = ?, due = ?
                WHERE row = ?
                """)
        try statement.execute(arguments: [
            access.map { Data($0) }, parameters.map { Data($0) }, file, lifecycle.viewsLeft,
            lifecycle.expiredAt?.milliseconds, lifecycle.exhaustedAt?.milliseconds, lifecycle.revokedAt?.milliseconds,
            lifecycle.endedAt?.milliseconds, lifecycle.failedClaims, lifecycle.wrongInARow,
            lifecycle.lastWrongAt?.milliseconds, RecordCoding.encode(lifecycle.leases),
            RecordCoding.encode(lifecycle.events), lifecycle.leases.count(where: \.isRunning), due, row,
        ])
    }

    /// A file that could not be erased yet is due at once: the sweeper tries again.
    private var due: Int64 { lifecycle.endedAt != nil && file != nil ? 0 : lifecycle.nextDue.milliseconds }

    /// What only a living secret needs: octets, parameters, access verifier. Afterwards the row is a tombstone.
    mutating func entomb(_ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM envelopes WHERE secret = ?").execute(arguments: [row])
        if let access { try forget(access, db) }
        access = nil
        parameters = nil
    }

    /// Even the tombstone.
    func delete(_ db: Database) throws {
        for verifier in [link, receipt] { try forget(verifier, db) }
        try db.cachedStatement(sql: "DELETE FROM secrets WHERE row = ?").execute(arguments: [row])
    }

    /// The octets of a small envelope.
    func inlineOctets(_ db: Database) throws -> Data {
        let statement = try db.cachedStatement(sql: "SELECT octets FROM envelopes WHERE secret = ?")
        guard let data = try Data.fetchOne(statement, arguments: [row]), data.count == lifecycle.size else {
            throw CorruptRecord()
        }
        return data
    }

    private func forget(_ verifier: [UInt8], _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM verifiers WHERE prefix = ? AND secret = ?")
            .execute(arguments: [Self.prefix(verifier), row])
    }

    private static func prefix(_ verifier: [UInt8]) -> Int64 {
        Int64(bitPattern: verifier.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

extension SecretRecord {
    fileprivate init(_ columns: Row) throws {
        row = try columns.decode(forColumn: "row")
        nonce = try octets(columns, "nonce", count: 8)
        link = try octets(columns, "link", count: 32)
        access = columns["access"] == nil ? nil : try octets(columns, "access", count: 32)
        receipt = try octets(columns, "receipt", count: 32)
        parameters = columns["parameters"] == nil ? nil : try octets(columns, "parameters", count: 48)
        file = try columns.decode(forColumn: "file")
        lifecycle = try Lifecycle(columns)
    }
}

extension Lifecycle {
    fileprivate init(_ columns: Row) throws {
        func moment(_ name: String) throws -> Timestamp? {
            try columns.decode(Int64?.self, forColumn: name).map(Timestamp.init(milliseconds:))
        }
        self.init(
            size: try columns.decode(forColumn: "size"), views: try columns.decode(forColumn: "views"),
            createdAt: Timestamp(milliseconds: try columns.decode(forColumn: "created_at")),
            expiresAt: Timestamp(milliseconds: try columns.decode(forColumn: "expires_at")))
        viewsLeft = try columns.decode(forColumn: "views_left")
        expiredAt = try moment("expired_at")
        exhaustedAt = try moment("exhausted_at")
        revokedAt = try moment("revoked_at")
        endedAt = try moment("ended_at")
        failedClaims = try columns.decode(forColumn: "failed_claims")
        wrongInARow = try columns.decode(forColumn: "wrong_in_a_row")
        lastWrongAt = try moment("last_wrong_at")
        leases = try RecordCoding.leases(columns.decode(forColumn: "leases"))
        events = try RecordCoding.events(columns.decode(forColumn: "events"))
    }
}

/// A column of exactly so many octets.
func octets(_ columns: Row, _ name: String, count: Int) throws -> [UInt8] {
    let data = try columns.decode(Data.self, forColumn: name)
    guard data.count == count else { throw CorruptRecord() }
    return Array(data)
}
