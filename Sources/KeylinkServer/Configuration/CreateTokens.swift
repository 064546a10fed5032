import Foundation
import Logging
import ServiceLifecycle
import Sodium
import Synchronization

/// The tokens one of which creating needs. Only their hashes are kept.
public final class CreateTokens: Sendable {
    private let hashes: Mutex<[[UInt8]]>

    /// For tests and callers that bring the tokens themselves.
    public init(_ tokens: [String]) { hashes = Mutex(tokens.map { verifier(of: Array($0.utf8)) }) }

    /// Compares with every token, each in constant time, so that nothing tells which one was close.
    func contains(_ token: String) -> Bool {
        let hash = verifier(of: Array(token.utf8))
        return hashes.withLock { $0.reduce(false) { found, one in constantTimeEqual(one, hash) || found } }
    }

    /// From now on it is these.
    func replace(with tokens: [String]) { hashes.withLock { $0 = tokens.map { verifier(of: Array($0.utf8)) } } }
}

/// A file of create tokens, which may change while the server runs.
struct CreateTokenFile: Sendable {
    let path: String

    /// One token a line, of at least 16 printable ASCII characters without spaces; empty lines and lines that begin with `#`
    /// are skipped.
    ///
    /// - Throws: ``ConfigurationError``
    func tokens() throws(ConfigurationError) -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(Setting.createTokenFile.flag): \(path) cannot be read")
        }
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
        guard !lines.isEmpty else { throw ConfigurationError("\(path) holds no token") }
        guard lines.allSatisfy({ $0.utf8.count >= 16 && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }) else {
            throw ConfigurationError("\(path): a token has at least 16 printable characters and no spaces")
        }
        return lines
    }
}

/// Reads the tokens again, so that one is given or taken away without a restart. The file is small and read whole each time:
/// its dates would not tell of two changes in one tick of the clock.
struct CreateTokenReader: Service {
    let file: CreateTokenFile
    let tokens: CreateTokens
    let logger: Logger
    var interval: Duration = .seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var problem: String?
            while !Task.isCancelled {
                do { try await Task.sleep(for: interval) } catch { return }
                do throws(ConfigurationError) {
                    tokens.replace(with: try file.tokens())
                    if problem != nil { logger.notice("the create tokens can be read again") }
                    problem = nil
                } catch {
                    // Once for each thing that is wrong. Those who create must not suffer from a slip of the editor.
                    if problem != error.description {
                        logger.error("the create tokens stay as they were", metadata: ["reason": "\(error)"])
                    }
                    problem = error.description
                }
            }
        }
    }
}
