internal import AsyncHTTPClient
internal import KeylinkAPI
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import SystemPackage

/// One request, one answer: what every call of ``KeylinkClient`` is made of.
extension KeylinkClient {
    func request(_ method: HTTPMethod, _ route: Route, query: String = "", bearer: String? = nil) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: server.url(route, query: query))
        request.method = method
        if let bearer { request.headers.add(name: HeaderName.authorization, value: "Bearer \(bearer)") }
        return request
    }

    /// The answer, of whatever status, its body not yet read.
    ///
    /// - Throws: ``ClientError/unreachable(_:)``; `CancellationError`.
    func send(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        do {
            // No deadline for the whole: 10 GB take as long as they take. Silence is bounded by the timeouts.
            return try await http.execute(request, deadline: .distantFuture)
        } catch {
            throw transportError(error)
        }
    }

    /// What Keylink makes of an error of the connection.
    func transportError(_ error: any Error) -> any Error {
        if error is CancellationError || Task.isCancelled { return CancellationError() }
        if let error = error as? ClientError { return error }
        return ClientError.unreachable(printable(reason(of: error)))
    }

    /// A phrase, without what the error happens to hold.
    private func reason(of error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: error.shortDescription
        case let error as IOError: Errno(rawValue: error.errnoCode).description
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason(of: $0.error) } ?? "there is no host of that name"
        case is HTTPParserError: "the server does not speak HTTP there"
        // What a library writes about itself (source paths, error queues) helps nobody who only wants to share.
        default: isAboutTLS(error) ? Self.noTLS : "the connection failed"
        }
    }

    private static let noTLS = "the server does not speak TLS there, or its certificate is not trusted"

    /// By the name of its type: the HTTP client brings the TLS library along, but does not show it.
    private func isAboutTLS(_ error: any Error) -> Bool {
        guard String(reflecting: type(of: error)).hasPrefix("NIOSSL.") else { return false }
        // A connection that broke later than that had found the server trustworthy.
        return !String(describing: error).hasPrefix("uncleanShutdown")
    }

    /// The JSON body of an answer with status `expected`; any other status is the refusal that it is.
    func json<Value: Decodable>(_ type: Value.Type, from response: HTTPClientResponse, expecting expected: UInt = 200)
        async throws -> Value
    {
        guard response.status.code == expected else { throw try await refusal(response) }
        let body = try await shortBody(response)
        do {
            return try JSON.decode(type, from: body)
        } catch {
            throw ClientError.notKeylink(status: Int(expected), what: "its answer could not be read")
        }
    }

    /// `value`, if it can be true: what a server says is shown to people and reckoned with.
    func plausible<Value>(_ value: Value, _ isPlausible: Bool) throws -> Value {
        guard isPlausible else { throw ClientError.notKeylink(status: 200, what: "its answer makes no sense") }
        return value
    }

    func expectNoContent(_ response: HTTPClientResponse) async throws {
        guard response.status.code == 204 else { throw try await refusal(response) }
        _ = try await shortBody(response)
    }

    func refusal(_ response: HTTPClientResponse) async throws -> ClientError {
        let status = Int(response.status.code)
        guard status >= 400 else {
            return .notKeylink(
                status: status, what: (300..<400).contains(status) ? "it sends elsewhere" : "an answer out of place")
        }
        let retryAfter = response.headers.first(name: HeaderName.retryAfter)
        let body: [UInt8]
        do {
            body = try await shortBody(response)
        } catch ClientError.notKeylink {
            body = []  // A gateway's long page: the refusal stays one.
        }
        return .refused(Refusal(status: status, body: body, retryAfter: retryAfter))
    }

    /// A body that is for reading, not for keeping: 64 KiB are more than any answer of the API has.
    private func shortBody(_ response: HTTPClientResponse) async throws -> [UInt8] {
        do {
            return Array(buffer: try await response.body.collect(upTo: 64 << 10))
        } catch is NIOTooManyBytesError {
            throw ClientError.notKeylink(status: Int(response.status.code), what: "its answer is too long")
        } catch {
            throw transportError(error)
        }
    }
}
