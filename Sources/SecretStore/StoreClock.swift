public import KeylinkAPI

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Tells a store the time; tests bring their own.
public protocol StoreClock: Sendable {
    /// The time of day.
    func now() -> Timestamp
    /// Milliseconds from any fixed moment on, never set: beside it one sees that the time of day was.
    func uptime() -> Int64
}

/// The machine's clocks.
public struct SystemClock: StoreClock {
    public init() {}

    public func now() -> Timestamp { Timestamp(milliseconds: milliseconds(CLOCK_REALTIME)) }
    public func uptime() -> Int64 { milliseconds(CLOCK_MONOTONIC) }

    private func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// Notices that the time of day was set: it moved by more than a minute against the clock that nobody sets.
struct JumpWatch {
    private var offset: Int64

    init(_ clock: any StoreClock) { offset = Self.offset(of: clock) }

    /// Milliseconds the time of day has jumped, beyond what was seen to; nil up to a minute.
    func jump(_ clock: any StoreClock) -> Int64? {
        let jump = Self.offset(of: clock) - offset
        return abs(jump) > 60_000 ? jump : nil
    }

    /// What a jump brings about is stored.
    mutating func seenTo(_ jump: Int64) { offset += jump }

    private static func offset(of clock: any StoreClock) -> Int64 { clock.now().milliseconds - clock.uptime() }
}
