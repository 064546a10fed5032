import Foundation
import GRDB
import KeylinkAPI
import NIOCore
import SecretStore
import Sodium
import SystemPackage
import Testing

/// When time takes effect, whoever asks or not: at the moment that it is due, and each of many only then.
@Suite struct SweepTests {
    /// Whether its sender may still learn of it.
    private func isRemembered(_ sample: Sample, _ id: SecretID, _ fixture: StoreFixture) async throws -> Bool {
        do throws(Refusal) {
            _ = try await fixture.store.receipt(id, receipt: verifier(of: sample.receipt))
            return true
        } catch {
            #expect(error == .notFound)
            return false
        }
    }

    private func count(_ fixture: StoreFixture, _ condition: String) async throws -> Int {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: fixture.folder.appending("keylink.sqlite").string, configuration: configuration)
        return try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM secrets WHERE \(condition)") } ?? 0
    }

    /// A week after its end it is forgotten, to the second: whenever it would have expired (a minute to 30 days), swept every hour or
    /// only then.
    @Test(arguments: [60, 3600, 518_400, 604_800, 691_200, 2_592_000] as [Int64], [true, false])
    func forgottenAfterAWeek(_ ttl: Int64, _ isSweptBetween: Bool) async throws {
        let fixture = try StoreFixture()
        let sample = Sample()
        let id = try await fixture.create(sample, ttl: ttl)
        fixture.clock.advance(seconds: 30)
        let claim = sample.claim(id)
        _ = try await fixture.read(.take, claim)
        try await fixture.store.acknowledge(claim)
        for _ in 1..<(7 * 24) {
            fixture.clock.advance(seconds: 3600)
            if isSweptBetween { try await fixture.sweep() }
        }
        fixture.clock.advance(seconds: 3599)
        try await fixture.sweep()
        #expect(try await count(fixture, "TRUE") == 1)
        #expect(try await isRemembered(sample, id, fixture))
        fixture.clock.advance(seconds: 1)
        try await fixture.sweep()
        #expect(try await count(fixture, "TRUE") == 0)
        #expect(try await !isRemembered(sample, id, fixture))
    }

    /// More than one portion of secrets whose time to expire comes while they are being read, and again after their end: the
    /// sweeper looks at each once and then has nothing to do, however often it comes.
    @Test func nothingIsLookedAtOverAndOver() async throws {
        let fixture = try StoreFixture()
        var claims: [Claim] = []
        for _ in 0..<60 {
            let sample = Sample()
            let claim = sample.claim(try await fixture.create(sample, ttl: 60))
            _ = try await fixture.read(.take, claim)
            claims.append(claim)
        }
        fixture.clock.advance(seconds: 60)
        #expect(try await fixture.store.sweep(), "a first portion")
        #expect(try await !fixture.store.sweep(), "the rest")
        let now = fixture.clock.now().milliseconds
        #expect(try await count(fixture, "due <= \(now)") == 0)
        #expect(try await count(fixture, "lapses_at = due") == 60)
        for claim in claims.prefix(30) { try await fixture.store.acknowledge(claim) }
        fixture.clock.advance(seconds: 240)
        try await fixture.sweep()
        #expect(try await count(fixture, "ended_at IS NOT NULL") == 60)
        #expect(try await count(fixture, "lapses_at IS NOT NULL OR due <= \(fixture.clock.now().milliseconds)") == 0)
    }

    /// A lease that is renewed lapses when its last sign of life is old enough, although it was filed under an earlier time.
    @Test func renewedLeasesLapseInTheirTime() async throws {
        let fixture = try StoreFixture()
        let sample = Sample(size: 70_000)
        let claim = sample.claim(try await fixture.create(sample, ttl: 60))
        _ = try await fixture.read(.take, claim)
        for _ in 0..<4 {
            fixture.clock.advance(seconds: 200)
            try await fixture.sweep()
            _ = try await fixture.read(.resume, claim)
        }
        fixture.clock.advance(seconds: 299)
        try await fixture.sweep()
        #expect(try fixture.leftovers(of: sample.envelope) != [])
        fixture.clock.advance(seconds: 1)
        try await fixture.sweep()
        #expect(try fixture.leftovers(of: sample.envelope) == [])
    }
}
