import HTTPTypes
import Hummingbird
import KeylinkAPI
import SecretStore
import Sodium

/// What stands in a request's path, query and headers, read strictly: what is not exactly as specified is refused rather
/// than guessed at.
extension Request {
    /// The verifiers of so many tokens, 32 octets each, which stand together behind `Bearer`; nil without an Authorization
    /// header. The octets are zeroed: from here on nobody has the tokens.
    ///
    /// - Throws: `malformed-request` for anything but `Bearer` and the one text of so many octets.
    func bearerVerifiers(_ count: Int) throws(ProblemError) -> [[UInt8]]? {
        let otherwise = ProblemError(.malformedRequest, "The authorization is not a bearer token.")
        guard let token = try bearerText(otherwise: otherwise) else { return nil }
        guard var octets = Base64URL.decode(token), octets.count == 32 * count else {
            throw ProblemError(.malformedRequest, "The bearer token is not one.")
        }
        defer { octets.withUnsafeMutableBytes(wipe) }
        return octets.withUnsafeBytes { octets in
            (0..<count).map { verifier(of: UnsafeRawBufferPointer(rebasing: octets[(32 * $0)..<(32 * $0 + 32)])) }
        }
    }

    /// What follows `Bearer`; nil without an Authorization header.
    ///
    /// - Throws: `otherwise` where the header says something else.
    func bearerText(otherwise: ProblemError) throws(ProblemError) -> String? {
        guard let value = try single(.authorization) else { return nil }
        let parts = value.utf8.split(separator: UInt8(ascii: " "))
        guard parts.count == 2, Substring(parts[0]).lowercased() == "bearer" else { throw otherwise }
        return String(Substring(parts[1]))
    }

    /// The key that names the claim, which every claim call needs.
    func claimKey() throws(ProblemError) -> ClaimKey {
        guard let text = try single(.idempotencyKey), let key = ClaimKey(text) else {
            throw ProblemError(.malformedRequest, "Idempotency-Key must be 22 to 64 base64url characters.")
        }
        return key
    }

    /// The three verifiers that creating needs, all different.
    func verifiers() throws(ProblemError) -> Verifiers {
        var octets: [[UInt8]] = []
        for name in [HTTPField.Name.linkVerifier, .accessVerifier, .receiptVerifier] {
            guard let text = try single(name), let one = Base64URL.decode(text), one.count == 32 else {
                throw ProblemError(.malformedRequest, "\(name.rawName) must be 43 base64url characters.")
            }
            octets.append(one)
        }
        guard let verifiers = Verifiers(link: octets[0], access: octets[1], receipt: octets[2]) else {
            throw ProblemError(.malformedRequest, "The three verifiers must differ.")
        }
        return verifiers
    }

    /// The whole numbers in the query, each at most once, and none but those that are asked for.
    func wholeNumbers(_ names: [String]) throws(ProblemError) -> [String: Int64] {
        var numbers: [String: Int64] = [:]
        for pair in (uri.query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(Substring(parts[0]))
            guard names.contains(name) else { throw ProblemError(.malformedRequest, "A query parameter is unknown.") }
            guard numbers[name] == nil, parts.count == 2, let number = wholeNumber(Substring(parts[1])) else {
                throw ProblemError(.malformedRequest, "\(name) must be one whole number.")
            }
            numbers[name] = number
        }
        return numbers
    }

    /// What the body is, in small letters and without parameters; nil where nothing says so.
    func mediaType() throws(ProblemError) -> String? {
        guard let value = try single(.contentType) else { return nil }
        let type = value.utf8.prefix { $0 != UInt8(ascii: ";") }
        return String(decoding: type.filter { $0 != UInt8(ascii: " ") }, as: UTF8.self).lowercased()
    }

    /// The one value of a header; nil where it is missing.
    func single(_ name: HTTPField.Name) throws(ProblemError) -> String? {
        let values = headers[values: name]
        guard values.count <= 1 else { throw ProblemError(.malformedRequest, "\(name.rawName) is given twice.") }
        return values.first
    }
}

/// `-?[0-9]+`; one that is too large is the largest there is, which is outside every limit as well.
private func wholeNumber(_ text: Substring) -> Int64? {
    let digits = text.utf8.drop { $0 == UInt8(ascii: "-") }
    guard text.utf8.count - digits.count <= 1, !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int64(text) ?? (text.hasPrefix("-") ? .min : .max)
}

extension KeylinkContext {
    /// The ID in the path.
    ///
    /// - Throws: `not-found` for what cannot be one: no answer tells it from an ID that never was.
    func secretID() throws(ProblemError) -> SecretID {
        guard let text = parameters.get("id"), let id = SecretID(text) else { throw ProblemError(.notFound) }
        return id
    }
}
