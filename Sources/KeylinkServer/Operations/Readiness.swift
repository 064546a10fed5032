import SecretStore

/// Whether the server takes work, and what its store holds: what those who run it ask again and again.
struct Readiness: Sendable {
    let store: any SecretStore
    let availability: Availability

    /// Whether new work is taken: the store can write, and says so in time, and the server is not about to end.
    func isReady() async -> Bool {
        guard !availability.isDraining else { return false }
        return await within(Self.patience) {
            do {
                try await store.check()
                return true
            } catch {
                return false
            }
        } ?? false
    }

    /// Nil where the store does not say so in time.
    func holdings() async -> Holdings? {
        await within(Self.patience) {
            do {
                return try await store.holdings()
            } catch {
                return nil
            }
        } ?? nil
    }

    /// Shorter than what probes and scrapers wait: a disk that hangs must not silence those who would tell of it.
    private static let patience = Duration.seconds(2)
}

/// The answer, or nil where there is none in time. The work goes on by itself, and its late answer is dropped.
func within<Value: Sendable>(_ limit: Duration, _ work: @escaping @Sendable () async -> Value) async -> Value? {
    let (answers, answer) = AsyncStream.makeStream(of: Value?.self, bufferingPolicy: .bufferingOldest(1))
    Task { answer.yield(await work()) }
    let timer = Task {
        try await Task.sleep(for: limit)
        answer.yield(nil)
    }
    defer { timer.cancel() }
    for await first in answers { return first }
    return nil
}
