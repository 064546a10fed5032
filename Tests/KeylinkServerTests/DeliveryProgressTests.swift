import Testing

@testable import KeylinkServer

/// Which octets taken keep a lease alive: 64 KiB in 30 s do, less do not.
@Suite struct DeliveryProgressTests {
    @Test func aSteadyReaderRenewsOnceAWindow() {
        var progress = DeliveryProgress(startedAt: 0)
        let renewed = (1...120).filter { progress.took(65_536, at: Int64($0) * 1000) }
        #expect(renewed == [30, 60, 90, 120])
    }

    /// Just enough: a piece every 30 s.
    @Test(arguments: [(30_000, true), (30_001, false), (29_999, false)] as [(Int64, Bool)])
    func theLeastRate(_ milliseconds: Int64, _ renews: Bool) {
        #expect(renewals([milliseconds]) == [renews])
    }

    @Test func aTrickleIsNoProgress() {
        #expect(!renewals(Array(stride(from: 1000, through: 600_000, by: 1000)), taking: 1000).contains(true))
    }

    @Test func aPauseIsForgivenOnceItIsOver() {
        #expect(renewals([200_000, 230_000]) == [false, true])
    }

    /// A little above the rate, as a kernel tells of it: two pieces a minute, and now and then three.
    @Test func portionsAreProgress() {
        var progress = DeliveryProgress(startedAt: 0)
        var renewed: [Int64] = []
        for minute in 1...60 {
            let now = Int64(minute) * 60_500
            for _ in 0..<(minute.isMultiple(of: 4) ? 3 : 2) where progress.took(65_536, at: now) { renewed.append(now) }
        }
        #expect(zip([0] + renewed, renewed).allSatisfy { $1 - $0 < 300_000 } && renewed.count >= 15)
    }

    @Test func theLastOctetCounts() {
        var progress = DeliveryProgress(startedAt: 0)
        #expect(!progress.hasChangedSinceRenewal(at: 999))
        #expect(progress.hasChangedSinceRenewal(at: 1000))
        _ = progress.took(1 << 20, at: 30_000)
        #expect(!progress.hasChangedSinceRenewal(at: 30_500))
    }

    private func renewals(_ times: [Int64], taking count: Int = 65_536) -> [Bool] {
        var progress = DeliveryProgress(startedAt: 0)
        return times.map { progress.took(count, at: $0) }
    }
}
