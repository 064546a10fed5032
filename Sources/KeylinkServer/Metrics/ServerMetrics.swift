import CoreMetrics
import HTTPTypes
import KeylinkAPI
import NIOCore
import SecretStore
import Synchronization

/// What the server counts by itself, beside what its store does.
struct ServerMetrics: Sendable {
    let registry: PrometheusRegistry
    let connections: Meter
    let connectionsLimit: Meter
    let uploads: Meter
    let deliveries: Meter
    let receivedBytes: Counter
    let sentBytes: Counter
    let sweepDuration: CoreMetrics.Timer
    let sweepFailures: Counter
    private let requests: RequestTimers
    private let refusals: [ProblemCode: Counter]
    private let claims: [ProblemCode: Counter]

    init() {
        let registry = PrometheusRegistry(MetricFamily.all)
        func counters(_ name: String, _ label: String, _ codes: [ProblemCode]) -> [ProblemCode: Counter] {
            Dictionary(
                uniqueKeysWithValues: codes.map {
                    ($0, Counter(label: name, dimensions: [(label, $0.rawValue)], factory: registry))
                })
        }
        self.registry = registry
        connections = Meter(label: "keylink_connections", factory: registry)
        connectionsLimit = Meter(label: "keylink_connections_limit", factory: registry)
        uploads = Meter(label: "keylink_uploads_in_progress", factory: registry)
        deliveries = Meter(label: "keylink_deliveries_in_progress", factory: registry)
        receivedBytes = Counter(label: "keylink_received_bytes_total", factory: registry)
        sentBytes = Counter(label: "keylink_sent_bytes_total", factory: registry)
        sweepDuration = CoreMetrics.Timer(label: "keylink_sweep_duration_seconds", factory: registry)
        sweepFailures = Counter(label: "keylink_sweep_failures_total", factory: registry)
        requests = RequestTimers(registry)
        Meter(label: "keylink_build_info", dimensions: [("version", serverVersion)], factory: registry).set(1)
        refusals = counters("keylink_refusals_total", "code", ProblemCode.allCases)
        claims = counters("keylink_claims_total", "result", Self.claimRefusals)
    }

    /// All there is, and what was read just now, by the names of the families.
    func exposition(with readings: [String: Double]) -> String {
        var exposition = Exposition()
        registry.write(to: &exposition)
        for family in MetricFamily.all {
            guard let value = readings[family.name] else { continue }
            exposition.begin(family)
            exposition.sample(family.name, "", value)
        }
        return exposition.text
    }

    /// Notes a request that is about to be answered.
    func note(_ request: Observed, took duration: TimeAmount) { requests.note(request, took: duration) }

    /// Notes a problem document.
    ///
    /// - Parameter claims: whether octets were asked for.
    func noteRefusal(_ code: ProblemCode, isClaim: Bool) {
        refusals[code]?.increment()
        if isClaim { claims[code]?.increment() }
    }

    /// With what a claim may be refused. From the beginning on, so that the first of each is seen as one more.
    private static let claimRefusals: [ProblemCode] = [
        .malformedRequest, .wrongKey, .notFound, .leaseEnded, .noLease, .claimed, .opened, .expired, .revoked, .range,
        .tooManyRequests, .tooManyAttempts, .internal, .shuttingDown, .storageUnavailable, .storageFull,
    ]
}

/// A request as log and metrics name it: in words of fixed lists.
struct Observed: Sendable {
    let route: String
    let method: String
    let status: Int

    /// - Parameter handler: the route whose handler answered. Where none did, or the one for everything else, the path tells.
    init(handler: String?, path: String, method: HTTPRequest.Method, status: HTTPResponse.Status) {
        let known = handler.flatMap { Self.routeNumbers[$0] == nil ? nil : $0 }
        if let known, known != Endpoint.asset.name {
            route = known
        } else {
            route = Endpoint.matching(path)?.name ?? known ?? Self.noRoute
        }
        self.method = Self.methodNumbers[method.rawValue] == nil ? Self.otherMethod : method.rawValue
        self.status = status.code
    }

    static let noRoute = "none"
    static let otherMethod = "other"
    static let routes = (Endpoint.all + [.asset]).map(\.name) + [noRoute]
    /// A method is text from outside as well.
    static let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", otherMethod]
    static let statusClasses = ["1xx", "2xx", "3xx", "4xx", "5xx"]

    fileprivate static let routeNumbers = numbers(routes)
    fileprivate static let methodNumbers = numbers(methods)

    fileprivate var numbers: (route: Int, method: Int, statusClass: Int) {
        (Self.routeNumbers[route] ?? 0, Self.methodNumbers[method] ?? 0, min(max(status / 100, 1), 5) - 1)
    }

    private static func numbers(_ words: [String]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: zip(words, words.indices))
    }
}

/// A timer for each route, method and class of status that was met: most combinations never are.
private final class RequestTimers: Sendable {
    private let registry: PrometheusRegistry
    private let timers: Mutex<[CoreMetrics.Timer?]>

    init(_ registry: PrometheusRegistry) {
        self.registry = registry
        timers = Mutex(
            Array(repeating: nil, count: Observed.routes.count * Observed.methods.count * Observed.statusClasses.count))
    }

    func note(_ request: Observed, took duration: TimeAmount) {
        let (route, method, statusClass) = request.numbers
        let place = (route * Observed.methods.count + method) * Observed.statusClasses.count + statusClass
        let timer = timers.withLock { timers in
            if let timer = timers[place] { return timer }
            let timer = CoreMetrics.Timer(
                label: "keylink_http_request_duration_seconds",
                dimensions: [
                    ("route", Observed.routes[route]), ("method", Observed.methods[method]),
                    ("status", Observed.statusClasses[statusClass]),
                ],
                factory: registry)
            timers[place] = timer
            return timer
        }
        timer.recordNanoseconds(duration.nanoseconds)
    }
}
