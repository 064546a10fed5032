import CoreMetrics
import HummingbirdCore
import Logging

/// Takes connections up to a number, others wait; keeps count of those that are open.
struct CountedConnections: AvailableConnectionsDelegate {
    let meter: Meter
    private var cap: MaximumAvailableConnections

    init(most: Int, meter: Meter, logger: Logger) {
        self.meter = meter
        cap = MaximumAvailableConnections(most, logger: logger)
    }

    mutating func connectionOpened() {
        meter.increment()
        cap.connectionOpened()
    }

    mutating func connectionClosed() {
        meter.decrement()
        cap.connectionClosed()
    }

    func isAcceptingNewConnections() -> Bool { cap.isAcceptingNewConnections() }
}
