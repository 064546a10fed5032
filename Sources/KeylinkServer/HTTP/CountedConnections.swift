import CoreMetrics
import HummingbirdCore
import Logging

/// Takes connections up to a number, others wait; keeps count of those that are open.
struct CountedConnections: AvailableConnectionsDelegate {
    private let metrics: ServerMetrics
    private var cap: MaximumAvailableConnections

    init(most: Int, metrics: ServerMetrics, logger: Logger) {
        self.metrics = metrics
        metrics.connectionsLimit.set(most)
        cap = MaximumAvailableConnections(most, logger: logger)
    }

    mutating func connectionOpened() {
        metrics.connections.increment()
        cap.connectionOpened()
    }

    mutating func connectionClosed() {
        metrics.connections.decrement()
        cap.connectionClosed()
    }

    func isAcceptingNewConnections() -> Bool { cap.isAcceptingNewConnections() }
}
