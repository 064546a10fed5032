import NIOCore
import Synchronization

/// Whether this process takes new work, and what it still does: known to the connections, the routes, the probe of
/// readiness and the one who ends it all.
public final class Availability: Sendable {
    private let state = Mutex(State())

    private struct State {
        var isDraining = false
        var isCut = false
        /// Requests that are not yet read and answered to their end.
        var running = 0
        var connections: [ObjectIdentifier: any Channel] = [:]
        var onIdle: (@Sendable () -> Void)?
    }

    public init() {}

    /// New work is refused: the process is about to end.
    public var isDraining: Bool { state.withLock { $0.isDraining } }

    /// From here on new work is refused.
    ///
    /// - Parameter onIdle: called once, from any thread, as soon as nothing runs any more.
    func drain(onIdle: @escaping @Sendable () -> Void) {
        let isIdle = state.withLock { state in
            state.isDraining = true
            guard state.running > 0 else { return true }
            state.onIdle = onIdle
            return false
        }
        if isIdle { onIdle() }
    }

    /// Notes that so many more requests run, or fewer.
    func note(requests change: Int) {
        let onIdle: (@Sendable () -> Void)? = state.withLock { state in
            state.running += change
            guard state.running == 0 else { return nil }
            defer { state.onIdle = nil }
            return state.onIdle
        }
        onIdle?()
    }

    /// Keeps a connection in mind while it is being served.
    func serving(_ connection: any Channel, _ body: () async -> Void) async {
        let key = ObjectIdentifier(connection)
        let isCut = state.withLock { state in
            state.connections[key] = connection
            return state.isCut
        }
        if isCut { connection.close(mode: .all, promise: nil) }
        await body()
        state.withLock { $0.connections[key] = nil }
    }

    /// Ends every connection, whatever runs on it, and every one that is yet to come.
    func cut() {
        let connections = state.withLock { state in
            state.isCut = true
            return Array(state.connections.values)
        }
        for connection in connections { connection.close(mode: .all, promise: nil) }
    }
}
