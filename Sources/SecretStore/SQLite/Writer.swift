import GRDB
import KeylinkAPI
import Logging
import Synchronization
import SystemPackage

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The one place where work on the database is handed in.
///
/// Whatever waits is done together: one transaction, one sync, and where octets were destroyed one truncation of the
/// journal for all of it, before any of the answers. So durability costs latency and not throughput, and what a later
/// job sees is what an earlier one did. The ``Reader`` beside it holds the journal for moments only.
final class Writer: Sendable {
    private let queue: DatabaseQueue
    private let database: OpenedDatabase
    private let clock: any StoreClock
    private let index: VerifierIndex
    private let budget: Budget
    private let answers: RunningAnswers
    private let logger: Logger
    private let metrics: StoreMetrics
    private let waiting = Mutex<[any Job]>([])
    /// Only touched on the database's own queue, which runs one batch at a time.
    private let state: Mutex<State>

    private struct State {
        var watch: JumpWatch
        /// Destroyed octets may still stand in the journal, or such as were never stored.
        var owesTruncation = true
        /// What is committed and says that something is gone: answered once the journal is truncated.
        var held: [any Job] = []
        /// Transactions since the first of them.
        var commitsWhileHeld = 0
        /// How many jobs the last transaction had.
        var lastCount = 0
        var isFailing = false
    }

    /// A truncation costs as much as several commits. So while there is more to commit it waits for company, but not for long.
    private static let mostCommitsWhileHeld = 4

    init(
        _ queue: DatabaseQueue, _ database: OpenedDatabase, clock: any StoreClock, index: VerifierIndex, budget: Budget,
        answers: RunningAnswers, logger: Logger, metrics: StoreMetrics
    ) {
        self.queue = queue
        self.database = database
        self.clock = clock
        self.index = index
        self.budget = budget
        self.answers = answers
        self.logger = logger
        self.metrics = metrics
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
        let jobs = gather()
        do {
            try metrics.committing(jobs: jobs.count) { try commit(jobs, db) }
        } catch  where jobs.count > 1 {
            for job in jobs { commitAlone(job, db) }
        } catch {
            jobs.forEach { $0.fail(refusal(for: error)) }
        }
        if jobs.contains(where: \.erases) { state.withLock { $0.owesTruncation = true } }
        let owes = state.withLock(\.owesTruncation)
        let held = owes ? jobs.filter(\.saysGone) : []
        for job in jobs where !owes || !job.saysGone { job.answer() }
        hold(held, db)
    }

    /// Takes what waits. Who came together last time is answered together and comes again together, one a little before the
    /// other: waiting for half of them, for less than a sync takes, spares most of the syncs.
    private func gather() -> [any Job] {
        let expected = state.withLock(\.lastCount) / 2
        for _ in 0..<4 where waiting.withLock(\.count) < expected { usleep(50) }
        let jobs = waiting.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        state.withLock { $0.lastCount = jobs.count }
        return jobs
    }

    /// Answers once the journal is truncated, for as many as possible at a time.
    private func hold(_ jobs: [any Job], _ db: Database) {
        let isIdle = waiting.withLock(\.isEmpty)
        let due = state.withLock { state in
            state.held += jobs
            guard !state.held.isEmpty else { return [any Job]() }
            state.commitsWhileHeld += 1
            guard isIdle || state.commitsWhileHeld >= Self.mostCommitsWhileHeld else { return [] }
            state.commitsWhileHeld = 0
            defer { state.held = [] }
            return state.held
        }
        guard !due.isEmpty else { return }
        if metrics.truncating({ truncateJournal(db, due) }) { state.withLock { $0.owesTruncation = false } }
        due.forEach { $0.answer() }
    }

    private func commitAlone(_ job: any Job, _ db: Database) {
        do {
            try metrics.committing(jobs: 1) { try commit([job], db) }
        } catch {
            job.fail(refusal(for: error))
        }
    }

    private func commit(_ jobs: [any Job], _ db: Database) throws {
        let now = clock.now()
        let jump = state.withLock { $0.watch.jump(clock) }
        var transactions: [Transaction] = []
        do {
            try database.check()
            try db.inTransaction(.immediate) {
                if let jump { try SecretRecord.rebaseLeases(db, jump: jump, now: now, logger: logger) }
                for job in jobs {
                    let changes = db.totalChangesCount
                    let transaction = Transaction(db: db, now: now, index: index, answers: answers, metrics: metrics)
                    transactions.append(transaction)
                    do {
                        try job.attempt(transaction)
                    } catch  where db.totalChangesCount == changes {
                        // It has written nothing, so it spoils nothing for the others.
                        transactions.removeLast().undo()
                        job.fail(refusal(for: error))
                    }
                }
                try count(transactions, db)
                return .commit
            }
        } catch {
            for transaction in transactions.reversed() { transaction.undo() }
            state.withLock { state in
                state.owesTruncation = true
                if !(error is DamagedSecret) { state.isFailing = true }
            }
            throw error
        }
        state.withLock { noteSuccess(&$0, jump) }
        for transaction in transactions { transaction.afterCommit.forEach { $0() } }
    }

