import GRDB
import KeylinkAPI
import Logging
import Synchronization
import SystemPackage

/// The one place where work on the database is handed in.
///
/// Whatever waits is done together: one transaction, one sync, and where octets were destroyed one truncation of the
/// journal for all of it, before any of the answers. So durability costs latency and not throughput, and what a later
/// job sees is what an earlier one did. There is one connection and no reader beside it that could keep the journal alive.
final class Writer: Sendable {
    private let queue: DatabaseQueue
    private let clock: any StoreClock
    private let logger: Logger
    private let waiting = Mutex<[any Job]>([])
    /// Only touched on the database's own queue, which runs one batch at a time.
    private let state: Mutex<State>

    private struct State {
        var watch: JumpWatch
        /// Destroyed octets may still stand in the journal.
        var owesTruncation = true
    }

    init(_ queue: DatabaseQueue, clock: any StoreClock, logger: Logger) {
        self.queue = queue
        self.clock = clock
        self.logger = logger
        state = Mutex(State(watch: JumpWatch(clock)))
    }

    /// Does the work in a transaction, which is durable when this returns.
    ///
    /// The work may run twice: where it shared a transaction that failed, it is tried once more by itself. A refusal that
    /// it returns is committed like any result (a wrong try is counted); an error that it throws is rolled back.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable (Transaction) throws -> Result<Value, Refusal>
    ) async throws(Refusal) -> Value {
        let result: Result<Value, Refusal> = await withCheckedContinuation { continuation in
            let isFirst = waiting.withLock { jobs in
                jobs.append(TypedJob(work: work, continuation: continuation))
                return jobs.count == 1
            }
            if isFirst { queue.asyncWriteWithoutTransaction { self.runWaiting($0) } }
        }
        return try result.get()
    }

    private func runWaiting(_ db: Database) {
        let jobs = waiting.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        do {
            try commit(jobs, db)
        } catch  where jobs.count > 1 {
            for job in jobs { commitAlone(job, db) }
        } catch {
            jobs.forEach { $0.fail(refusal(for: error)) }
        }
        let hasErased = jobs.contains(where: \.erases)
        let saysGone = jobs.contains(where: \.saysGone)
        state.withLock { state in
            if hasErased { state.owesTruncation = true }
            if saysGone, state.owesTruncation { state.owesTruncation = !truncateJournal(db, jobs) }
        }
        jobs.forEach { $0.answer() }
    }

    private func commitAlone(_ job: any Job, _ db: Database) {
        do {
            try commit([job], db)
        } catch {
            job.fail(refusal(for: error))
        }
    }

    private func commit(_ jobs: [any Job], _ db: Database) throws {
        let now = clock.now()
        var after: [() -> Void] = []
        try db.inTransaction(.immediate) {
            if let jump = state.withLock({ $0.watch.jump(clock) }) {
                logger.warning("the clock was set; running leases get their time again", metadata: ["seconds": "\(jump / 1000)"])
                try SecretRecord.rebaseLeases(db, jump: jump, now: now, logger: logger)
            }
            for job in jobs {
                let changes = db.totalChangesCount
                let transaction = Transaction(db: db, now: now)
                do {
                    try job.attempt(transaction)
                    after += transaction.afterCommit
                } catch  where db.totalChangesCount == changes {
                    // It has written nothing, so it spoils nothing for the others.
                    job.fail(refusal(for: error))
                }
            }
            return .commit
        }
        for step in after { step() }
    }

    /// Whether nothing is left in the journal. Where something is, nobody is told that it is gone.
    private func truncateJournal(_ db: Database, _ jobs: [any Job]) -> Bool {
        do {
            let (frames, _) = try db.checkpoint(.truncate)
            guard frames == 0 else { throw DatabaseError(resultCode: .SQLITE_BUSY) }
            return true
        } catch {
            let refusal = refusal(for: error)
            for job in jobs where job.saysGone { job.fail(refusal) }
            return false
        }
    }

    private func refusal(for error: any Error) -> Refusal { Refusal(storage: error, logger) }
}

/// What a job works with: the connection inside the batch's transaction, and the batch's time.
final class Transaction {
    let db: Database
    let now: Timestamp
    /// Octets were destroyed here: the journal must be truncated before anybody hears of it.
    var erases = false
    /// The answer says that something is gone, perhaps destroyed earlier.
    var saysGone = false
    /// Runs on the writing thread once the transaction is durable, in the order of the jobs.
    var afterCommit: [() -> Void] = []

    init(db: Database, now: Timestamp) {
        self.db = db
        self.now = now
    }
}

extension Refusal {
    /// What a failure of the storage means to who asked. The log gets its kind; statements and values stay out of it.
    init(storage error: any Error, _ logger: Logger) {
        switch error {
        case let refusal as Refusal:
            self = refusal
        case let error as DatabaseError:
            logger.error("the database failed", metadata: ["code": "\(error.extendedResultCode.rawValue)"])
            self = error.resultCode == .SQLITE_FULL ? .storageFull : .storageUnavailable
        case let error as Errno:
            logger.error("a file operation failed", metadata: ["error": "\(error)"])
            self = error == .noSpace || error == .diskQuotaExceeded ? .storageFull : .storageUnavailable
        default:
            logger.error("the storage failed", metadata: ["error": "\(type(of: error))"])
            self = .storageUnavailable
        }
    }
}

/// Work handed in, whatever it results in.
private protocol Job: AnyObject, Sendable {
    var erases: Bool { get }
    var saysGone: Bool { get }
    func attempt(_ transaction: Transaction) throws
    func fail(_ refusal: Refusal)
    func answer()
}

/// Unchecked: made by one task, then touched by the database's queue alone, which is serial.
private final class TypedJob<Value: Sendable>: Job, @unchecked Sendable {
    private let work: @Sendable (Transaction) throws -> Result<Value, Refusal>
    private let continuation: CheckedContinuation<Result<Value, Refusal>, Never>
    private var result: Result<Value, Refusal> = .failure(.storageUnavailable)
    private(set) var erases = false
    private(set) var saysGone = false

    init(
        work: @escaping @Sendable (Transaction) throws -> Result<Value, Refusal>,
        continuation: CheckedContinuation<Result<Value, Refusal>, Never>
    ) {
        self.work = work
        self.continuation = continuation
    }

    func attempt(_ transaction: Transaction) throws {
        result = try work(transaction)
        erases = erases || transaction.erases
        saysGone = transaction.saysGone
    }

    func fail(_ refusal: Refusal) { result = .failure(refusal) }

    func answer() { continuation.resume(returning: result) }
}
