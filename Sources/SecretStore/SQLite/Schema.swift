import Foundation
import GRDB

/// The tables, and how a database of an older version becomes one of this.
///
/// `PRAGMA user_version` counts the steps taken. A newer number is refused before anything is touched: an older server
/// would misread what a newer one keeps.
enum Schema {
    static var version: Int { steps.count }

    static func migrate(_ db: Database, random: (Int) -> [UInt8]) throws {
        let current = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        for (number, step) in steps.enumerated().dropFirst(current) {
            try db.inTransaction(.exclusive) {
                try db.execute(sql: step)
                if number == 0 {
                    try db.execute(sql: "INSERT INTO server (key) VALUES (?)", arguments: [Data(random(32))])
                }
                try db.execute(sql: "PRAGMA user_version = \(number + 1)")
                return .commit
            }
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
        """
    ]
}
