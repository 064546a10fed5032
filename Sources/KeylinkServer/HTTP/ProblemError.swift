import Foundation
import HTTPTypes
import Hummingbird
import KeylinkAPI
import NIOCore
import NIOHTTP1
import SecretStore

/// A refusal on its way to becoming a problem document (RFC 9457).
struct ProblemError: Error {
    let code: ProblemCode
    var detail: String
    var headers: HTTPFields = [:]
    var at: Timestamp?
    var state: SecretState?

    init(_ code: ProblemCode, _ detail: String? = nil, headers: HTTPFields = [:]) {
        self.code = code
        self.detail = detail ?? code.detail
        self.headers = headers
    }

    init(refusal: Refusal) {
        switch refusal {
        case .notFound: self.init(.notFound)
        case .wrongKey: self.init(.wrongKey)
        case .noLease: self.init(.noLease)
        case .conflict: self.init(.conflict)
        // Room comes when secrets are opened or expire; nobody knows when that is.
        case .storageFull: self.init(.storageFull, headers: [.retryAfter: "60"])
        case .storageUnavailable: self.init(.storageUnavailable, headers: [.retryAfter: "5"])
        case .leaseEnded(let state):
            self.init(.leaseEnded)
            self.state = state
        case .gone(let state, let at):
            self.init(ProblemCode(state) ?? .internal)
            self.at = at
        case .tooManyAttempts(let milliseconds):
            self.init(.tooManyAttempts, headers: [.retryAfter: "\((milliseconds + 999) / 1000)"])
        }
    }

    func response() throws -> Response {
        let words = HTTPResponseStatus(statusCode: code.status).reasonPhrase
        let status = HTTPResponse.Status(code: code.status, reasonPhrase: words)
        let problem = Problem(code, title: words, detail: detail, at: at, state: state)
        return try .json(problem, status: status, mediaType: MediaType.problem, headers: headers)
    }
}

extension Response {
    /// A JSON body with its length.
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, mediaType: String = KeylinkAPI.MediaType.json,
        headers: HTTPFields = [:]
    ) throws -> Response {
        var headers = headers
        headers[.contentType] = mediaType
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: try jsonEncoder.encode(value))))
    }

    /// One for all: it holds settings only.
    private static let jsonEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
}

extension ProblemCode {
    /// A sentence for people. Programs go by the code.
    var detail: String {
        switch self {
        case .malformedRequest: "The request cannot be understood."
        case .malformedEnvelope: "The body is not an envelope."
        case .missingToken: "Creating a secret on this server needs a token."
        case .notAllowed: "This token does not allow creating a secret."
        case .wrongKey: "The passphrase is wrong; nothing was opened."
        case .notFound: "There is no such secret, or the link is not whole."
        case .methodNotAllowed: "This cannot be done here."
        case .tooSlow: "The body came too slowly."
        case .conflict: "Some of these verifiers belong to another secret; draw all of them anew."
        case .leaseEnded: "This claim has ended."
        case .noLease: "There is no claim under this key."
        case .claimed: "Somebody is opening this secret, and it had no view left."
        case .opened: "This secret has been opened."
        case .expired: "This secret waited until its time was over."
        case .revoked: "The sender took this secret back."
        case .tooLarge: "The envelope is larger than this server takes."
        case .unsupportedMediaType: "The body must be application/octet-stream."
        case .range: "The envelope has no octets there."
        case .ttlOutOfRange: "The time to live is outside this server's limits."
        case .viewsOutOfRange: "The number of views is outside this server's limits."
        case .tooManyRequests: "Too many requests; come back later."
        case .tooManyAttempts: "Too many wrong passphrases; come back later."
        case .internal: "Something went wrong here."
        case .shuttingDown: "The server is shutting down; try again."
        case .storageUnavailable: "The storage does not answer; try again."
        case .storageFull: "The storage is full."
        }
    }
}
