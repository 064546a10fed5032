import Foundation
import KeylinkAPI
import NIOCore
import SecretStore
import Sodium
import SystemPackage
import Testing

/// Creating, once and twice.
@Suite struct CreationTests {
    @Test(arguments: StoreKind.allCases)
    func theSameVerifiersMakeNoDuplicate(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: 100_000)
        #expect(try await fixture.store.existing(sample.verifiers) == nil)
        let id = try await fixture.create(sample, ttl: 100, views: 2)
        fixture.clock.advance(seconds: 10)
        let expected = Created(id: id.text, expiresAt: fixture.clock.now().adding(seconds: 90), views: 2)
        #expect(try await fixture.store.existing(sample.verifiers) == expected)
        // A second upload that was under way meanwhile: whatever its octets, ttl and views.
        let upload = try await fixture.store.upload(size: nil)
        try await upload.append(ByteBuffer(bytes: Sample(size: 100_000).envelope))
        #expect(try await upload.commit(NewSecret(verifiers: sample.verifiers, ttl: 5000, views: 1)) == expected)
        #expect(try fixture.envelopeFiles.count == 1)
        #expect(try await fixture.read(.take, sample.claim(id)) == sample.envelope)
    }

    /// Stored together or not at all: any part of another secret's verifiers is a conflict.
    @Test(arguments: StoreKind.allCases, 1..<7)
    func someOfThemAreAConflict(_ kind: StoreKind, _ shared: Int) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample()
        try await fixture.create(sample)
        let fresh = Sample().verifiers
        let mixed = try #require(
            Verifiers(
                link: shared & 1 == 0 ? fresh.link : sample.verifiers.link,
                access: shared & 2 == 0 ? fresh.access : sample.verifiers.access,
                receipt: shared & 4 == 0 ? fresh.receipt : sample.verifiers.receipt))
        await #expect(throws: Refusal.conflict) { try await fixture.store.existing(mixed) }
        let upload = try await fixture.store.upload(size: nil)
        try await upload.append(ByteBuffer(bytes: Sample().envelope))
        await #expect(throws: Refusal.conflict) { try await upload.commit(NewSecret(verifiers: mixed, ttl: 100, views: 1)) }
    }

    @Test(arguments: StoreKind.allCases)
    func verifiersOfTwoSecretsAreAConflict(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let (one, other) = (Sample(), Sample())
        try await fixture.create(one)
        try await fixture.create(other)
        let mixed = try #require(
            Verifiers(link: one.verifiers.link, access: one.verifiers.access, receipt: other.verifiers.receipt))
        await #expect(throws: Refusal.conflict) { try await fixture.store.existing(mixed) }
    }

    @Test(arguments: StoreKind.allCases)
    func aVerifierStandsForOneThing(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample()
        try await fixture.create(sample)
        let turned = try #require(
            Verifiers(link: sample.verifiers.access, access: sample.verifiers.receipt, receipt: sample.verifiers.link))
        await #expect(throws: Refusal.conflict) { try await fixture.store.existing(turned) }
    }

    @Test(arguments: StoreKind.allCases)
    func aTombstoneAnswersForItsVerifiers(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample()
        let id = try await fixture.create(sample)
        let claim = sample.claim(id)
        _ = try await fixture.read(.take, claim)
        #expect(try await fixture.store.existing(sample.verifiers)?.id == id.text)
        try await fixture.store.acknowledge(claim)
        let at = fixture.clock.now()
        await #expect(throws: Refusal.gone(.opened, at: at)) { try await fixture.store.existing(sample.verifiers) }
        let partly = try #require(
            Verifiers(link: sample.verifiers.link, access: Random.bytes(32), receipt: Random.bytes(32)))
        await #expect(throws: Refusal.conflict) { try await fixture.store.existing(partly) }
        // The access verifier is forgotten with the octets.
        let access = try #require(
            Verifiers(link: Random.bytes(32), access: sample.verifiers.access, receipt: Random.bytes(32)))
        #expect(try await fixture.store.existing(access) == nil)
        fixture.clock.advance(seconds: 7 * 86_400)
        #expect(try await fixture.store.existing(sample.verifiers) == nil)
    }

    @Test(arguments: StoreKind.allCases)
    func ofUploadsAtOnceTheFirstToCommitWins(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: 100_000)
        let store = fixture.store
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let upload = try await store.upload(size: nil)
                    try await upload.append(ByteBuffer(bytes: sample.envelope))
                    return try await upload.commit(NewSecret(verifiers: sample.verifiers, ttl: 100, views: 1)).id
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(try fixture.envelopeFiles.count == 1)
    }

    @Test(arguments: StoreKind.allCases, [1000, 200_000])
    func anUploadBrokenOffLeavesNothing(_ kind: StoreKind, _ size: Int) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: size)
        let upload = try await fixture.store.upload(size: nil)
        try await upload.append(ByteBuffer(bytes: sample.envelope))
        await upload.abandon()
        #expect(try fixture.envelopeFiles == [])
        #expect(try fixture.leftovers(of: sample.envelope) == [])
        #expect(try await fixture.store.existing(sample.verifiers) == nil)
    }

    @Test func anUploadLetGoCleansUp() async throws {
        let fixture = try StoreFixture()
        let sample = Sample(size: 200_000)
        do {
            let upload = try await fixture.store.upload(size: nil)
            try await upload.append(ByteBuffer(bytes: sample.envelope))
            #expect(try fixture.envelopeFiles.count == 1)
        }
        #expect(try fixture.envelopeFiles == [])
    }

    @Test func verifiersAreThreeDifferentOnes() {
        let (a, b) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
        #expect(Verifiers(link: a, access: a, receipt: b) == nil)
        #expect(Verifiers(link: a, access: b, receipt: a) == nil)
        #expect(Verifiers(link: b, access: a, receipt: a) == nil)
        #expect(Verifiers(link: a, access: b, receipt: Array(a.dropLast())) == nil)
    }

    /// A store finds them by their first eight octets.
    @Test func verifiersThatBeginAlikeAreNone() {
        let beginning = Random.bytes(8)
        let (one, other) = (beginning + Random.bytes(24), beginning + Random.bytes(24))
        #expect(Verifiers(link: one, access: other, receipt: Random.bytes(32)) == nil)
        #expect(Verifiers(link: Random.bytes(32), access: one, receipt: other) == nil)
        #expect(Verifiers(link: one, access: Random.bytes(32), receipt: Random.bytes(32)) != nil)
    }

    /// Nobody is told that it is gone while its file is there, not even who creates it again.
    @Test(arguments: StoreKind.allCases)
    func whatCannotBeErasedIsNotGone(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: 100_000)
        let id = try await fixture.create(sample)
        let file = fixture.folder.appending("envelopes").appending(try #require(try fixture.envelopeFiles.first)).string
        // A folder cannot be erased as a file is, not even by root.
        try FileManager.default.moveItem(atPath: file, toPath: fixture.folder.string + ".away")
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
        await #expect(throws: Refusal.storageUnavailable) {
            try await fixture.store.revoke(id, receipt: verifier(of: sample.receipt))
        }
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.store.existing(sample.verifiers) }
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.moveItem(atPath: fixture.folder.string + ".away", toPath: file)
        try await fixture.store.revoke(id, receipt: verifier(of: sample.receipt))
        await #expect(throws: Refusal.gone(.revoked, at: fixture.clock.now())) {
            try await fixture.store.existing(sample.verifiers)
        }
        #expect(try fixture.envelopeFiles == [])
    }
}
