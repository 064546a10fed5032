import GRDB
import Logging
import Synchronization

/// Looks at what is committed, on a connection of its own that no writer holds up.
///
/// What waits is looked at together, in one short transaction: an open one would keep the journal from being truncated, and
/// destroyed octets with it. What a look finds due, or at its end, is for the ``Writer`` to act on.
final class Reader: Sendable {
    private let queue: DatabaseQueue
    private let logger: Logger
    private let metrics: StoreMetrics
    private let waiting = Mutex<[@Sendable (Result<Database, any Error>) -> Void]>([])

    init(_ queue: DatabaseQueue, logger: Logger, metrics: StoreMetrics) {
        self.queue = queue
        self.logger = logger
        self.metrics = metrics
    }

    func run<Value: Sendable>(_ work: @escaping @Sendable (Database) throws -> Value) async throws(Refusal) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            let isFirst = waiting.withLock { jobs in
                jobs.append { database in continuation.resume(returning: Result { try work(database.get()) }) }
                return jobs.count == 1
            }
            if isFirst { queue.asyncRead { self.runWaiting($0) } }
        }
        do {
            return try result.get()
        } catch {
            throw Refusal(storage: error, logger, metrics)
        }
    }

    func close() throws { try queue.close() }

    private func runWaiting(_ database: Result<Database, any Error>) {
        let jobs = waiting.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        for job in jobs { job(database) }
    }
}
