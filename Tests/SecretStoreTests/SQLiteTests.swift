import Foundation
import GRDB
import KeylinkAPI
import NIOCore
import SecretStore
import Sodium
import SystemPackage
import Testing

/// What is particular to the store in a folder: what lies in it, and who may open it.
@Suite struct SQLiteTests {
    enum Ending: CaseIterable {
        case acknowledged, lapsed, expired, revoked, lapsedUnseen
    }

    /// Every way a secret ends, small and large: nothing of it is left anywhere under the data folder.
    @Test(arguments: Ending.allCases, [97, 5000, 65_536, 65_537, 300_000])
    func nothingIsLeft(_ ending: Ending, _ size: Int) async throws {
        let fixture = try StoreFixture()
        let sample = Sample(size: size)
        let bystander = Sample(size: size)
        let id = try await fixture.create(sample)
        let bystanderID = try await fixture.create(bystander)
        #expect(try fixture.leftovers(of: sample.envelope) != [])
        let claim = sample.claim(id)
        switch ending {
        case .acknowledged:
            _ = try await fixture.read(.take, claim)
            try await fixture.store.acknowledge(claim)
        case .lapsed:
            _ = try await fixture.read(.take, claim)
            fixture.clock.advance(seconds: 300)
            try await fixture.sweep()
        case .expired:
            fixture.clock.advance(seconds: 1800)
            _ = try await fixture.read(.take, bystander.claim(bystanderID))
            fixture.clock.advance(seconds: 1800)
            try await fixture.sweep()
        case .revoked:
            try await fixture.store.revoke(id, receipt: verifier(of: sample.receipt))
        case .lapsedUnseen:
            // No sweeper: the stranger who asks is told that it is gone, so it must be.
            _ = try await fixture.read(.take, claim)
            fixture.clock.advance(seconds: 300)
            await #expect(throws: Refusal.self) { try await fixture.store.look(id, link: verifier(of: sample.link)) }
        }
        #expect(try fixture.leftovers(of: sample.envelope) == [])
        if ending == .acknowledged {
            #expect(try await fixture.read(.take, bystander.claim(bystanderID)) == bystander.envelope)
        }
        try await fixture.restart()
        #expect(try fixture.leftovers(of: sample.envelope) == [])
    }

    @Test func theParametersGoToo() async throws {
        let fixture = try StoreFixture()
        let sample = Sample()
        let id = try await fixture.create(sample)
        let start = Data(sample.envelope[..<48])
        #expect(try holds(fixture, start))
        try await fixture.store.revoke(id, receipt: verifier(of: sample.receipt))
        #expect(try !holds(fixture, start))
        #expect(try !holds(fixture, Data(sample.verifiers.access)))
        #expect(try holds(fixture, Data(sample.verifiers.link)))
    }

    /// No token, and no claim's key, ever reaches the disk.
    @Test func tokensAndKeysAreNotKept() async throws {
        let fixture = try StoreFixture()
        let sample = Sample()
        let id = try await fixture.create(sample)
        let claim = sample.claim(id)
        _ = try await fixture.read(.take, claim)
        for secret in [sample.link, sample.access, sample.receipt, Array(claim.key.text.utf8), Array(id.text.utf8)] {
            #expect(try !holds(fixture, Data(secret)))
        }
    }

    @Test func aCrashInTheMiddleOfAnUploadIsTidiedUp() async throws {
        let fixture = try StoreFixture()
        let sample = Sample(size: 100_000)
        let id = try await fixture.create(sample)
        // As a crash leaves them: one while it arrived, one renamed whose row was never committed.
        let lost = Data(EnvelopeRules.magic + Random.bytes(1000))
        for name in ["0123456789abcdef.part", "fedcba9876543210"] {
            try lost.write(to: URL(fileURLWithPath: fixture.folder.appending("envelopes").appending(name).string))
        }
        try await fixture.restart()
        #expect(try fixture.envelopeFiles.count == 1)
        #expect(try await fixture.read(.take, sample.claim(id)) == sample.envelope)
    }

    /// The row says that it is over, the file is still there: killed between the two.
    @Test func aCrashBeforeTheFileIsErasedIsTidiedUp() async throws {
        let fixture = try StoreFixture()
        let sample = Sample(size: 100_000)
        let id = try await fixture.create(sample)
        let name = try #require(try fixture.envelopeFiles.first)
        let path = fixture.folder.appending("envelopes").appending(name).string
        let octets = try #require(FileManager.default.contents(atPath: path))
        try await fixture.store.revoke(id, receipt: verifier(of: sample.receipt))
        await fixture.store.close()
        try octets.write(to: URL(fileURLWithPath: path))
        try await rewrite(fixture, "UPDATE secrets SET file = '\(name)', due = 0")
        try await fixture.restart()
        #expect(try fixture.leftovers(of: sample.envelope) == [name].map { "envelopes/\($0)" })
        try await fixture.sweep()
        #expect(try fixture.leftovers(of: sample.envelope) == [])
        #expect(try fixture.envelopeFiles == [])
    }

