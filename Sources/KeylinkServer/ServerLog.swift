public import Logging

import Foundation
import KeylinkAPI
import SecretStore
import SystemPackage

/// The server's log: one line an event on standard error.
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
        let values = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues(\.description)
        switch format {
        case .text:
            let pairs = values.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            write("\(Self.time()) \(event.level) \(event.message)\(pairs)\n")
        case .json:
            let members = values.merging(["time": Self.time(), "level": "\(event.level)", "message": "\(event.message)"]) { $1 }
            write(Self.json(members) + "\n")
        }
    }

    /// Writes a line to standard error, or as much of it as goes: a full disk or a reader that went away costs lines, never
    /// the server. (Foundation's file handle would end the process.) Whoever writes to a pipe ignores SIGPIPE.
    public static let standardError: @Sendable (String) -> Void = { write(line: $0, to: .standardError) }

    static func write(line: String, to descriptor: FileDescriptor) {
        var rest = Array(line.utf8)[...]
        while !rest.isEmpty {
            do {
                rest = rest.dropFirst(try rest.withUnsafeBytes { try descriptor.write($0) })
            } catch {
                // There is nowhere left to report it to.
                return
            }
        }
    }

    private static func time() -> String { SystemClock().now().description }

    private static func json(_ members: [String: String]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(members), as: UTF8.self)
        } catch {
            return #"{"level":"error","message":"a line of the log could not be written as JSON"}"#
        }
    }
}
