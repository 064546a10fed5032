import KeylinkAPI
import NIOCore
import SecretStore
import Sodium
import Testing

/// What every store must do, whatever it keeps octets in.
@Suite struct ConformanceTests {
    /// Sizes around every boundary: the smallest envelope, the step from database to file, several pieces.
    static let sizes = [97, 98, 10_000, 65_535, 65_536, 65_537, 200_000]

    @Test(arguments: StoreKind.allCases, sizes)
    func whatGoesInComesOut(_ kind: StoreKind, _ size: Int) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: size)
        let id = try await fixture.create(sample)
        let look = try await fixture.store.look(id, link: verifier(of: sample.link))
        #expect(look.size == Int64(size))
        #expect(look.parameters == Base64URL.encode(Array(sample.envelope[..<48])))
        #expect(look.expiresAt == fixture.clock.now().adding(seconds: 3600))
        #expect(look.viewsLeft == 1)
        let claim = sample.claim(id)
        #expect(try await fixture.read(.take, claim) == sample.envelope)
        #expect(try await fixture.read(.resume, claim, from: 50) == Array(sample.envelope[50...]))
        #expect(try await fixture.store.peek(claim) == Int64(size))
        try await fixture.store.acknowledge(claim)
        await #expect(throws: Refusal.leaseEnded(.opened)) { try await fixture.read(.resume, claim) }
        try await fixture.store.acknowledge(claim)
    }

    @Test(arguments: StoreKind.allCases)
    func piecesOfOneOctet(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: 300)
        let id = try await fixture.create(sample, pieces: 1)
        #expect(try await fixture.store.look(id, link: verifier(of: sample.link)).parameters.utf8.count == 64)
        #expect(try await fixture.read(.take, sample.claim(id)) == sample.envelope)
    }

    @Test(arguments: StoreKind.allCases)
    func nothingForTheIDAlone(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample()
        let id = try await fixture.create(sample)
        let wrong = Random.bytes(32)
        let never = try #require(SecretID(Base64URL.encode(Random.bytes(16))))
        for id in [id, never] {
            await #expect(throws: Refusal.notFound) { try await fixture.store.look(id, link: wrong) }
            await #expect(throws: Refusal.notFound) { try await fixture.read(.take, sample.claim(id, link: wrong)) }
            await #expect(throws: Refusal.notFound) { try await fixture.store.peek(sample.claim(id, link: wrong)) }
            await #expect(throws: Refusal.notFound) { try await fixture.store.acknowledge(sample.claim(id, link: wrong)) }
            await #expect(throws: Refusal.notFound) { try await fixture.store.receipt(id, receipt: wrong) }
            await #expect(throws: Refusal.notFound) { try await fixture.store.revoke(id, receipt: wrong) }
            // The link is no receipt, and the receipt no link.
            await #expect(throws: Refusal.notFound) { try await fixture.store.revoke(id, receipt: verifier(of: sample.link)) }
            await #expect(throws: Refusal.notFound) { try await fixture.store.look(id, link: verifier(of: sample.receipt)) }
        }
        let receipt = try await fixture.store.receipt(id, receipt: verifier(of: sample.receipt))
        #expect(receipt.events.map(\.what) == [.created])
        #expect(receipt.failedClaims == 0)
    }

    @Test(arguments: StoreKind.allCases, [1, 3])
    func ofManyAtOnceAsManyAsThereAreViews(_ kind: StoreKind, _ views: Int) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: 70_000)
        let id = try await fixture.create(sample, views: views)
        let store = fixture.store
        let served = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                let claim = sample.claim(id)
                group.addTask {
                    do { return try await store.open(.take, claim) {}.read(at: 0, upTo: 10).readableBytes == 10 } catch {
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(served == views)
        #expect(try await store.receipt(id, receipt: verifier(of: sample.receipt)).viewsLeft == 0)
    }

    @Test(arguments: StoreKind.allCases)
    func guessesInParallelGainNothing(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample()
        let id = try await fixture.create(sample)
        let store = fixture.store
        let refusals = await withTaskGroup(of: Refusal?.self) { group in
            for _ in 0..<50 {
                let claim = sample.claim(id, access: Random.bytes(32))
                group.addTask {
                    do throws(Refusal) {
                        _ = try await store.open(.take, claim) {}
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(refusals.count { $0 == .wrongKey } == 10)
        #expect(refusals.count { $0 == .tooManyAttempts(retryAfterMilliseconds: 1000) } == 40)
        #expect(try await store.receipt(id, receipt: verifier(of: sample.receipt)).failedClaims == 10)
        fixture.clock.advance(seconds: 1)
        #expect(try await fixture.read(.take, sample.claim(id)) == sample.envelope)
    }

    @Test(arguments: StoreKind.allCases)
    func aKeyBelongsToOneSecret(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let (one, other) = (Sample(), Sample())
        let (oneID, otherID) = (try await fixture.create(one), try await fixture.create(other))
        let key = newKey()
        _ = try await fixture.read(.take, one.claim(oneID, key: key))
        await #expect(throws: Refusal.noLease) { try await fixture.read(.resume, other.claim(otherID, key: key)) }
    }

    @Test(arguments: StoreKind.allCases)
    func aNewerAnswerCutsTheOlder(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: 200_000)
        let id = try await fixture.create(sample, views: 2)
        let claim = sample.claim(id)
        let cuts = Counter()
        let first = try await fixture.store.open(.take, claim) { cuts.add() }
        let stranger = try await fixture.store.open(.take, sample.claim(id)) { Issue.record("another claim was cut") }
        #expect(cuts.value == 0)
        let second = try await fixture.store.open(.resume, claim) { Issue.record("the newest was cut") }
        #expect(cuts.value == 1)
        await #expect(throws: Refusal.self) { try await first.read(at: 0, upTo: 10) }
        #expect(try await second.read(at: 0, upTo: 10).readableBytes == 10)
        #expect(try await stranger.read(at: 0, upTo: 10).readableBytes == 10)
    }

    /// Its taker may come again over the same connection, before the old answer is let go.
    @Test(arguments: StoreKind.allCases, [1000, 200_000])
    func anAnswerThatIsOutIsNotCut(_ kind: StoreKind, _ size: Int) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: size)
        let id = try await fixture.create(sample)
        let claim = sample.claim(id)
        let first = try await fixture.store.open(.take, claim) { Issue.record("what is out was cut") }
        _ = try await first.read(at: Int64(size) - 10, upTo: 10)
        first.finish()
        #expect(try await fixture.read(.resume, claim) == sample.envelope)
        try await fixture.store.acknowledge(claim)
        withExtendedLifetime(first) {}
    }

    @Test(arguments: StoreKind.allCases, [1000, 200_000])
    func revokingCutsAndDestroys(_ kind: StoreKind, _ size: Int) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: size)
        let id = try await fixture.create(sample)
        let claim = sample.claim(id)
        let cuts = Counter()
        let delivery = try await fixture.store.open(.take, claim) { cuts.add() }
        _ = try await delivery.read(at: 0, upTo: 100)
        try await fixture.store.revoke(id, receipt: verifier(of: sample.receipt))
        #expect(cuts.value == 1)
        #expect(try fixture.leftovers(of: sample.envelope) == [])
        await #expect(throws: Refusal.self) { try await delivery.read(at: 100, upTo: 100) }
        await #expect(throws: Refusal.leaseEnded(.revoked)) { try await delivery.renew() }
        await #expect(throws: Refusal.leaseEnded(.revoked)) { try await fixture.read(.take, claim) }
        try await fixture.store.revoke(id, receipt: verifier(of: sample.receipt))
        let at = fixture.clock.now()
        await #expect(throws: Refusal.gone(.revoked, at: at)) {
            try await fixture.store.look(id, link: verifier(of: sample.link))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anAnswerKeepsItsLeaseAlive(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: 200_000)
        let id = try await fixture.create(sample)
        let delivery = try await fixture.store.open(.take, sample.claim(id)) { Issue.record("a living answer was cut") }
        for _ in 0..<5 {
            fixture.clock.advance(seconds: 250)
            try await delivery.renew()
            try await fixture.sweep()
        }
        #expect(try await delivery.read(at: 0, upTo: 10).readableBytes == 10)
        _ = delivery.size
    }

    @Test(arguments: StoreKind.allCases)
    func aTombstoneRemembersAndIsForgotten(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample()
        let id = try await fixture.create(sample)
        let claim = sample.claim(id)
        _ = try await fixture.read(.take, claim)
        try await fixture.store.acknowledge(claim)
        let at = fixture.clock.now()
        fixture.clock.advance(seconds: 7 * 86_400 - 1)
        try await fixture.sweep()
        await #expect(throws: Refusal.gone(.opened, at: at)) { try await fixture.store.look(id, link: verifier(of: sample.link)) }
        #expect(try await fixture.store.receipt(id, receipt: verifier(of: sample.receipt)).endedAt == at)
        fixture.clock.advance(seconds: 1)
        await #expect(throws: Refusal.notFound) { try await fixture.store.look(id, link: verifier(of: sample.link)) }
        await #expect(throws: Refusal.notFound) { try await fixture.store.receipt(id, receipt: verifier(of: sample.receipt)) }
    }

    @Test(arguments: StoreKind.allCases)
    func theClockThatWasSetTakesNoLease(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample()
        let id = try await fixture.create(sample, ttl: 30 * 86_400)
        let claim = sample.claim(id)
        _ = try await fixture.read(.take, claim)
        for seconds in [86_400, -2 * 86_400, 61] as [Int64] {
            fixture.clock.jump(seconds: seconds)
            try await fixture.sweep()
            #expect(try await fixture.store.peek(claim) == 1000)
            fixture.clock.advance(seconds: 299)
            #expect(try await fixture.store.peek(claim) == 1000)
            #expect(try await fixture.read(.resume, claim) == sample.envelope)
        }
        fixture.clock.advance(seconds: 300)
        await #expect(throws: Refusal.leaseEnded(.opened)) { try await fixture.read(.resume, claim) }
    }

    @Test(arguments: StoreKind.allCases)
    func aRestartGivesLeasesTheirTimeAgain(_ kind: StoreKind) async throws {
        let fixture = try StoreFixture(kind)
        let sample = Sample(size: 100_000)
        let id = try await fixture.create(sample)
        let claim = sample.claim(id)
        _ = try await fixture.read(.take, claim)
        try await fixture.restart(afterSeconds: 1000)
        fixture.clock.advance(seconds: 299)
        #expect(try await fixture.read(.resume, claim, from: 99_000) == Array(sample.envelope[99_000...]))
        // In all, an hour.
        try await fixture.restart(afterSeconds: 3600)
        await #expect(throws: Refusal.leaseEnded(.opened)) { try await fixture.read(.resume, claim) }
        #expect(try fixture.leftovers(of: sample.envelope) == [])
    }
}
