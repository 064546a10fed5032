internal import AsyncHTTPClient
public import Envelope
public import KeylinkAPI
internal import NIOCore
internal import NIOHTTP1
internal import Sodium

/// How a secret is to be kept. What is nil is the server's own choice.
public struct SharingOptions: Sendable {
    /// Seconds until it expires.
    public var ttl: Int64?
    /// How often it may be opened.
    public var views: Int?
    /// What a server that restricts sharing asks for.
    public var createToken: String?

    public init(ttl: Int64? = nil, views: Int? = nil, createToken: String? = nil) {
        self.ttl = ttl
        self.views = views
        self.createToken = createToken
    }
}

/// A secret that the server has stored durably.
public struct Shared: ~Copyable, Sendable {
    public let link: Link
    public let receiptLink: ReceiptLink
    public let expiresAt: Timestamp
    public let views: Int
}

extension KeylinkClient {
    /// Hears how many octets have been handed to the connection, and how many there are, where that is known.
    public typealias Progress = @Sendable (_ sent: Int64, _ total: Int64?) -> Void

    /// Envelopes up to this many octets are kept in memory until they are stored, so that they can be sent again as they are.
    static let keptOctets: UInt64 = 1 << 20

    /// Seals `shipment` and stores it, going on by itself where a connection breaks.
    ///
    /// A creation whose answer was lost is asked after with the same verifiers and no body, so that nothing is stored twice.
    /// Where it was not stored, the identical octets go again if they were kept; otherwise everything begins anew, with new
    /// keys: a file may have changed meanwhile, and the same key over other content would use nonces twice.
    ///
    /// - Parameters:
    ///   - limits: what ``limits()`` said; more octets than it allows are not sent.
    /// - Throws: ``ClientError``, `SealingError`, and whatever reading the items throws.
    public func share(
        _ shipment: Shipment, passphrase: Passphrase? = nil, options: SharingOptions = SharingOptions(), limits: Limits,
        progress: @escaping Progress = { _, _ in }
    ) async throws -> Shared {
        var backoff = Backoff()
        while true {
            let sealing = try Sealing(shipment.items(), passphrase: passphrase)
            let receiptKey = Key.random()
            let creation = Creation(
                sealing: sealing, receiptVerifier: ReceiptLink.receiptToken(of: receiptKey).verifier(), options: options)
            switch try await store(creation, limits: limits, progress: progress) {
            case .stored(let created):
                return try shared(as: created, linkKey: sealing.linkKey, receiptKey: receiptKey)
            case .startOver(let reason):
                guard shipment.isRepeatable else {
                    if case .unreachable = reason { throw ClientError.notRepeatable }
                    throw reason
                }
                guard let pause = backoff.pause(asked: reason.retryAfter) else { throw reason }
                try await clock.sleep(for: pause)
            }
        }
    }

    private func shared(as created: Created, linkKey: borrowing Key, receiptKey: borrowing Key) throws -> Shared {
        do {
            return try Shared(
                link: Link(base: server.base, id: created.id, key: linkKey),
                receiptLink: ReceiptLink(base: server.base, id: created.id, key: receiptKey),
                expiresAt: created.expiresAt, views: created.views)
        } catch {
            throw ClientError.notKeylink(status: 201, what: "an ID that no link can hold")
        }
    }

    private enum Outcome {
        case stored(Created)
        /// Nothing is stored under these verifiers and nothing more will be: seal anew.
        case startOver(ClientError)
    }

    /// Brings one sealing to the server.
    private func store(_ creation: Creation, limits: Limits, progress: @escaping Progress) async throws
        -> Outcome
    {
        let size = creation.sealing.size
        if let size, size > UInt64(limits.maxEnvelopeBytes) { throw ClientError.tooLarge(limit: limits.maxEnvelopeBytes) }
        var kept: [UInt8]?
        if let size, size <= Self.keptOctets { kept = try await collect(creation.sealing.octets) }

        var backoff = Backoff()
        while true {
            do {
                let body: UploadBody = kept.map(UploadBody.whole) ?? .stream(creation.sealing.octets, size: size)
                return .stored(try await create(creation, body: body, limit: limits.maxEnvelopeBytes, progress: progress))
            } catch let error as ClientError where error.code == .conflict {
                return .startOver(error)
            } catch let error as ClientError where error.isPassing {
                if let created = try await askAfter(creation) { return .stored(created) }
                guard kept != nil else { return .startOver(error) }
                guard let pause = backoff.pause(asked: error.retryAfter) else { throw error }
                try await clock.sleep(for: pause)
            }
        }
    }

    private func collect(_ octets: SealedOctets) async throws -> [UInt8] {
        var whole: [UInt8] = []
        for try await part in octets { whole += part }
        return whole
    }

    private enum UploadBody {
        case none
        case whole([UInt8])
        case stream(SealedOctets, size: UInt64?)
    }

    private func create(
        _ creation: Creation, body: UploadBody, limit: Int64, progress: @escaping Progress
    ) async throws -> Created {
        var request = request(.POST, .secrets, query: creation.query, bearer: creation.options.createToken)
        request.headers.add(contentsOf: creation.headers)
        var failure: FailureBox?
        switch body {
        case .none:
            request.body = .bytes(ByteBuffer())
        case .whole(let octets):
            request.body = .bytes(ByteBuffer(bytes: octets))
        case .stream(let octets, let size):
            let upload = UploadOctets(source: octets, limit: limit) { progress($0, size.map(Int64.init)) }
            failure = upload.failure
            request.body = .stream(upload.map { ByteBuffer(bytes: $0) }, length: size.map { .known(Int64($0)) } ?? .unknown)
        }
        do {
            let created = try await json(Created.self, from: try await send(request), expecting: 201)
            if case .whole(let octets) = body { progress(Int64(octets.count), Int64(octets.count)) }
            return created
        } catch {
            // A file that could not be read on is the cause; the broken connection only its consequence.
            throw failure?.value ?? error
        }
    }

    /// Whether a creation whose answer was lost has been stored after all: the same verifiers, no body.
    ///
    /// The verifiers are looked up before anything that an empty body could be refused for, so every refusal but those
    /// below says that nothing is stored.
    private func askAfter(_ creation: Creation) async throws -> Created? {
        do {
            return try await retrying { try await create(creation, body: .none, limit: 0, progress: { _, _ in }) }
        } catch let error as ClientError {
            guard case .refused(let refusal) = error, (400..<500).contains(refusal.status),
                ![.missingToken, .notAllowed, .conflict, .claimed, .opened, .expired, .revoked].contains(refusal.code)
            else { throw error }
            return nil
        }
    }
}

/// What one creation sends besides its body; the same for each of its tries.
private struct Creation {
    let sealing: Sealing
    let receiptVerifier: [UInt8]
    let options: SharingOptions

    var headers: HTTPHeaders {
        [
            "Content-Type": MediaType.envelope,
            HeaderName.linkVerifier: Base64URL.encode(sealing.linkVerifier),
            HeaderName.accessVerifier: Base64URL.encode(sealing.accessVerifier),
            HeaderName.receiptVerifier: Base64URL.encode(receiptVerifier),
        ]
    }

    var query: String {
        let members = [options.ttl.map { "\(Parameter.ttl)=\($0)" }, options.views.map { "\(Parameter.views)=\($0)" }]
        let text = members.compactMap(\.self).joined(separator: "&")
        return text.isEmpty ? "" : "?" + text
    }
}
