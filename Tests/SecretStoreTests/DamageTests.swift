import Foundation
import GRDB
import KeylinkAPI
import Logging
import SecretStore
import Sodium
import Synchronization
import SystemPackage
import Testing

/// What lies in the folder is not what was put there, or not where: one secret's damage is its own.
@Suite struct DamageTests {
    /// In the page of the database that holds this, every octet is spoilt.
    private func spoilPage(of octets: [UInt8], in fixture: StoreFixture) throws {
        let url = URL(fileURLWithPath: fixture.folder.appending("keylink.sqlite").string)
        var database = try Data(contentsOf: url)
        let found = try #require(database.range(of: Data(octets)))
        let page = found.lowerBound / 4096 * 4096
        database.replaceSubrange(page..<(page + 4096), with: Data(repeating: 0xFF, count: 4096))
        try database.write(to: url)
    }

    /// The same damage, whether it is in the octets, the row, or the file; and the log names the secret so that its operator
    /// finds it, and nobody else does.
    @Test(arguments: ["envelope page", "row page", "row", "short file", "missing file", "unreadable file"])
    func oneDamagedSecret(_ damage: String) async throws {
        let fixture = try StoreFixture()
        let isLarge = damage.hasSuffix("file")
        let sample = Sample(size: isLarge ? 70_000 : 3000)
        let id = try await fixture.create(sample, ttl: 3600)
        // So many that the last is on a page of its own, with its row too.
        var others: [(Sample, SecretID)] = []
        for _ in 0..<40 {
            let other = Sample(size: 3000)
            others.append((other, try await fixture.create(other, ttl: 7200)))
        }
        let (other, otherID) = try #require(others.last)
        await fixture.stop()
        switch damage {
        case "envelope page": try spoilPage(of: Array(sample.envelope[100..<200]), in: fixture)
        case "row page": try spoilPage(of: sample.verifiers.receipt, in: fixture)
        case "row":
            let queue = try DatabaseQueue(path: fixture.folder.appending("keylink.sqlite").string)
            try await queue.writeWithoutTransaction { try $0.execute(sql: "UPDATE secrets SET leases = x'01' WHERE row = 1") }
            try queue.close()
        default:
            let file = fixture.folder.appending("envelopes").appending(try #require(try fixture.envelopeFiles.first)).string
            try FileManager.default.removeItem(atPath: file)
            if damage == "short file" { try Data(sample.envelope.dropLast()).write(to: URL(fileURLWithPath: file)) }
            // A folder can be opened by nobody as a file, not even by root.
            if damage == "unreadable file" {
                try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
            }
        }
        let log = Lines()
        let logger = Logger(label: "test") { _ in log }
        let store = try SQLiteStore(folder: fixture.folder, clock: fixture.clock, logger: logger)
        for _ in 0..<3 {
            await #expect(throws: Refusal.storageUnavailable) { try await store.open(.take, sample.claim(id)) {} }
        }
        // printf 1 | b2sum -l 128 | cut -c 1-16
        let name = genericHash(Array("1".utf8), count: 16).prefix(8).map { String(format: "%02x", $0) }.joined()
        #expect(log.all.count { $0.contains("a secret is damaged") && $0.contains("secret=\(name)") } == 1)
        #expect(!log.all.contains { $0.contains(id.text) })

        #expect(try await store.open(.take, other.claim(otherID)) {}.whole() == other.envelope)
        _ = try await store.create(Sample(), ttl: 3600, views: 1)
        try await store.check()
        // Its time comes, and keeps the sweeper from nobody else.
        fixture.clock.advance(seconds: 3600)
        try await sweep(store)
        fixture.clock.advance(seconds: 3600)
        try await sweep(store)
        #expect(try fixture.leftovers(of: other.envelope) == [])
        await store.close()
    }

    /// A database that was deleted, or moved away with its folder, takes in nothing: it would be gone with the process.
    @Test(arguments: ["", "/keylink.sqlite", "/keylink.sqlite-wal"])
    func awayAndBack(_ what: String) async throws {
        let fixture = try StoreFixture()
        let sample = Sample()
        let id = try await fixture.create(sample)
        let (place, away) = (fixture.folder.string + what, fixture.folder.string + ".away")
        try FileManager.default.moveItem(atPath: place, toPath: away)
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.create(Sample()) }
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.read(.take, sample.claim(id)) }
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.store.check() }
        try FileManager.default.moveItem(atPath: away, toPath: place)
        try await fixture.store.check()
        try await fixture.create(Sample())
        #expect(try await fixture.read(.take, sample.claim(id)) == sample.envelope)
    }

    /// Where the folder of large envelopes is missing, the store is not ready, and says so.
    @Test func theFolderOfEnvelopesAwayAndBack() async throws {
        let fixture = try StoreFixture()
        let place = fixture.folder.appending("envelopes").string
        try FileManager.default.moveItem(atPath: place, toPath: place + ".away")
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.store.check() }
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.create(Sample(size: 70_000)) }
        try await fixture.create(Sample())
        try FileManager.default.moveItem(atPath: place + ".away", toPath: place)
        try await fixture.store.check()
        try await fixture.create(Sample(size: 70_000))
    }

    /// A lasting fault is said once, then how often, and that it is over.
    @Test func theLogIsNotFlooded() async throws {
        let fixture = try StoreFixture()
        await fixture.stop()
        let log = Lines()
        let store = try SQLiteStore(
            folder: fixture.folder, clock: fixture.clock, logger: Logger(label: "test") { _ in log })
        let (place, away) = (fixture.folder.string, fixture.folder.string + ".away")
        try FileManager.default.moveItem(atPath: place, toPath: away)
        for _ in 0..<100 { await #expect(throws: Refusal.storageUnavailable) { try await store.check() } }
        #expect(log.all.count == 1)
        fixture.clock.advance(seconds: 600)
        await #expect(throws: Refusal.storageUnavailable) { try await store.check() }
        #expect(log.all.last?.contains("leftOut=99") == true)
        try FileManager.default.moveItem(atPath: away, toPath: place)
        for _ in 0..<3 { try await store.check() }
        #expect(log.all.count == 3)
        #expect(log.all.last?.contains("the storage works again") == true)
        await store.close()
    }

    private func sweep(_ store: SQLiteStore) async throws {
        // What is damaged may be refused, and is put off; the rest is done the next time.
        for _ in 0..<10 {
            do throws(Refusal) { while try await store.sweep() {} } catch { #expect(error == .storageUnavailable) }
        }
    }
}

/// Keeps the lines of a log.
private final class Lines: LogHandler {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    func log(event: LogEvent) {
        let values = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        lines.withLock { $0.append("\(event.message) \(values)") }
    }
}
