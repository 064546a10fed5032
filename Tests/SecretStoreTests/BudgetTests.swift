import Foundation
import KeylinkAPI
import NIOCore
import SecretStore
import Sodium
import SystemPackage
import Testing

/// How much a store holds, and what it does when that is as much as it may.
@Suite struct BudgetTests {
    @Test(arguments: StoreKind.allCases)
    func whatIsHeldIsCounted(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        #expect(try await fixture.store.holdings() == Holdings(secrets: 0, bytes: 0))
        let samples = [97, 65_536, 200_000].map { Sample(size: $0) }
        var ids: [SecretID] = []
        for sample in samples { ids.append(try await fixture.create(sample)) }
        #expect(try await fixture.store.holdings() == Holdings(secrets: 3, bytes: 265_633))
        try await fixture.restart()
        #expect(try await fixture.store.holdings() == Holdings(secrets: 3, bytes: 265_633))

        let claim = samples[0].claim(ids[0])
        _ = try await fixture.read(.take, claim)
        #expect(try await fixture.store.holdings().secrets == 3)
        try await fixture.store.acknowledge(claim)
        try await fixture.store.acknowledge(claim)
        #expect(try await fixture.store.holdings() == Holdings(secrets: 2, bytes: 265_536))
        try await fixture.store.revoke(ids[1], receipt: verifier(of: samples[1].receipt))
        #expect(try await fixture.store.holdings() == Holdings(secrets: 1, bytes: 200_000))
        fixture.clock.advance(seconds: 3600)
        try await fixture.sweep()
        #expect(try await fixture.store.holdings() == Holdings(secrets: 0, bytes: 0))
        fixture.clock.advance(seconds: 8 * 86_400)
        try await fixture.sweep()
        try await fixture.restart()
        #expect(try await fixture.store.holdings() == Holdings(secrets: 0, bytes: 0))
    }

    @Test(arguments: StoreKind.allCases)
    func roomIsReservedBeforeTheOctetsCome(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind, maxBytes: 200_000)
        let first = try await fixture.store.upload(size: 150_000)
        await #expect(throws: Refusal.storageFull) { try await fixture.store.upload(size: 50_001) }
        var second: (any Upload)? = try await fixture.store.upload(size: 50_000)
        await #expect(throws: Refusal.storageFull) { try await second?.append(ByteBuffer(repeating: 1, count: 50_001)) }
        await second?.abandon()
        second = nil
        let sample = Sample(size: 50_000)
        let id = try await fixture.create(sample)
        await #expect(throws: Refusal.storageFull) { try await fixture.store.upload(size: 1) }
        await first.abandon()
        #expect(try fixture.envelopeFiles == [])

        // A full store gives out what it holds, and then takes in again.
        let claim = sample.claim(id)
        #expect(try await fixture.read(.take, claim) == sample.envelope)
        try await fixture.store.acknowledge(claim)
        #expect(try await fixture.store.holdings().bytes == 0)
    }

    @Test(arguments: StoreKind.allCases)
    func octetsOfUnknownNumberAreCountedAsTheyCome(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind, maxBytes: 3 << 20)
        let upload = try await fixture.store.upload(size: nil)
        for _ in 0..<3 { try await upload.append(ByteBuffer(repeating: 1, count: 1 << 20)) }
        await #expect(throws: Refusal.storageFull) { try await upload.append(ByteBuffer(repeating: 1, count: 1)) }
        await upload.abandon()
        #expect(try fixture.envelopeFiles == [])
    }

    @Test(arguments: StoreKind.allCases)
    func anEarlierCreationIsNotCountedTwice(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind, maxBytes: 2000)
        let sample = Sample(size: 1000)
        let id = try await fixture.create(sample)
        #expect(try await fixture.create(sample) == id)
        #expect(try await fixture.store.holdings() == Holdings(secrets: 1, bytes: 1000))
        try await fixture.create(Sample(size: 1000))
        await #expect(throws: Refusal.storageFull) { try await fixture.store.upload(size: 97) }
    }

    /// What is to come needs its place on the disk as well, and not only what has come.
    @Test(arguments: StoreKind.allCases)
    func theDiskIsReservedToo(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let system = try FileManager.default.attributesOfFileSystem(forPath: fixture.folder.string)
        let free = try #require(system[.systemFreeSize] as? NSNumber).int64Value
        let first = try await fixture.store.upload(size: free / 10 * 6)
        await #expect(throws: Refusal.storageFull) { try await fixture.store.upload(size: free / 10 * 6) }
        let sample = Sample()
        let claim = sample.claim(try await fixture.create(sample))
        #expect(try await fixture.read(.take, claim) == sample.envelope)
        await first.abandon()
    }
}
