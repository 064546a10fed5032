import Foundation
import GRDB
import KeylinkAPI
import Sodium

/// A secret as its row holds it.
struct SecretRecord {
    let row: Int64
    let nonce: [UInt8]
    let link: [UInt8]
    let receipt: [UInt8]
    /// Name of the file with the octets, where they are too many for the database; still set while it must be erased.
    var file: String?
    var lifecycle: Lifecycle
}

/// Reads and writes rows. Every statement is prepared once and kept.
extension SecretRecord {
    static func fetch(_ db: Database, row: Int64) throws -> SecretRecord? {
        let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM secrets WHERE row = ?")
        return try DamagedSecret.naming(row) {
            let rows = try Row.fetchCursor(statement, arguments: [row])
            return try rows.next().map(SecretRecord.init)
        }
    }

    /// The row that an ID speaks of, for who shows the verifier that belongs to it; nil in the same time for everybody else:
    /// where there is no row, as much is read and compared, and what a life has seen is read only for who may know.
    static func find(_ db: Database, at location: (row: Int64, nonce: [UInt8])?, _ proof: Proof) throws -> SecretRecord? {
        try DamagedSecret.naming(location?.row ?? noRow) { try read(db, at: location, proof) }
    }

    private static func read(
        _ db: Database, at location: (row: Int64, nonce: [UInt8])?, _ proof: Proof
    ) throws -> SecretRecord? {
        let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM (SELECT 1) LEFT JOIN secrets ON row = ?")
        let rows = try Row.fetchCursor(statement, arguments: [location?.row ?? noRow])
        guard let found = try rows.next() else { throw CorruptRecord() }
        let isThere = try found.decode(Int64?.self, atIndex: 0) != nil
        let nonce = isThere ? try octets(found, 1, count: 8) : noNonce
        let link = isThere ? try octets(found, 2, count: 32) : noVerifier
        let receipt = isThere ? try octets(found, 3, count: 32) : noVerifier
        let isNonceRight = constantTimeEqual(nonce, location?.nonce ?? otherNonce)
        let isProofRight =
            switch proof {
            case .link(let verifier): constantTimeEqual(link, verifier)
            case .receipt(let verifier): constantTimeEqual(receipt, verifier)
            }
        guard isThere, isNonceRight, isProofRight else { return nil }
        return try SecretRecord(found)
    }

    /// What is looked up for an ID that is none, so that looking up and comparing always take place. Rows begin at 1.
    private static let noRow: Int64 = 0
    private static let noNonce = [UInt8](repeating: 0, count: 8)
    private static let otherNonce = [UInt8](repeating: 0xFF, count: 8)
    private static let noVerifier = [UInt8](repeating: 0, count: 32)

