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
    /// When the sweeper looks at it: no later than when time changes something. It may look too early, and files the row anew then.
    /// To file it anew at each step of its life would cost two pages of the index each time.
    private(set) var due: Timestamp
}

/// Reads and writes rows. Every statement is prepared once and kept.
extension SecretRecord {
    static func fetch(_ db: Database, row: Int64) throws -> SecretRecord? {
        let statement = try db.cachedStatement(sql: "SELECT \(columns) FROM secrets WHERE row = ?")
        return try DamagedSecret.naming(row) { try statement.first([.integer(row)], SecretRecord.init) }
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
        return try statement.first([.integer(location?.row ?? noRow)]) { try read($0, at: location, proof) } ?? nil
    }

    private static func read(_ found: Columns, at location: (row: Int64, nonce: [UInt8])?, _ proof: Proof) throws -> SecretRecord?
    {
        let isThere = !found.isNull(0)
        let nonce = isThere ? try found.octets(1, count: 8) : noNonce
        let link = isThere ? try found.octets(2, count: 32) : noVerifier
        let receipt = isThere ? try found.octets(3, count: 32) : noVerifier
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
                    failed_claims, wrong_in_a_row, leases, events, due)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?)
                """)
        try statement.run([
            BoundValue(nonce), BoundValue(secret.verifiers.link), BoundValue(secret.verifiers.receipt), BoundValue(file),
            .integer(lifecycle.size), .integer(Int64(lifecycle.views)), .integer(Int64(lifecycle.viewsLeft)),
            .integer(lifecycle.createdAt.milliseconds), .integer(lifecycle.expiresAt.milliseconds),
            .octets(RecordCoding.encode(lifecycle.leases)), .octets(RecordCoding.encode(lifecycle.events)),
            .integer(lifecycle.expiresAt.milliseconds),
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
            lifecycle: lifecycle, due: lifecycle.expiresAt)
    }

    /// Stores what may change in a life.
    mutating func update(_ db: Database, at now: Timestamp) throws {
        if due <= now || nextDue < due { due = nextDue }
        let statement = try db.cachedStatement(
            sql: """
                UPDATE secrets SET file = ?, views_left = ?, expired_at = ?, exhausted_at = ?,
                    revoked_at = ?, ended_at = ?, failed_claims = ?, wrong_in_a_row = ?, last_wrong_at = ?, leases = ?, events = ?,
                    lapses_at = ?, due = ?
                WHERE row = ?
                """)
        try statement.run([
            BoundValue(file), .integer(Int64(lifecycle.viewsLeft)), BoundValue(lifecycle.expiredAt?.milliseconds),
            BoundValue(lifecycle.exhaustedAt?.milliseconds), BoundValue(lifecycle.revokedAt?.milliseconds),
            BoundValue(lifecycle.endedAt?.milliseconds), .integer(Int64(lifecycle.failedClaims)),
            .integer(Int64(lifecycle.wrongInARow)), BoundValue(lifecycle.lastWrongAt?.milliseconds),
            .octets(RecordCoding.encode(lifecycle.leases)), .octets(RecordCoding.encode(lifecycle.events)),
            BoundValue(lifecycle.nextLapse?.milliseconds), .integer(due.milliseconds), .integer(row),
        ])
    }

    /// When time changes something, but for leases that lapse: those have an index of their own, which holds the few that run.
    private var nextDue: Timestamp {
        // A file that could not be erased yet is due at once: the sweeper tries again.
        guard lifecycle.endedAt == nil else { return file != nil ? Timestamp(milliseconds: 0) : lifecycle.nextDue }
        let expiresAt = lifecycle.expiresAt
        return lifecycle.state == .waiting ? expiresAt : max(expiresAt, lifecycle.nextLapse ?? expiresAt)
    }

    /// What only a living secret needs: octets, parameters, access verifier. Afterwards the row is a tombstone.
    func entomb(_ transaction: Transaction) throws {
        let db = transaction.db
        try db.cachedStatement(sql: "DELETE FROM envelopes WHERE secret = ?").run([.integer(row)])
        let stored = try db.cachedStatement(sql: "SELECT access FROM verifiers WHERE secret = ?")
        if let access = try stored.first([.integer(row)], { try $0.optionalInteger(0) }) ?? nil {
            transaction.index.remove([UInt64(bitPattern: access)], row: row, transaction)
        }
        try db.cachedStatement(sql: "UPDATE verifiers SET access = NULL WHERE secret = ?").run([.integer(row)])
        transaction.change.secrets -= 1
        transaction.change.bytes -= lifecycle.size
        transaction.erases = true
    }

    /// Even the tombstone.
    func delete(_ transaction: Transaction) throws {
        try transaction.db.cachedStatement(sql: "DELETE FROM verifiers WHERE secret = ?").run([.integer(row)])
        try transaction.db.cachedStatement(sql: "DELETE FROM secrets WHERE row = ?").run([.integer(row)])
        transaction.index.remove([link, receipt].map(VerifierIndex.prefix), row: row, transaction)
        transaction.erases = true
    }

    /// What is kept of a secret that has not ended; with the octets of a small envelope, where those are wanted.
    func kept(_ db: Database, withOctets: Bool = false) throws -> KeptOctets {
        try DamagedSecret.naming(row) {
            try KeptOctets.fetch(db, row: row, envelopeCount: withOctets && file == nil ? Int(lifecycle.size) : 0)
        }
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
        exhausted_at, revoked_at, ended_at, failed_claims, wrong_in_a_row, last_wrong_at, leases, events, due
        """

    private init(_ columns: Columns) throws {
        row = try columns.integer(0)
        nonce = try columns.octets(1, count: 8)
        link = try columns.octets(2, count: 32)
        receipt = try columns.octets(3, count: 32)
        file = try columns.optionalText(4)
        lifecycle = try Lifecycle(columns)
        due = Timestamp(milliseconds: try columns.integer(19))
    }
}

extension Lifecycle {
    fileprivate init(_ columns: Columns) throws {
        func moment(_ index: Int32) throws -> Timestamp? {
            try columns.optionalInteger(index).map(Timestamp.init(milliseconds:))
        }
        self.init(
            size: try columns.integer(5), views: Int(try columns.integer(6)),
            createdAt: Timestamp(milliseconds: try columns.integer(7)),
            expiresAt: Timestamp(milliseconds: try columns.integer(8)))
        viewsLeft = Int(try columns.integer(9))
        expiredAt = try moment(10)
        exhaustedAt = try moment(11)
        revokedAt = try moment(12)
        endedAt = try moment(13)
        failedClaims = Int(try columns.integer(14))
        wrongInARow = Int(try columns.integer(15))
        lastWrongAt = try moment(16)
        leases = try RecordCoding.leases(columns.octets(17))
        events = try RecordCoding.events(columns.octets(18))
    }
}
