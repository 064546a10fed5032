import Logging
import ServiceLifecycle
import Sodium
import Synchronization
import SystemPackage

/// The tokens one of which creating needs. Only their hashes are kept.
public final class CreateTokens: Sendable {
    private let hashes: Mutex<[[UInt8]]>

    /// For tests and callers that bring the tokens themselves.
    public convenience init(_ tokens: [String]) { self.init(hashes: tokens.map { verifier(of: Array($0.utf8)) }) }

    init(hashes: [[UInt8]]) { self.hashes = Mutex(hashes) }

    /// Compares with every token, each in constant time, so that nothing tells which one was close.
    func contains(_ token: String) -> Bool {
        var token = token
        let hash = token.withUTF8 { verifier(of: UnsafeRawBufferPointer($0)) }
        return hashes.withLock { $0.reduce(false) { found, one in constantTimeEqual(one, hash) || found } }
    }

    /// From now on it is these.
    func replace(with hashes: [[UInt8]]) { self.hashes.withLock { $0 = hashes } }
}

/// A file of create tokens, which may change while the server runs.
struct CreateTokenFile: Sendable {
    let path: String

    /// The hashes of the tokens in it: one a line, of at least 16 printable ASCII characters without spaces; empty lines and
    /// lines that begin with `#` are skipped. What was read is zeroed.
    ///
    /// - Throws: ``ConfigurationError``
    func hashes() throws(ConfigurationError) -> [[UInt8]] {
        var octets: [UInt8]
        do {
            octets = try SecretFile.octets(of: FilePath(path))
        } catch {
            throw ConfigurationError("\(Setting.createTokenFile.flag): \(path) cannot be read")
        }
        defer { octets.withUnsafeMutableBytes(wipe) }
        let hashes = octets.withUnsafeBytes { octets in octets.split { $0 == 0x0A || $0 == 0x0D }.compactMap(Self.hash) }
        guard !hashes.isEmpty else { throw ConfigurationError("\(path) holds no token") }
        guard !hashes.contains([]) else {
            throw ConfigurationError("\(path): a token has at least 16 printable characters and no spaces")
        }
        return hashes
    }

    /// Nil for a line that holds no token, nothing for one that is none.
    private static func hash(of line: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        var token = line.drop(while: isSpace)
        while let last = token.last, isSpace(last) { token.removeLast() }
        guard let first = token.first, first != UInt8(ascii: "#") else { return nil }
        guard token.count >= 16, token.allSatisfy({ (0x21...0x7E).contains($0) }) else { return [] }
        return verifier(of: UnsafeRawBufferPointer(rebasing: token))
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
                    tokens.replace(with: try file.hashes())
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
