/// How long to wait between tries of one request, and when to give up: 0.25 s, doubling to 15 s, eight times.
///
/// That is about three quarters of a minute: longer than a server takes to start again or a laptop to change networks,
/// short against the five minutes that a claim's lease outlives its last octet (Spec/openapi.yaml).
struct Backoff: Sendable {
    static let limit = 8
    private static let first: Duration = .milliseconds(250)
    private static let longest: Duration = .seconds(15)

    private var failures = 0

    /// The next pause; nil when it is time to give up.
    ///
    /// - Parameter asked: seconds that the server asked to wait (`Retry-After`). They are kept to where they are no longer
    ///   than our own longest pause; a server that asks for more than that is not one to wait for silently.
    mutating func pause(asked: Int? = nil) -> Duration? {
        guard failures < Self.limit else { return nil }
        failures += 1
        let own = min(Self.longest, Self.first * (1 << (failures - 1)))
        guard let asked else { return own }
        let wished = Duration.seconds(max(0, asked))
        return wished <= Self.longest ? max(own, wished) : nil
    }

    /// Something arrived: the next failure is a first one again.
    mutating func reset() {
        failures = 0
    }
}
