import KeylinkAPI
import SecretStore
import Synchronization

/// A clock that stands still until a test moves it.
final class TestClock: StoreClock {
    private let times: Mutex<(now: Int64, uptime: Int64)>

    init(_ now: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) { times = Mutex((now.milliseconds, 5000)) }

    func now() -> Timestamp { Timestamp(milliseconds: times.withLock(\.now)) }
    func uptime() -> Int64 { times.withLock(\.uptime) }

    /// Time passes.
    func advance(seconds: Int64) { advance(milliseconds: seconds * 1000) }

    func advance(milliseconds: Int64) {
        times.withLock {
            $0.now += milliseconds
            $0.uptime += milliseconds
        }
    }

    /// Somebody sets the clock.
    func jump(seconds: Int64) { times.withLock { $0.now += seconds * 1000 } }
}
