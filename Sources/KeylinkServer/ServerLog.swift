public import Logging

import SecretStore
import SystemPackage

/// The server's log: one line an event on standard error, whatever is in it.
///
/// What may be in it: names of routes, methods, statuses, times, kinds of errors. What never is: a path, an ID, a token, a
/// query, a header's value.
public struct ServerLog: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    private let format: LogFormat
    private let write: @Sendable (String) -> Void

    /// - Parameter write: takes each line, with its newline.
    public init(level: Logger.Level, format: LogFormat, write: @escaping @Sendable (String) -> Void = Self.standardError) {
        logLevel = level
        self.format = format
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var values = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
        if let error = event.error { values["error"] = "\(type(of: error))" }
        var line = LogLine(format, time: SystemClock().now(), level: event.level, message: event.message.description)
        for (key, value) in values.sorted(by: { $0.key < $1.key }) { line.append(key, value.description) }
        write(line.whole)
    }

    /// Writes a line to standard error, or as much of it as goes: a full disk or a reader that went away costs lines, never
    /// the server. (Foundation's file handle would end the process.) Whoever writes to a pipe ignores SIGPIPE.
    public static let standardError: @Sendable (String) -> Void = { write(line: $0, to: .standardError) }

    static func write(line: String, to descriptor: FileDescriptor) {
        var line = line
        line.withUTF8 { octets in
            var rest = UnsafeRawBufferPointer(octets)
            while !rest.isEmpty {
                do {
                    rest = UnsafeRawBufferPointer(rebasing: rest[try descriptor.write(rest)...])
                } catch {
                    // There is nowhere left to report it to.
                    return
                }
            }
        }
    }
}
