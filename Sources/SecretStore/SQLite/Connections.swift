import Foundation
import GRDB
import Logging
import Sodium
import SystemPackage

/// How the database is opened.
enum Connections {
    /// Of pages that each connection keeps in memory: the upper levels of every tree, of a million secrets too.
    private static let cacheKiB = 32_768

    static func reader(_ path: FilePath, _ logger: Logger, _ metrics: StoreMetrics) throws -> Reader {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "keylink-reader"
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -\(cacheKiB)") }
        return Reader(try DatabaseQueue(path: path.string, configuration: configuration), logger: logger, metrics: metrics)
    }

    static func writer(_ path: FilePath) throws -> DatabaseQueue {
        if FileManager.default.fileExists(atPath: path.string) {
            try Schema.check(try version(of: path.string))
        }
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.label = "keylink"
        // A reader of ours is done in no time; who truncates the journal waits for it, a little at a time. Not for long: one
        // from outside may stay, and all the others wait as well.
        configuration.busyMode = .callback { tries in
            usleep(200)
            return tries < 2500
        }
        let queue = try DatabaseQueue(path: path.string, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            // After opening, not in prepareDatabase: GRDB sets synchronous to NORMAL when it switches to WAL. Read back,
            // since SQLite ignores what it cannot do.
            let settings = [
                ("synchronous", 2), ("secure_delete", 1), ("temp_store", 2), ("trusted_schema", 0), ("cache_size", -cacheKiB),
                ("page_size", KeptOctets.pageSize),
            ]
            for (setting, value) in settings {
                try db.execute(sql: "PRAGMA \(setting) = \(value)")
                let told = try Int.fetchOne(db, sql: "PRAGMA \(setting)")
                guard told == value else {
                    throw StoreStartError.notDurable(setting: setting, value: told.map(String.init) ?? "nothing")
                }
            }
            try Schema.migrate(db, random: Random.bytes)
        }
        return queue
    }

    /// Looked at before anything is set: a newer version's database stays as it is, without even the two files beside it
    /// that a mere reader makes.
    private static func version(of path: String) throws -> Int {
        // Broken off in its very first steps, before it kept its journal as it does now; a reader could not put that right.
        if FileManager.default.fileExists(atPath: path + "-journal") { return 0 }
        let made = ["-wal", "-shm"].map { path + $0 }.filter { !FileManager.default.fileExists(atPath: $0) }
        defer { for file in made { unlink(file) } }
        var looking = Configuration()
        looking.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: looking)
        let version = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
        try queue.close()
        return version
    }
}

/// What a start finds.
struct Stored {
    /// The one behind all IDs.
    let key: [UInt8]
    let holdings: Holdings
    let index: VerifierIndex
    /// Names of the files that belong to a row.
    let files: Set<String>

    init(_ db: Database) throws {
        guard let server = try Row.fetchOne(db, sql: "SELECT key, secrets, bytes FROM server") else { throw CorruptRecord() }
        key = Array(try server.decode(Data.self, atIndex: 0))
        guard key.count == 32 else { throw CorruptRecord() }
        holdings = Holdings(secrets: try server.decode(atIndex: 1), bytes: try server.decode(atIndex: 2))
        index = try VerifierIndex(db)
        files = try String.fetchSet(db, sql: "SELECT file FROM secrets WHERE file IS NOT NULL")
    }
}
