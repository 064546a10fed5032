import HTTPTypes
import Hummingbird
import KeylinkAPI
import Logging
import NIOCore
import NIOHTTP1
import SecretStore

/// One line a request and one count: the route's name, the method, the status, the time until the answer's head was ready.
/// No path, ID, query or header.
struct ObserveMiddleware: RouterMiddleware {
    typealias Context = KeylinkContext

    let metrics: ServerMetrics

    func handle(
        _ request: Request, context: KeylinkContext, next: @concurrent (Request, KeylinkContext) async throws -> Response
    ) async throws -> Response {
        let start = NIODeadline.now()
        let response = try await next(request, context)
        let duration = NIODeadline.now() - start
        let observed = Observed(
            handler: context.endpointPath, path: request.uri.path, method: request.method, status: response.status)
        metrics.note(observed, took: duration)
        context.logger.info(
            "request",
            metadata: [
                "method": .string(observed.method), "milliseconds": "\(Double(duration.nanoseconds / 1000) / 1000)",
                "route": .string(observed.route), "status": "\(observed.status)",
            ])
        return response
    }
}

/// Turns every error into a problem document, our own, the store's and Hummingbird's, and says which methods a path has.
/// Where nothing is, people get a page instead.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = KeylinkContext

    let site: SiteController
    let metrics: ServerMetrics

    func handle(
        _ request: Request, context: KeylinkContext, next: @concurrent (Request, KeylinkContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPParserError {
            // Not HTTP any more: the connection answers by itself and closes.
            throw error
        } catch {
            let problem = problem(for: error, request, context)
            let asksForOctets = request.method == .post || request.method == .get
            metrics.noteRefusal(problem.code, isClaim: asksForOctets && context.endpointPath == Endpoint.claim.name)
            return try (problem.code == .notFound ? site.answerForPeople(request) : nil) ?? problem.response()
        }
    }

    private func problem(for error: any Error, _ request: Request, _ context: KeylinkContext) -> ProblemError {
        switch error {
        case let error as ProblemError: return error
        case let refusal as Refusal: return ProblemError(refusal: refusal)
        case let error as BodyGuard.Failure: return error.problem
        case let error as HTTPError where error.status == .notFound:
            guard let endpoint = site.endpoint(at: request.uri.path), !endpoint.allowed.contains(request.method) else {
                return ProblemError(.notFound, "There is nothing here.")
            }
            return ProblemError(.methodNotAllowed, headers: [.allow: endpoint.allow])
        case let error as any HTTPResponseError where (400..<500).contains(error.status.code):
            return ProblemError(.malformedRequest)
        case is IOError, is ChannelError:
            // The connection broke while the body was read: the client's end, not ours.
            context.logger.debug("a body broke off", metadata: ["error": "\(type(of: error))"])
            return BodyGuard.Failure.incomplete.problem
        case _ where !context.channel.isActive:
            // As above, in the words of HTTP/2: a stream that its client took back.
            context.logger.debug("a stream ended", metadata: ["error": "\(type(of: error))"])
            return BodyGuard.Failure.incomplete.problem
        default:
            context.logger.error("a request failed", metadata: ["error": "\(type(of: error))"])
            return ProblemError(.internal)
        }
    }
}

/// Answers OPTIONS on every path there is: browsers ask before they call from another origin.
struct OptionsMiddleware: RouterMiddleware {
    typealias Context = KeylinkContext

    let site: SiteController

    func handle(
        _ request: Request, context: KeylinkContext, next: @concurrent (Request, KeylinkContext) async throws -> Response
    ) async throws -> Response {
        guard request.method == .options, let endpoint = site.endpoint(at: request.uri.path) else {
            return try await next(request, context)
        }
        return Response(status: .noContent, headers: [.allow: endpoint.allow])
    }
}

/// Refuses new work while the server waits for the old to end: creating, claiming, reading. What lets a secret come to its
/// end is still heard, acknowledging and revoking, and so is what a browser asks before either.
struct DrainMiddleware: RouterMiddleware {
    typealias Context = KeylinkContext

    let availability: Availability

    func handle(
        _ request: Request, context: KeylinkContext, next: @concurrent (Request, KeylinkContext) async throws -> Response
    ) async throws -> Response {
        if availability.isDraining, request.method != .delete {
            throw ProblemError(.shuttingDown, headers: [.retryAfter: "5", .connection: "close"])
        }
        return try await next(request, context)
    }
}
