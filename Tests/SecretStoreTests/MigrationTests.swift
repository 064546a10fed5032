import Foundation
import GRDB
import KeylinkAPI
import NIOCore
import SecretStore
import Sodium
import SystemPackage
import Testing

/// A database of an older version becomes one of this, with everything in it.
@Suite struct MigrationTests {
    /// As version 1 wrote it.
    private static let version1 = """
        CREATE TABLE server (key BLOB NOT NULL);
        CREATE TABLE secrets (
            row INTEGER PRIMARY KEY, nonce BLOB NOT NULL, link BLOB NOT NULL, access BLOB, receipt BLOB NOT NULL,
            parameters BLOB, file TEXT, size INTEGER NOT NULL, views INTEGER NOT NULL, views_left INTEGER NOT NULL,
            created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, expired_at INTEGER, exhausted_at INTEGER,
            revoked_at INTEGER, ended_at INTEGER, failed_claims INTEGER NOT NULL, wrong_in_a_row INTEGER NOT NULL,
            last_wrong_at INTEGER, leases BLOB NOT NULL, events BLOB NOT NULL, running INTEGER NOT NULL, due INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX secrets_due ON secrets (due);
        CREATE INDEX secrets_running ON secrets (row) WHERE running > 0;
        CREATE INDEX secrets_file ON secrets (file) WHERE file IS NOT NULL;
        CREATE TABLE envelopes (
            secret INTEGER PRIMARY KEY REFERENCES secrets (row) ON DELETE CASCADE, octets BLOB NOT NULL
        ) STRICT;
        CREATE TABLE verifiers (
            prefix INTEGER NOT NULL, secret INTEGER NOT NULL, PRIMARY KEY (prefix, secret)
        ) STRICT, WITHOUT ROWID;
        PRAGMA user_version = 1;
        """
    private static let columns = """
        row, nonce, link, access, receipt, parameters, file, size, views, views_left, created_at, expires_at, expired_at,
        exhausted_at, revoked_at, ended_at, failed_claims, wrong_in_a_row, last_wrong_at, leases, events, running, due
        """

    /// Puts what the closed store holds into a database of version 1.
    private func becomeVersion1(_ fixture: StoreFixture) async throws {
        let path = fixture.folder.appending("keylink.sqlite").string
        try FileManager.default.moveItem(atPath: path, toPath: path + ".new")
        var configuration = Configuration()
        configuration.journalMode = .wal
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: Self.version1)
            try db.execute(sql: "ATTACH ? AS new", arguments: [path + ".new"])
            try db.execute(sql: "INSERT INTO server (key) SELECT key FROM new.server")
            // What only the living have stands padded in a row of its own now.
            let columns = Self.columns.replacing("access", with: "substr(octets, 529, 32)")
                .replacing("parameters", with: "substr(octets, 561, 48)")
                .replacing("running", with: "lapses_at IS NOT NULL")
            try db.execute(
                sql:
                    "INSERT INTO secrets (\(Self.columns)) SELECT \(columns) FROM new.secrets LEFT JOIN new.envelopes ON secret = row"
            )
            try db.execute(
                sql: """
                    INSERT INTO envelopes (secret, octets) SELECT row, substr(octets, 561, size)
                    FROM new.secrets JOIN new.envelopes ON secret = row WHERE file IS NULL
                    """)
            for row in try Row.fetchAll(db, sql: "SELECT row, link, access, receipt FROM secrets") {
                for verifier in [row["link"], row["access"], row["receipt"]] as [Data?] {
                    guard let verifier else { continue }
                    let prefix = verifier.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                    try db.execute(
                        sql: "INSERT INTO verifiers (prefix, secret) VALUES (?, ?)",
                        arguments: [Int64(bitPattern: prefix), row["row"] as Int64])
                }
            }
            try db.execute(sql: "DETACH new")
        }
        try queue.close()
        try FileManager.default.removeItem(atPath: path + ".new")
    }

    @Test func everythingComesAlong() async throws {
        let fixture = try StoreFixture()
        let (small, large, claimed, left, gone) = (Sample(), Sample(size: 70_000), Sample(), Sample(), Sample())
        let smallID = try await fixture.create(small, views: 2)
        let largeID = try await fixture.create(large)
        let claimedID = try await fixture.create(claimed)
        let leftID = try await fixture.create(left)
        let goneID = try await fixture.create(gone)
        let claim = claimed.claim(claimedID)
        _ = try await fixture.read(.take, claim)
        _ = try await fixture.read(.take, left.claim(leftID))
        try await fixture.store.revoke(goneID, receipt: verifier(of: gone.receipt))
        let holdings = try await fixture.store.holdings()
        await fixture.stop()
        try await becomeVersion1(fixture)
        try fixture.start()

        #expect(try await fixture.store.holdings() == holdings)
        #expect(try await fixture.store.existing(small.verifiers)?.id == smallID.text)
        #expect(try await fixture.store.look(smallID, link: verifier(of: small.link)).viewsLeft == 2)
        #expect(try await fixture.read(.take, small.claim(smallID)) == small.envelope)
        #expect(try await fixture.read(.take, large.claim(largeID)) == large.envelope)
        #expect(try await fixture.read(.resume, claim) == claimed.envelope)
        try await fixture.store.acknowledge(claim)
        #expect(try fixture.leftovers(of: claimed.envelope) == [])
        let at = fixture.clock.now()
        await #expect(throws: Refusal.gone(.revoked, at: at)) { try await fixture.store.existing(gone.verifiers) }
        await #expect(throws: Refusal.conflict) {
            try await fixture.store.existing(
                try #require(Verifiers(link: small.verifiers.link, access: Random.bytes(32), receipt: Random.bytes(32))))
        }
        try await fixture.restart()
        #expect(try await fixture.read(.take, small.claim(smallID)) == small.envelope)
        // Nobody came back for this one: its lease lapses, though nobody asks.
        fixture.clock.advance(seconds: 300)
        try await fixture.sweep()
        #expect(try fixture.leftovers(of: left.envelope) == [])
    }
}