    private func noteSuccess(_ state: inout State, _ jump: Int64?) {
        if let jump {
            state.watch.seenTo(jump)
            logger.warning("the clock was set; running leases got their time again", metadata: ["seconds": "\(jump / 1000)"])
        }
        if state.isFailing {
            state.isFailing = false
            logger.notice("the storage works again")
        }
    }

    /// Keeps count of what is stored, once for all that a transaction does.
    private func count(_ transactions: [Transaction], _ db: Database) throws {
        let change = transactions.reduce(Holdings.none) {
            Holdings(secrets: $0.secrets + $1.change.secrets, bytes: $0.bytes + $1.change.bytes)
        }
        guard change != .none, let last = transactions.last else { return }
        try db.cachedStatement(sql: "UPDATE server SET secrets = secrets + ?, bytes = bytes + ?")
            .execute(arguments: [change.secrets, change.bytes])
        last.afterCommit.append { [budget] in budget.note(change) }
    }

    /// Whether nothing is left in the journal. Where something is, nobody is told that it is gone.
    private func truncateJournal(_ db: Database, _ jobs: [any Job]) -> Bool {
        do {
            let (frames, _) = try db.checkpoint(.truncate)
            guard frames == 0 else { throw DatabaseError(resultCode: .SQLITE_BUSY) }
            return true
        } catch {
            let refusal = refusal(for: error)
            for job in jobs { job.fail(refusal) }
            return false
        }
    }

    private func refusal(for error: any Error) -> Refusal { Refusal(storage: error, logger, metrics) }
}

/// What a job works with: the connection inside the batch's transaction, and the batch's time.
final class Transaction {
    let db: Database
    let now: Timestamp
    let index: VerifierIndex
    let answers: RunningAnswers
    /// Told of facts after the commit alone.
    let metrics: StoreMetrics
    /// Octets were destroyed here: the journal must be truncated before anybody hears of it.
    var erases = false
    /// The answer says that something is gone, perhaps destroyed earlier.
    var saysGone = false
    /// By how much it changes what is stored.
    var change = Holdings.none
    /// Runs on the writing thread once the transaction is durable, in the order of the jobs.
    var afterCommit: [() -> Void] = []
    /// Takes back what was changed outside the database, where the transaction is rolled back.
    var afterRollback: [() -> Void] = []

    init(db: Database, now: Timestamp, index: VerifierIndex, answers: RunningAnswers, metrics: StoreMetrics) {
        self.db = db
        self.now = now
        self.index = index
        self.answers = answers
        self.metrics = metrics
    }

    /// Does a part of the work, or none of it: what it throws leaves the rest as it was.
    func part<Value>(_ work: (Transaction) throws -> Value) throws -> Value {
        let part = Transaction(db: db, now: now, index: index, answers: answers, metrics: metrics)
        var value: Value?
        do {
            try db.inSavepoint {
                value = try work(part)
                return .commit
            }
        } catch {
            part.undo()
            throw error
        }
        guard let value else { throw CorruptRecord() }
        erases = erases || part.erases
        saysGone = saysGone || part.saysGone
        change = Holdings(secrets: change.secrets + part.change.secrets, bytes: change.bytes + part.change.bytes)
        afterCommit += part.afterCommit
        afterRollback += part.afterRollback
        return value
    }

    func undo() { afterRollback.reversed().forEach { $0() } }
}

extension Refusal {
    /// What a failure of the storage means to who asked. The log gets its kind; statements and values stay out of it.
    init(storage error: any Error, _ logger: Logger, _ metrics: StoreMetrics) {
        if let refusal = error as? Refusal {
            self = refusal
            return
        }
        metrics.noteError()
        switch error {
        case let error as DatabaseError:
            logger.error("the database failed", metadata: ["code": "\(error.extendedResultCode.rawValue)"])
            self = error.resultCode == .SQLITE_FULL ? .storageFull : .storageUnavailable
        case let error as Errno:
            logger.error("a file operation failed", metadata: ["error": "\(error)"])
            self = error == .noSpace || error == .diskQuotaExceeded ? .storageFull : .storageUnavailable
        case is OpenedDatabase.Displaced:
            logger.error("the database was deleted or moved away; put it back, or restart")
            self = .storageUnavailable
        case let error as DamagedSecret:
            error.note(logger)
            self = .storageUnavailable
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
