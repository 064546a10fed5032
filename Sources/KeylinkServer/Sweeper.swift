import CoreMetrics
import Logging
import NIOCore
import SecretStore
import ServiceLifecycle

/// Lets time take effect where nobody asks: leases lapse, secrets expire, tombstones are forgotten.
struct Sweeper: Service {
    let store: any SecretStore
    let metrics: ServerMetrics
    let logger: Logger
    var interval: Duration = .seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var isFailing = false
            while !Task.isCancelled {
                do {
                    while try await sweep(), !Task.isCancelled {}
                    if isFailing { logger.notice("sweeping goes on") }
                    isFailing = false
                    try await Task.sleep(for: interval)
                } catch let refusal as Refusal {
                    // The store has said why. What is due stays due.
                    metrics.sweepFailures.increment()
                    if !isFailing {
                        logger.warning("sweeping failed; tried again every ten seconds", metadata: ["reason": "\(refusal)"])
                    }
                    isFailing = true
                    await pause()
                } catch {
                    return
                }
            }
        }
    }

    private func sweep() async throws -> Bool {
        let start = NIODeadline.now()
        let isMore = try await store.sweep()
        metrics.sweepDuration.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
        return isMore
    }

    private func pause() async {
        do { try await Task.sleep(for: .seconds(10)) } catch { return }
    }
}

/// Closes the store once everything that uses it has ended.
struct StoreService: Service {
    let store: any SecretStore

    func run() async throws {
        try await gracefulShutdown()
        await store.close()
    }
}
