import Foundation
import Sodium

/// The tokens one of which creating needs. Only their hashes are kept.
public struct CreateTokens: Sendable {
    private let hashes: [[UInt8]]

    /// - Parameter file: one token a line, of at least 16 printable ASCII characters without spaces; empty lines and lines
    ///   that begin with `#` are skipped.
    init(file: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ConfigurationError("\(Setting.createTokenFile.flag): \(file) cannot be read")
        }
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
        guard !lines.isEmpty else { throw ConfigurationError("\(file) holds no token") }
        guard lines.allSatisfy({ $0.utf8.count >= 16 && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }) else {
            throw ConfigurationError("\(file): a token has at least 16 printable characters and no spaces")
        }
        self.init(lines)
    }

    /// For tests and callers that bring the tokens themselves.
    public init(_ tokens: [String]) { hashes = tokens.map { verifier(of: Array($0.utf8)) } }

    /// Compares with every token, each in constant time, so that nothing tells which one was close.
    func contains(_ token: String) -> Bool {
        let hash = verifier(of: Array(token.utf8))
        return hashes.reduce(false) { found, one in constantTimeEqual(one, hash) || found }
    }
}
