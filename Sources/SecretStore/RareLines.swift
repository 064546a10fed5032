import Logging
import Synchronization

/// Lets each line through once in ten minutes, and then says how often it was left out: a disk that stays full must not fill the log
/// as well.
struct RareLines: LogHandler {
    private var handler: any LogHandler
    private let clock: any StoreClock
    private let lines: Lines

    private final class Lines: Sendable {
        /// For each line: when it was let through, in milliseconds, and how often it was not since.
        let written = Mutex<[String: (at: Int64, left: Int)]>([:])
    }

    /// Lines that are told apart. With more of them, all are let through anew.
    private static let most = 1000
    private static let pause: Int64 = 600_000

    private init(_ handler: any LogHandler, _ clock: any StoreClock) {
        self.handler = handler
        self.clock = clock
        lines = Lines()
    }

    /// The same logger, with its warnings and errors thinned out.
    static func thinning(_ logger: Logger, _ clock: any StoreClock) -> Logger {
        var logger = logger
        logger.handler = RareLines(logger.handler, clock)
        return logger
    }

    var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }
    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        guard event.level >= .notice else { return handler.log(event: event) }
        let values = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        let now = clock.uptime()
        let left: Int? = lines.written.withLock { written in
            let line = "\(event.message) \(values)"
            let before = written[line]
            if let before, now < before.at + Self.pause {
                written[line]?.left += 1
                return nil
            }
            if written.count >= Self.most { written = [:] }
            written[line] = (now, 0)
            return before?.left ?? 0
        }
        guard let left else { return }
        var event = event
        if left > 0 { event.metadata = (event.metadata ?? [:]).merging(["leftOut": "\(left)"]) { $1 } }
        handler.log(event: event)
    }
}