    /// A new row, with small octets beside it.
    static func insert(
        _ transaction: Transaction, nonce: [UInt8], _ secret: NewSecret, kept: Data, file: String?, lifecycle: Lifecycle
    ) throws -> SecretRecord {
        let db = transaction.db
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO secrets (nonce, link, receipt, file, size, views, views_left, created_at, expires_at,
                    failed_claims, wrong_in_a_row, leases, events, running, due)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, 0, ?)
                """)
        try statement.run([
            BoundValue(nonce), BoundValue(secret.verifiers.link), BoundValue(secret.verifiers.receipt), BoundValue(file),
            .integer(lifecycle.size), .integer(Int64(lifecycle.views)), .integer(Int64(lifecycle.viewsLeft)),
            .integer(lifecycle.createdAt.milliseconds), .integer(lifecycle.expiresAt.milliseconds),
            .octets(RecordCoding.encode(lifecycle.leases)), .octets(RecordCoding.encode(lifecycle.events)),
            .integer(lifecycle.nextDue.milliseconds),
        ])
        let row = db.lastInsertedRowID
        try db.cachedStatement(sql: "INSERT INTO envelopes (secret, octets) VALUES (?, ?)").run([.integer(row), .octets(kept)])
        let prefixes = secret.verifiers.all.map(VerifierIndex.prefix)
        try db.cachedStatement(sql: "INSERT INTO verifiers (secret, link, access, receipt) VALUES (?, ?, ?, ?)")
            .run([.integer(row)] + prefixes.map { .integer(Int64(bitPattern: $0)) })
        transaction.index.add(prefixes, row: row, transaction)
        transaction.change.secrets += 1
        transaction.change.bytes += lifecycle.size
        return SecretRecord(
            row: row, nonce: nonce, link: secret.verifiers.link, receipt: secret.verifiers.receipt, file: file,
            lifecycle: lifecycle)
    }

    /// What may change in a life.
    func update(_ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE secrets SET file = ?, views_left = ?, expired_at = ?, exhausted_at = ?,
                    revoked_at = ?, ended_at = ?, failed_claims = ?, wrong_in_a_row = ?, last_wrong_at = ?, leases = ?, events = ?,
                    running = ?, due = ?
                WHERE row = ?
                """)
        try statement.run([
            BoundValue(file), .integer(Int64(lifecycle.viewsLeft)), BoundValue(lifecycle.expiredAt?.milliseconds),
            BoundValue(lifecycle.exhaustedAt?.milliseconds), BoundValue(lifecycle.revokedAt?.milliseconds),
            BoundValue(lifecycle.endedAt?.milliseconds), .integer(Int64(lifecycle.failedClaims)),
            .integer(Int64(lifecycle.wrongInARow)), BoundValue(lifecycle.lastWrongAt?.milliseconds),
            .octets(RecordCoding.encode(lifecycle.leases)), .octets(RecordCoding.encode(lifecycle.events)),
            .integer(Int64(lifecycle.leases.count(where: \.isRunning))), .integer(due), .integer(row),
        ])
    }

    /// A file that could not be erased yet is due at once: the sweeper tries again.
    private var due: Int64 { lifecycle.endedAt != nil && file != nil ? 0 : lifecycle.nextDue.milliseconds }

    /// What only a living secret needs: octets, parameters, access verifier. Afterwards the row is a tombstone.
    func entomb(_ transaction: Transaction) throws {
        let db = transaction.db
        try db.cachedStatement(sql: "DELETE FROM envelopes WHERE secret = ?").execute(arguments: [row])
        let stored = try db.cachedStatement(sql: "SELECT access FROM verifiers WHERE secret = ?")
        if let access = try Int64.fetchOne(stored, arguments: [row]) {
            transaction.index.remove([UInt64(bitPattern: access)], row: row, transaction)
        }
        try db.cachedStatement(sql: "UPDATE verifiers SET access = NULL WHERE secret = ?").execute(arguments: [row])
        transaction.change.secrets -= 1
        transaction.change.bytes -= lifecycle.size
        transaction.erases = true
    }

    /// Even the tombstone.
    func delete(_ transaction: Transaction) throws {
        try transaction.db.cachedStatement(sql: "DELETE FROM verifiers WHERE secret = ?").execute(arguments: [row])
        try transaction.db.cachedStatement(sql: "DELETE FROM secrets WHERE row = ?").execute(arguments: [row])
        transaction.index.remove([link, receipt].map(VerifierIndex.prefix), row: row, transaction)
        transaction.erases = true
    }

    /// What is kept of a secret that has not ended.
    func kept(_ db: Database) throws -> KeptOctets {
        try DamagedSecret.naming(row) { try KeptOctets.fetch(db, row: row) }
    }

    /// The octets of a small envelope.
    func inlineOctets(_ db: Database) throws -> Data {
        try DamagedSecret.naming(row) { try KeptOctets.fetchEnvelope(db, row: row, size: lifecycle.size) }
    }
}

/// What shows that the caller may know of a secret.
enum Proof: Sendable {
    case link([UInt8])
    case receipt([UInt8])
}

extension SecretRecord {
    /// In the order of the initialisers below. By position: to look a name up takes longer than to read what it names.
    private static let columns = """
        row, nonce, link, receipt, file, size, views, created_at, expires_at, views_left, expired_at,
        exhausted_at, revoked_at, ended_at, failed_claims, wrong_in_a_row, last_wrong_at, leases, events
        """

    private init(_ columns: Row) throws {
        row = try columns.decode(atIndex: 0)
        nonce = try octets(columns, 1, count: 8)
        link = try octets(columns, 2, count: 32)
        receipt = try octets(columns, 3, count: 32)
        file = try columns.decode(atIndex: 4)
        lifecycle = try Lifecycle(columns)
    }
}

extension Lifecycle {
    fileprivate init(_ columns: Row) throws {
        func moment(_ index: Int) throws -> Timestamp? {
            try columns.decode(Int64?.self, atIndex: index).map(Timestamp.init(milliseconds:))
        }
        self.init(
            size: try columns.decode(atIndex: 5), views: try columns.decode(atIndex: 6),
            createdAt: Timestamp(milliseconds: try columns.decode(atIndex: 7)),
            expiresAt: Timestamp(milliseconds: try columns.decode(atIndex: 8)))
        viewsLeft = try columns.decode(atIndex: 9)
        expiredAt = try moment(10)
        exhaustedAt = try moment(11)
        revokedAt = try moment(12)
        endedAt = try moment(13)
        failedClaims = try columns.decode(atIndex: 14)
        wrongInARow = try columns.decode(atIndex: 15)
        lastWrongAt = try moment(16)
        leases = try RecordCoding.leases(columns.decode(atIndex: 17))
        events = try RecordCoding.events(columns.decode(atIndex: 18))
    }
}

/// A column of exactly so many octets.
private func octets(_ columns: Row, _ index: Int, count: Int) throws -> [UInt8] {
    let data = try columns.decode(Data.self, atIndex: index)
    guard data.count == count else { throw CorruptRecord() }
    return Array(data)
}
