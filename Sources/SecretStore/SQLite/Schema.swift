import Foundation
import GRDB
import KeylinkAPI

/// The tables, and how a database of an older version becomes one of this.
///
/// `PRAGMA user_version` counts the steps taken. A newer number is refused before anything is touched: an older server
/// would misread what a newer one keeps.
enum Schema {
    static var version: Int { steps.count }

    /// - Throws: ``StoreStartError/newer(found:known:)``
    static func check(_ found: Int) throws {
        guard found <= version else { throw StoreStartError.newer(found: found, known: version) }
    }

    static func migrate(_ db: Database, random: (Int) -> [UInt8]) throws {
        let current = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        try check(current)
        for (number, step) in steps.enumerated().dropFirst(current) {
            try db.inTransaction(.exclusive) {
                try db.execute(sql: step)
                switch number {
                case 0: try db.execute(sql: "INSERT INTO server (key) VALUES (?)", arguments: [Data(random(32))])
                case 1: try orderVerifiers(db)
                case 2: try padEnvelopes(db)
                case 3: try noteLapses(db)
                default: break
                }
                try db.execute(sql: "PRAGMA user_version = \(number + 1)")
                return .commit
            }
        }
        // What those steps moved left its old octets behind.
        if (1..<3).contains(current) { try db.execute(sql: "VACUUM") }
    }

    /// Fills the second step's table of verifiers from the rows that hold them whole.
    private static func orderVerifiers(_ db: Database) throws {
        let insert = try db.cachedStatement(sql: "INSERT INTO verifiers (secret, link, access, receipt) VALUES (?, ?, ?, ?)")
        let rows = try Row.fetchCursor(db, sql: "SELECT row, link, access, receipt FROM secrets")
        while let row = try rows.next() {
            let prefixes = ["link", "access", "receipt"].map { name in
                (row[name] as Data?).map { Int64(bitPattern: VerifierIndex.prefix(Array($0))) }
            }
            try insert.execute(arguments: StatementArguments([row["row"] as Int64] + prefixes))
        }
    }

    /// Fills the third step's table of what only the living need, and takes it out of where it stood.
    private static func padEnvelopes(_ db: Database) throws {
        let insert = try db.cachedStatement(sql: "INSERT INTO envelopes (secret, octets) VALUES (?, ?)")
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT row, access, coalesce(octets, parameters) FROM secrets LEFT JOIN small ON secret = row WHERE ended_at IS NULL
                """)
        while let row = try rows.next() {
            let blob = KeptOctets.blob(access: Array(try row.decode(Data.self, atIndex: 1)), octets: try row.decode(atIndex: 2))
            try insert.execute(arguments: [try row.decode(Int64.self, atIndex: 0), blob])
        }
        for statement in [
            "DROP TABLE small", "ALTER TABLE secrets DROP COLUMN access", "ALTER TABLE secrets DROP COLUMN parameters",
        ] {
            try db.execute(sql: statement)
        }
    }

    /// Fills the fourth step's column, and drops the one that it replaces. What is damaged is left to who asks for it.
    private static func noteLapses(_ db: Database) throws {
        let update = try db.cachedStatement(sql: "UPDATE secrets SET lapses_at = ? WHERE row = ?")
        for row in try Row.fetchAll(db, sql: "SELECT row, leases FROM secrets WHERE running > 0") {
            do {
                let running = try RecordCoding.leases(Array(row.decode(Data.self, atIndex: 1))).filter(\.isRunning)
                try update.execute(arguments: [
                    running.map(\.deadline.milliseconds).min(), try row.decode(Int64.self, atIndex: 0),
                ])
            } catch is CorruptRecord {
                continue
            }
        }
        for statement in ["DROP INDEX secrets_running", "ALTER TABLE secrets DROP COLUMN running"] {
            try db.execute(sql: statement)
        }
    }

    /// Times are Unix milliseconds, `leases` and `events` as `RecordCoding` writes them.
    private static let steps = [
        """
        CREATE TABLE server (key BLOB NOT NULL);

        -- One row a secret, and after its end the tombstone's. Its row number is in its ID, masked with the server's key:
        -- so there is no index over random IDs, which would dirty a page for every row.
        CREATE TABLE secrets (
            row INTEGER PRIMARY KEY,
            nonce BLOB NOT NULL,
            link BLOB NOT NULL,
            access BLOB,
            receipt BLOB NOT NULL,
            parameters BLOB,
            file TEXT,
            size INTEGER NOT NULL,
            views INTEGER NOT NULL,
            views_left INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            expired_at INTEGER,
            exhausted_at INTEGER,
            revoked_at INTEGER,
            ended_at INTEGER,
            failed_claims INTEGER NOT NULL,
            wrong_in_a_row INTEGER NOT NULL,
            last_wrong_at INTEGER,
            leases BLOB NOT NULL,
            events BLOB NOT NULL,
            running INTEGER NOT NULL,
            due INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX secrets_due ON secrets (due);
        CREATE INDEX secrets_running ON secrets (row) WHERE running > 0;
        CREATE INDEX secrets_file ON secrets (file) WHERE file IS NOT NULL;

        -- Small envelopes, apart from their row: a row is written anew at every step, and would carry them along.
        CREATE TABLE envelopes (
            secret INTEGER PRIMARY KEY REFERENCES secrets (row) ON DELETE CASCADE,
            octets BLOB NOT NULL
        ) STRICT;

        -- The first eight octets of each verifier, for a creation that comes twice; the row holds them whole.
        CREATE TABLE verifiers (
            prefix INTEGER NOT NULL,
            secret INTEGER NOT NULL,
            PRIMARY KEY (prefix, secret)
        ) STRICT, WITHOUT ROWID;
        """,
        """
        -- What is stored, so that nobody has to count it.
        ALTER TABLE server ADD COLUMN secrets INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE server ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
        UPDATE server SET (secrets, bytes) = (SELECT count(*), coalesce(sum(size), 0) FROM secrets WHERE ended_at IS NULL);

        -- In the order of the rows, so that a creation appends (VerifierIndex). A tombstone has no access verifier.
        DROP TABLE verifiers;
        CREATE TABLE verifiers (
            secret INTEGER PRIMARY KEY,
            link INTEGER NOT NULL,
            access INTEGER,
            receipt INTEGER NOT NULL
        ) STRICT;
        """,
        """
        -- What only a living secret needs, so padded that its end leaves nothing (KeptOctets).
        ALTER TABLE envelopes RENAME TO small;
        CREATE TABLE envelopes (
            secret INTEGER PRIMARY KEY,
            octets BLOB NOT NULL
        ) STRICT;
        """,
        """
        -- When the next lease lapses, where one runs: apart from `due`, whose place in its index a claim then does not change.
        ALTER TABLE secrets ADD COLUMN lapses_at INTEGER;
        CREATE INDEX secrets_lapses ON secrets (lapses_at) WHERE lapses_at IS NOT NULL;
        """,
    ]
}
