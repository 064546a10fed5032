public import CoreMetrics
import KeylinkAPI
import NIOCore

/// What a store counts: facts that are committed, and what committing them cost. No label tells of a single secret.
public struct StoreMetrics: Sendable {
    private let created: Counter
    private let taken: Counter
    private let resumed: Counter
    private let leasesEnded: [LeaseEnd: Counter]
    private let secretsEnded: [SecretState: Counter]
    private let forgotten: Counter
    private let errors: Counter
    private let commitJobs: Recorder
    private let commitDuration: CoreMetrics.Timer
    private let truncationDuration: CoreMetrics.Timer

    /// - Parameter factory: where the numbers go; without one, nowhere.
    public init(factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        func counter(_ name: String, _ dimensions: (String, String)...) -> Counter {
            Counter(label: name, dimensions: dimensions, factory: factory)
        }
        created = counter("keylink_secrets_created_total")
        taken = counter("keylink_claims_total", ("result", "taken"))
        resumed = counter("keylink_claims_total", ("result", "resumed"))
        leasesEnded = Dictionary(
            uniqueKeysWithValues: LeaseEnd.allCases.map {
                ($0, counter("keylink_leases_ended_total", ("cause", $0.rawValue)))
            })
        secretsEnded = Dictionary(
            uniqueKeysWithValues: [SecretState.opened, .expired, .revoked].map {
                ($0, counter("keylink_secrets_ended_total", ("cause", $0.rawValue)))
            })
        forgotten = counter("keylink_tombstones_forgotten_total")
        errors = counter("keylink_storage_errors_total")
        commitJobs = Recorder(label: "keylink_commit_jobs", factory: factory)
        commitDuration = CoreMetrics.Timer(label: "keylink_commit_duration_seconds", factory: factory)
        truncationDuration = CoreMetrics.Timer(label: "keylink_journal_truncation_duration_seconds", factory: factory)
    }

    /// A new secret is committed.
    func noteCreated() { created.increment() }

    /// Octets are handed out under a lease that ran already.
    func noteResumed() { resumed.increment() }

    /// Even a tombstone is gone.
    func noteForgotten() { forgotten.increment() }

    /// The storage did not do what it was asked.
    func noteError() { errors.increment() }

    /// A step in a life is committed.
    func note(from before: Lifecycle, to after: Lifecycle) {
        taken.increment(by: before.viewsLeft - after.viewsLeft)
        for (index, lease) in before.leases.enumerated() where lease.isRunning && index < after.leases.count {
            if let end = LeaseEnd(of: after.leases[index], in: after) { leasesEnded[end]?.increment() }
        }
        if before.endedAt == nil, after.endedAt != nil { secretsEnded[after.state]?.increment() }
    }

    /// Commits so many jobs together.
    func committing<Value>(jobs: Int, _ commit: () throws -> Value) rethrows -> Value {
        let start = NIODeadline.now()
        let value = try commit()
        commitJobs.record(jobs)
        commitDuration.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
        return value
    }

    /// Truncates the journal, or tries to.
    func truncating<Value>(_ truncate: () throws -> Value) rethrows -> Value {
        let start = NIODeadline.now()
        defer { truncationDuration.recordNanoseconds((NIODeadline.now() - start).nanoseconds) }
        return try truncate()
    }
}

/// Why a lease runs no longer.
private enum LeaseEnd: String, CaseIterable {
    case acknowledged, lapsed, revoked

    /// Nil while it runs. What lapses ends at its deadline, to the millisecond, and is over before anything else can end it.
    init?(of lease: Lease, in life: Lifecycle) {
        guard let endedAt = lease.endedAt else { return nil }
        if endedAt == lease.deadline { self = .lapsed } else { self = endedAt == life.revokedAt ? .revoked : .acknowledged }
    }
}
