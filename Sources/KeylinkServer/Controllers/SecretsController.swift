import CoreMetrics
import HTTPTypes
import Hummingbird
import KeylinkAPI
import Logging
import NIOCore
import SecretStore

/// Limits, creating, looking, receipts and revoking.
struct SecretsController: Sendable {
    let store: any SecretStore
    let limits: Limits
    let createTokens: CreateTokens?
    let visitors: Visitors
    let metrics: ServerMetrics

    func addRoutes(to router: Router<KeylinkContext>) {
        router.on(.limits, .get) { _, _ in try .json(limits) }
        router.on(.secrets, .post, use: create)
        router.on(.secret, .get, use: look)
        router.on(.secret, .delete, use: revoke)
        router.on(.receipt, .get, use: receipt)
    }

    /// Stores a new secret, or answers with the one that these verifiers made before: a client whose answer was lost asks
    /// again, whatever the body then. So the verifiers come right after the permission, and before everything that could be wrong.
    private func create(_ request: Request, _ context: KeylinkContext) async throws -> Response {
        try authorise(request)
        let verifiers = try request.verifiers()
        if let earlier = try await store.existing(verifiers) { return try created(earlier) }

        let numbers = try request.wholeNumbers([Parameter.ttl, Parameter.views])
        let ttl = numbers[Parameter.ttl] ?? limits.ttl.default
        let views = numbers[Parameter.views] ?? 1
        guard (limits.ttl.min...limits.ttl.max).contains(ttl) else { throw ProblemError(.ttlOutOfRange) }
        guard (1...Int64(limits.maxViews)).contains(views) else { throw ProblemError(.viewsOutOfRange) }
        guard try request.mediaType() == MediaType.envelope else { throw ProblemError(.unsupportedMediaType) }

        // From here on it costs something, and is counted until it is done.
        var visit = try visitors.enter(request, context)
        let length = try length(of: request)
        if let length { try visit.reserve(length) }
        let secret = NewSecret(verifiers: verifiers, ttl: ttl, views: Int(views))
        return try created(try await receive(request, length, secret, on: context.channel, &visit))
    }

    /// What Content-Length says, where that is an envelope's.
    private func length(of request: Request) throws(ProblemError) -> Int64? {
        guard let length = try request.single(.contentLength).flatMap(Int64.init) else { return nil }
        guard length <= limits.maxEnvelopeBytes else { throw ProblemError(.tooLarge) }
        guard length >= EnvelopeRules.minimumCount else { throw ProblemError(.malformedEnvelope) }
        return length
    }

    /// The body, octet by octet into the store; whatever is wrong with it, nothing of it stays.
    private func receive(
        _ request: Request, _ length: Int64?, _ secret: NewSecret, on channel: any Channel, _ visit: inout Visit
    ) async throws -> Created {
        metrics.uploads.increment()
        defer { metrics.uploads.decrement() }
        let upload = try await store.upload(size: length)
        do {
            channel.triggerUserOutboundEvent(BodyGuard.Demand.body, promise: nil)
            var count: Int64 = 0
            var start: [UInt8] = []
            for try await octets in request.body {
                count += Int64(octets.readableBytes)
                metrics.receivedBytes.increment(by: octets.readableBytes)
                guard count <= limits.maxEnvelopeBytes else { throw ProblemError(.tooLarge) }
                try visit.took(Int64(octets.readableBytes))
                if start.count < EnvelopeRules.magic.count {
                    start += octets.readableBytesView.prefix(EnvelopeRules.magic.count - start.count)
                    guard EnvelopeRules.magic.starts(with: start) else { throw ProblemError(.malformedEnvelope) }
                }
                try await upload.append(octets)
            }
            guard length == nil || length == count else { throw BodyGuard.Failure.incomplete }
            guard count >= EnvelopeRules.minimumCount else { throw ProblemError(.malformedEnvelope) }
            return try await upload.commit(secret)
        } catch {
            await upload.abandon()
            throw error
        }
    }

    private func created(_ secret: Created) throws -> Response {
        try .json(secret, status: .created, headers: [.location: "/api/v1/secrets/\(secret.id)"])
    }

    private func authorise(_ request: Request) throws(ProblemError) {
        guard let createTokens else { return }
        guard let token = try request.bearerText(otherwise: ProblemError(.notAllowed)) else {
            throw ProblemError(.missingToken, headers: [.wwwAuthenticate: #"Bearer realm="keylink""#])
        }
        guard createTokens.contains(token) else { throw ProblemError(.notAllowed) }
    }

    private func look(_ request: Request, _ context: KeylinkContext) async throws -> Response {
        let token = try request.bearerVerifiers(1)?.first
        let id = try context.secretID()
        guard let token else { throw ProblemError(.notFound) }
        return try .json(try await store.look(id, link: token))
    }

    private func receipt(_ request: Request, _ context: KeylinkContext) async throws -> Response {
        let token = try request.bearerVerifiers(1)?.first
        let id = try context.secretID()
        guard let token else { throw ProblemError(.notFound) }
        return try .json(try await store.receipt(id, receipt: token))
    }

    private func revoke(_ request: Request, _ context: KeylinkContext) async throws -> Response {
        let token = try request.bearerVerifiers(1)?.first
        let id = try context.secretID()
        guard let token else { throw ProblemError(.notFound) }
        try await store.revoke(id, receipt: token)
        return Response(status: .noContent)
    }
}
