public import KeylinkAPI

/// Why a call did not do what was asked.
public enum ClientError: Error, Sendable, Equatable {
    /// The server answered, and said no.
    case refused(Refusal)
    /// No connection, or none that lasted: the reason, for people.
    case unreachable(String)
    /// The answer is not one that a Keylink server gives.
    case notKeylink(status: Int, what: String)
    /// Plain `http` on a host that is not this machine, and nobody said that this is all right.
    case plainHTTP(host: String)
    /// Not the address of a server: `http(s)://host[:port][/path]`.
    case malformedAddress(String)
    /// What was to be shared is longer than the server takes, in octets.
    case tooLarge(limit: Int64)
    /// The transfer broke, and the input (a long standard input) cannot be read a second time.
    case notRepeatable
}

/// A problem document (RFC 9457), read leniently: a refusal stays a refusal, whatever a server or a proxy on the way writes.
///
/// Every text in it has passed ``printable(_:limit:)``.
public struct Refusal: Error, Sendable, Equatable {
    public var status: Int
    /// The stable name, where this version knows it.
    public var code: ProblemCode?
    /// A sentence for people, perhaps empty.
    public var detail: String
    /// Seconds after which to come back.
    public var retryAfter: Int?
    /// With 410: since when.
    public var at: Timestamp?
    /// With `lease-ended`: what became of the secret.
    public var state: SecretState?

    package init(
        status: Int, code: ProblemCode? = nil, detail: String = "", retryAfter: Int? = nil, at: Timestamp? = nil,
        state: SecretState? = nil
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
        self.at = at
        self.state = state
    }
}

extension Refusal {
    /// - Parameters:
    ///   - body: the answer's body, perhaps not JSON at all.
    ///   - retryAfter: the header of that name. Only seconds are understood: our servers send no dates.
    init(status: Int, body: [UInt8], retryAfter: String?) {
        let document = try? JSON.decode(Document.self, from: body)
        self.init(
            status: status,
            code: document?.code.flatMap(ProblemCode.init(rawValue:)),
            detail: printable(document?.detail ?? document?.title ?? ""),
            retryAfter: retryAfter.flatMap { Int($0) }.flatMap { $0 >= 0 ? min($0, Self.longestRetryAfter) : nil },
            at: document?.at,
            state: document?.state)
    }

    /// Our servers ask for an hour at most; nobody waits longer than a day because a header says so.
    private static let longestRetryAfter = 86_400

    /// Each member is read for itself: one of a wrong type hides no other.
    private struct Document: Decodable {
        var code: String?
        var title: String?
        var detail: String?
        var at: Timestamp?
        var state: SecretState?

        enum CodingKeys: String, CodingKey { case code, title, detail, at, state }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            code = try? members.decode(String.self, forKey: .code)
            title = try? members.decode(String.self, forKey: .title)
            detail = try? members.decode(String.self, forKey: .detail)
            at = try? members.decode(Timestamp.self, forKey: .at)
            state = try? members.decode(SecretState.self, forKey: .state)
        }
    }
}

extension ClientError {
    /// The stable name that the server gave, where it gave one.
    public var code: ProblemCode? {
        if case .refused(let refusal) = self { refusal.code } else { nil }
    }

    /// Whether the same request may well succeed a little later: no connection, a server that starts or a proxy that misses it.
    var isPassing: Bool {
        switch self {
        case .unreachable: true
        case .refused(let refusal): [502, 503, 504].contains(refusal.status)
        default: false
        }
    }

    /// Whether the server has said that this claim, or all of the secret, is at its end: only then may the claim's key be
    /// forgotten. A bare 404 or 410 is somebody else's, a proxy's perhaps, while the lease may still run.
    public var endsClaim: Bool {
        guard let code else { return false }
        return [.claimed, .opened, .expired, .revoked, .leaseEnded].contains(code)
    }

    /// Whether what refused does not speak as a Keylink server does: in the middle of a transfer, something on the way.
    var isForeign: Bool {
        if case .refused(let refusal) = self { refusal.code == nil } else { false }
    }

    /// The seconds that the server asked for.
    var retryAfter: Int? {
        if case .refused(let refusal) = self { refusal.retryAfter } else { nil }
    }
}

extension Refusal {
    /// What a server says that wants a create token, known before it says so.
    package static let missingToken = Refusal(status: ProblemCode.missingToken.status, code: .missingToken)
}
