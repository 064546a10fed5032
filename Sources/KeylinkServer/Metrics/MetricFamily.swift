/// What is measured under one name.
struct MetricFamily: Sendable {
    enum Kind: Sendable {
        case counter
        case gauge
        /// Upper bounds, ascending; what lies above all has a place of its own.
        case histogram([Double])

        var word: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    let name: String
    let kind: Kind
    /// A sentence for who reads the numbers.
    let help: String

    private init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    /// All of them. Seconds and bytes, as Prometheus has it. Labels are of fixed lists: never an ID, a path, an address, a token
    /// or anything else from outside.
    static let all = lives + storage + requests + server + process

    private static let lives = [
        MetricFamily("keylink_secrets_created_total", .counter, "Secrets stored."),
        MetricFamily(
            "keylink_claims_total", .counter,
            "Claims by result: taken counts views, resumed counts octets asked for again, the rest are refusals by code."),
        MetricFamily(
            "keylink_leases_ended_total", .counter, "Leases that ended, by cause: acknowledged, lapsed or cut by a revocation."),
        MetricFamily("keylink_secrets_ended_total", .counter, "Secrets whose octets are no longer needed, by cause."),
        MetricFamily("keylink_tombstones_forgotten_total", .counter, "Ended secrets of which nothing is remembered any more."),
        MetricFamily("keylink_secrets", .gauge, "Secrets whose octets are stored."),
    ]

    private static let storage = [
        MetricFamily("keylink_stored_bytes", .gauge, "Octets of the envelopes that are stored."),
        MetricFamily("keylink_storage_budget_bytes", .gauge, "Octets of envelopes that may be stored, where a limit is set."),
        MetricFamily("keylink_disk_size_bytes", .gauge, "Size of the file system that holds the data folder."),
        MetricFamily("keylink_disk_free_bytes", .gauge, "What this server may still use of that file system."),
        MetricFamily("keylink_storage_errors_total", .counter, "Failures of the database or of a file operation."),
        MetricFamily(
            "keylink_commit_jobs", .histogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512]),
            "What shared one transaction: requests, and portions of the sweeper's work."),
        MetricFamily("keylink_commit_duration_seconds", .histogram(durations), "Time of a transaction, its sync included."),
        MetricFamily(
            "keylink_journal_truncation_duration_seconds", .histogram(durations),
            "Time that destroying octets in the journal took, for all answers that waited for it."),
        MetricFamily("keylink_sweep_duration_seconds", .histogram(durations), "Time of a portion of the sweeper's work."),
        MetricFamily("keylink_sweep_failures_total", .counter, "Portions of the sweeper's work that failed."),
    ]

    private static let requests = [
        MetricFamily(
            "keylink_http_request_duration_seconds", .histogram(durations + [5, 10, 30, 60]),
            """
            Time from a request's head to its answer's, by route, method and class of status. \
            Taking in an envelope counts, handing one out does not.
            """),
        MetricFamily("keylink_refusals_total", .counter, "Problem documents sent, by code."),
        MetricFamily("keylink_connections", .gauge, "Connections open on the public port."),
        MetricFamily("keylink_connections_limit", .gauge, "Connections that may be open at once; others wait, unseen."),
        MetricFamily("keylink_uploads_in_progress", .gauge, "Envelopes that are being taken in."),
        MetricFamily("keylink_deliveries_in_progress", .gauge, "Envelopes that are being handed out."),
        MetricFamily("keylink_received_bytes_total", .counter, "Octets of envelopes taken in, stored in the end or not."),
        MetricFamily("keylink_sent_bytes_total", .counter, "Octets of envelopes handed out."),
    ]

    private static let server = [
        MetricFamily("keylink_build_info", .gauge, "1, with the version as a label."),
        MetricFamily(
            "keylink_certificate_expiry_time_seconds", .gauge,
            "When the certificate that is served ends, in seconds since 1970, where TLS is."),
        MetricFamily("keylink_ready", .gauge, "1 while the server takes work, as /readyz says, else 0."),
    ]

    private static let process = [
        MetricFamily("process_cpu_seconds_total", .counter, "Processor time of user and system."),
        MetricFamily("process_resident_memory_bytes", .gauge, "Resident memory."),
        MetricFamily("process_open_fds", .gauge, "Open file descriptors."),
        MetricFamily("process_max_fds", .gauge, "File descriptors that may be open."),
        MetricFamily("process_start_time_seconds", .gauge, "When the process started, in seconds since 1970."),
    ]

    /// Seconds. 20 ms is what the slowest request in a hundred should stay under.
    private static let durations = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
}
