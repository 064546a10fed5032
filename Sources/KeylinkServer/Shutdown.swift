import Logging
import ServiceLifecycle
import UnixSignals

/// Ends a server in order: new work is refused, what runs may go on for a while, then everything is cut.
struct Shutdown: Sendable {
    let group: ServiceGroup
    let availability: Availability
    let grace: Duration
    let logger: Logger

    private enum Event {
        case signal, idle, tooLate
    }

    /// Waits for a signal, and returns once the server has been told to end and nothing holds it up any more. A second
    /// signal ends the waiting.
    func run(on signals: UnixSignalsSequence) async {
        let (stream, events) = AsyncStream.makeStream(of: Event.self)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                for await _ in signals { events.yield(.signal) }
            }
            var iterator = stream.makeAsyncIterator()
            guard await iterator.next() != nil else { return }
            logger.notice("ending; new work is refused")
            availability.drain { events.yield(.idle) }
            tasks.addTask { await Self.send(.tooLate, to: events, after: grace) }
            let reason = await iterator.next()
            if reason != .idle { logger.warning("what still runs is cut") }
            await group.triggerGracefulShutdown()
            if reason == .idle {
                // Connections on which nothing runs say goodbye; those whose peer is gone do not.
                tasks.addTask { await Self.send(.tooLate, to: events, after: .seconds(1)) }
                _ = await iterator.next()
            }
            availability.cut()
            tasks.cancelAll()
        }
    }

    private static func send(_ event: Event, to events: AsyncStream<Event>.Continuation, after time: Duration) async {
        do {
            try await Task.sleep(for: time)
            events.yield(event)
        } catch {
            // The server has ended.
            return
        }
    }
}
