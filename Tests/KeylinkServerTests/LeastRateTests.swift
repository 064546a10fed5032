import NIOCore
import Testing

@testable import KeylinkServer

/// Whom 64 KiB in 30 s cut off, and whom not.
@Suite struct LeastRateTests {
    private static let start = NIODeadline.uptimeNanoseconds(0)

    /// Octets that come every so many milliseconds, and after how many seconds of that the account is empty; nil for never.
    static let peers: [(octets: Int, milliseconds: Int64, end: Int64?)] = [
        // Just above: in drops, in portions, in the largest that a full account can wait for.
        (23, 10, nil), (2185, 1000, nil), (65_536, 30_000, nil), (131_072, 59_999, nil), (1 << 30, 59_999, nil),
        // Nothing, too rarely, and a little below, which takes longer to show.
        (0, 1000, 60), (1 << 30, 60_001, 60), (2184, 2000, 118), (2000, 1000, 700),
    ]

    @Test(arguments: peers)
    func whoIsCutOff(_ octets: Int, _ milliseconds: Int64, _ end: Int64?) {
        var rate = LeastRate(most: .seconds(60))
        rate.wait(at: Self.start)
        var ended: NIODeadline?
        for time in stride(from: milliseconds, through: 7_200_000, by: Int(milliseconds)) where ended == nil {
            let now = Self.start + .milliseconds(time)
            if let deadline = rate.deadline, now >= deadline { ended = deadline }
            rate.took(octets, at: now)
            rate.rest(at: now)
            rate.wait(at: now)
        }
        let seconds = ended.map { ($0 - Self.start).nanoseconds / 1_000_000_000 }
        if let end {
            #expect(seconds.map { abs($0 - end) <= end / 50 } == true, "\(seconds ?? -1) s")
        } else {
            #expect(seconds == nil)
        }
    }

    @Test func timeInWhichNobodyWaitsIsFree() {
        var rate = LeastRate(most: .seconds(60))
        rate.wait(at: Self.start)
        rate.rest(at: Self.start + .seconds(59))
        #expect(rate.deadline == nil)
        rate.wait(at: Self.start + .hours(24))
        #expect(rate.deadline == Self.start + .hours(24) + .seconds(1))
    }
}
