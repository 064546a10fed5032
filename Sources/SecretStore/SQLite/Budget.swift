import Synchronization
import SystemPackage

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How much a store holds, and how much more it may take in.
///
/// What is stored is counted in the database, in the transactions that change it. What is arriving is reserved here before
/// it arrives: so of many uploads that together would be too much, the later ones are refused at once and not at their end.
/// Claims and acknowledgements reserve nothing and find the disk's last part free: a full store can still be emptied.
final class Budget: Sendable {
    /// Octets of envelopes; nil: as much as the disk holds.
    private let limit: Int64?
    private let folder: FilePath
    private let state: Mutex<State>

    private struct State {
        var holdings: Holdings
        var reserved: Int64 = 0
        /// Of what is reserved, octets that have not reached the disk.
        var unwritten: Int64 = 0
        /// Octets of the disk that creations may still take, as it was said lately and less what was reserved since.
        var room: Int64 = 0
        var roomEndsAt = ContinuousClock.now
    }

    /// Octets of the disk that creations leave free for everything else, but never more than a twentieth of it.
    private static let diskReserve: Int64 = 64 << 20

    init(limit: Int64?, folder: FilePath, holdings: Holdings) {
        self.limit = limit
        self.folder = folder
        state = Mutex(State(holdings: holdings))
    }

    var holdings: Holdings { state.withLock { $0.holdings } }

    /// Sets aside room for octets that are to come.
    ///
    /// - Throws: `.storageFull` where they would not fit.
    func reserve(_ count: Int64) throws(Refusal) {
        let fits = state.withLock { state in
            guard limit.map({ state.holdings.bytes + state.reserved + count <= $0 }) ?? true else { return false }
            if state.room < count || state.roomEndsAt <= .now {
                // Asked anew at most ten times a second: it costs as much as the rest of a reservation many times over.
                state.room = roomOnDisk() - state.unwritten
                state.roomEndsAt = .now + .milliseconds(100)
            }
            guard state.room >= count else { return false }
            state.room -= count
            state.reserved += count
            state.unwritten += count
            return true
        }
        guard fits else { throw .storageFull }
    }

    /// Octets of a reservation have reached the disk.
    func note(written count: Int64) { state.withLock { $0.unwritten -= count } }

    /// - Parameter unwritten: how many of them have not reached the disk.
    func release(_ count: Int64, unwritten: Int64) {
        state.withLock { state in
            state.reserved -= count
            state.unwritten -= unwritten
        }
    }

    /// Tells what a transaction that is durable now has changed.
    func note(_ change: Holdings) {
        state.withLock { state in
            state.holdings.secrets += change.secrets
            state.holdings.bytes += change.bytes
        }
    }

    private func roomOnDisk() -> Int64 {
        var disk = statvfs()
        // Where the system does not tell, the write itself will.
        guard statvfs(folder.string, &disk) == 0 else { return .max }
        let block = Int64(disk.f_frsize)
        return Int64(disk.f_bavail) * block - min(Self.diskReserve, Int64(disk.f_blocks) * block / 20)
    }
}

/// What one upload has set aside, until it is let go.
///
/// Unchecked: grown by the one task that appends.
final class Reservation: @unchecked Sendable {
    private let budget: Budget
    private var count: Int64
    private var written: Int64 = 0

    /// How much is set aside at a time where nobody said how much will come.
    private static let step: Int64 = 1 << 20

    /// - Throws: `.storageFull` where so many octets would not fit.
    init(_ budget: Budget, count: Int64) throws(Refusal) {
        try budget.reserve(count)
        self.budget = budget
        self.count = count
    }

    deinit { budget.release(count, unwritten: count - written) }

    /// So many of its octets have reached the disk.
    func wrote(_ more: Int64) {
        budget.note(written: more)
        written += more
    }

    /// Sees to it that it is enough for so many octets in all.
    func cover(_ total: Int64) throws(Refusal) {
        guard total > count else { return }
        do {
            try grow(by: max(total - count, Self.step))
        } catch {
            try grow(by: total - count)
        }
    }

    private func grow(by more: Int64) throws(Refusal) {
        try budget.reserve(more)
        count += more
    }
}