    @Test func aSecondProcessIsRefused() throws {
        let fixture = try StoreFixture()
        #expect {
            try StoreFixture.open(fixture.folder, fixture.clock)
        } throws: { "\($0)".contains("another keylink-server uses the data directory") }
    }

    @Test func aNewerDatabaseIsRefusedUntouched() async throws {
        let fixture = try StoreFixture()
        try await fixture.create(Sample())
        await fixture.store.close()
        try await rewrite(fixture, "PRAGMA user_version = 999")
        let path = fixture.folder.appending("keylink.sqlite").string
        let before = FileManager.default.contents(atPath: path)
        let files = try FileManager.default.subpathsOfDirectory(atPath: fixture.folder.string).sorted()
        await #expect {
            try await fixture.restart()
        } throws: { "\($0)".contains("version 999") }
        #expect(FileManager.default.contents(atPath: path) == before)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: fixture.folder.string).sorted() == files)
    }

    @Test func foldersAndDatabasesThatAreNone() async throws {
        let fixture = try StoreFixture()
        let file = fixture.folder.appending("a-file")
        try Data(
            "not a database, but longer than the hundred octets of the head that every database of SQLite has to begin with".utf8
        )
        .write(to: URL(fileURLWithPath: file.string))
        for folder in [file, file.appending("below")] {
            #expect {
                try StoreFixture.open(folder, fixture.clock)
            } throws: { "\($0)".contains("cannot be used: Not a directory") }
        }
        let other = fixture.folder.appending("a/new/folder")
        _ = try StoreFixture.open(other, fixture.clock)
        let broken = fixture.folder.appending("broken")
        try FileManager.default.createDirectory(atPath: broken.string, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: file.string, toPath: broken.appending("keylink.sqlite").string)
        #expect {
            try StoreFixture.open(broken, fixture.clock)
        } throws: { "\($0)".contains("file is not a database") }
    }

    @Test func everythingIsItsOwnersAlone() async throws {
        let fixture = try StoreFixture()
        try await fixture.create(Sample(size: 100_000))
        let mode = try FileManager.default.attributesOfItem(atPath: fixture.folder.string)[.posixPermissions] as? Int
        #expect(mode == 0o700)
        for name in try fixture.envelopeFiles {
            let path = fixture.folder.appending("envelopes").appending(name).string
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        }
    }

    /// That secret answers that the storage fails and loses no view; the rest goes on.
    @Test func aDamagedSecretHarmsNoOther() async throws {
        let fixture = try StoreFixture()
        let (small, large, whole) = (Sample(size: 1000), Sample(size: 100_000), Sample())
        let smallID = try await fixture.create(small)
        let largeID = try await fixture.create(large)
        await fixture.store.close()
        try await rewrite(fixture, "UPDATE envelopes SET octets = x'00'")
        try FileManager.default.removeItem(
            atPath: fixture.folder.appending("envelopes").appending(try #require(try fixture.envelopeFiles.first)).string)
        try await fixture.restart()
        let wholeID = try await fixture.create(whole)
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.read(.take, small.claim(smallID)) }
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.read(.take, large.claim(largeID)) }
        #expect(try await fixture.store.receipt(smallID, receipt: verifier(of: small.receipt)).viewsLeft == 1)
        #expect(try await fixture.store.receipt(largeID, receipt: verifier(of: large.receipt)).viewsLeft == 1)
        #expect(try await fixture.read(.take, whole.claim(wholeID)) == whole.envelope)
    }

    /// What cannot be erased keeps nothing else from being erased, and nobody busy.
    @Test func oneFileThatStaysDoesNotKeepTheOthers() async throws {
        let fixture = try StoreFixture()
        try await fixture.create(Sample(size: 100_000), ttl: 58)
        let name = try #require(try fixture.envelopeFiles.first)
        for _ in 0..<2 { try await fixture.create(Sample(size: 100_000), ttl: 60) }
        let path = fixture.folder.appending("envelopes").appending(name).string
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path + "/stays", withIntermediateDirectories: true)
        fixture.clock.advance(seconds: 60)
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.store.sweep() }
        #expect(try fixture.envelopeFiles == [name])
        // Put off; then it works.
        #expect(try await fixture.store.sweep() == false)
        try FileManager.default.removeItem(atPath: path)
        fixture.clock.advance(seconds: 60)
        try await fixture.sweep()
        await fixture.store.close()
        #expect(try await count(fixture, "SELECT count(*) FROM secrets WHERE file IS NOT NULL") == 0)
    }

    /// A wrong proof is compared before anything else of the row is read: of what it holds nothing shows, neither in the answer
    /// nor in the time it takes.
    @Test func aWrongProofSeesNothingOfTheRow() async throws {
        let fixture = try StoreFixture()
        let sample = Sample()
        let id = try await fixture.create(sample)
        await fixture.store.close()
        try await rewrite(fixture, "UPDATE secrets SET events = x'ff', leases = x'ff'")
        try await fixture.restart()
        let wrong = verifier(of: Random.bytes(32))
        await #expect(throws: Refusal.notFound) { try await fixture.store.look(id, link: wrong) }
        await #expect(throws: Refusal.notFound) { try await fixture.store.receipt(id, receipt: wrong) }
        await #expect(throws: Refusal.notFound) { try await fixture.store.peek(sample.claim(id, link: Random.bytes(32))) }
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.store.look(id, link: verifier(of: sample.link)) }
    }

    @Test func aRowThatMakesNoSenseDoesNotStopTheSweeper() async throws {
        let fixture = try StoreFixture()
        let (bad, good) = (Sample(), Sample())
        let badID = try await fixture.create(bad, ttl: 60)
        try await fixture.create(good, ttl: 120)
        await fixture.store.close()
        try await rewrite(fixture, "UPDATE secrets SET events = x'ff' WHERE row = 1")
        try await fixture.restart(afterSeconds: 200)
        try await fixture.sweep()
        #expect(try fixture.leftovers(of: good.envelope) == [])
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.store.look(badID, link: verifier(of: bad.link)) }
    }

    /// Of a row that is used again after its tombstone, the old ID still says nothing.
    @Test func idsLookRandomAndAreNeverUsedAgain() async throws {
        let fixture = try StoreFixture()
        var ids: Set<String> = []
        for _ in 0..<50 { ids.insert(try await fixture.create(Sample()).text) }
        #expect(ids.count == 50)
        let halves = Set(ids.compactMap { Base64URL.decode($0).map { Array($0[8...]) } })
        #expect(halves.count == 50)
        fixture.clock.advance(seconds: 8 * 86_400)
        try await fixture.sweep()
        fixture.clock.advance(seconds: 8 * 86_400)
        try await fixture.sweep()
        let again = try await fixture.create(Sample())
        #expect(!ids.contains(again.text))
    }

    private func holds(_ fixture: StoreFixture, _ octets: Data) throws -> Bool {
        try FileManager.default.subpathsOfDirectory(atPath: fixture.folder.string).contains { name in
            FileManager.default.contents(atPath: fixture.folder.appending(name).string)?.range(of: octets) != nil
        }
    }

    private func count(_ fixture: StoreFixture, _ sql: String) async throws -> Int? {
        let queue = try DatabaseQueue(path: fixture.folder.appending("keylink.sqlite").string)
        return try await queue.read { try Int.fetchOne($0, sql: sql) }
    }

    /// Changes the database behind the closed store's back.
    private func rewrite(_ fixture: StoreFixture, _ sql: String) async throws {
        let queue = try DatabaseQueue(path: fixture.folder.appending("keylink.sqlite").string)
        try await queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// What counts of a secret begins on an overflow page, whatever its size: those are never moved, and zeroed when freed.
    @Test func whatCountsStandsOnOverflowPages() async throws {
        let fixture = try StoreFixture()
        let sizes = [97, 98, 2000] + (4010...4022) + [8100, 8108, 8109, 8110, 8111, 30_000, 65_535, 65_536, 65_537]
        let samples = sizes.map { Sample(size: $0) }
        for sample in samples { try await fixture.create(sample) }
        await fixture.stop()
        let database = try #require(FileManager.default.contents(atPath: fixture.folder.appending("keylink.sqlite").string))
        for sample in samples {
            let start = try #require(database.range(of: Data(sample.envelope[..<48])))
            // After the number of the next page, and what is left of the zeros, the hash and the access verifier.
            #expect([79, 80].contains(start.lowerBound % 4096), "\(sample.envelope.count)")
            let access = try #require(database.range(of: Data(sample.verifiers.access)))
            #expect(access.upperBound == start.lowerBound)
        }
    }

    /// SQLite moves rows about when those around them go; what it moved must not stay behind either. Burned in another order
    /// than made, so that pages are merged all the time.
    @Test func whatWasMovedLeavesNothing() async throws {
        let fixture = try StoreFixture()
        var alive: [(Sample, SecretID)] = []
        var gone: [Sample] = []
        for size in [97, 300, 700, 1200, 2000, 4033, 4034, 5000] {
            for _ in 0..<150 {
                let sample = Sample(size: size)
                alive.append((sample, try await fixture.create(sample)))
            }
        }
        alive.shuffle()
        while let (sample, id) = alive.popLast() {
            try await fixture.store.revoke(id, receipt: verifier(of: sample.receipt))
            gone.append(sample)
        }
        // One look for all: pieces of each, wherever they begin.
        let pieces = Set(gone.flatMap { sample in [8, 60].map { Array(sample.envelope[$0..<($0 + 16)]) } })
        for name in try FileManager.default.subpathsOfDirectory(atPath: fixture.folder.string) {
            guard let data = FileManager.default.contents(atPath: fixture.folder.appending(name).string) else { continue }
            let octets = Array(data)
            let left = octets.indices.dropLast(16).count { octets[$0] != 0 && pieces.contains(Array(octets[$0..<($0 + 16)])) }
            #expect(left == 0, "\(name)")
        }
    }
}
