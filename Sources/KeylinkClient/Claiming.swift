internal import AsyncHTTPClient
public import KeylinkAPI
internal import NIOCore
internal import NIOHTTP1
public import Sodium

/// One claim on one secret: what the three calls under a claim's key have in common.
public struct Claim: Sendable {
    public let id: String
    /// Names the claim at the server: the same key again takes no further view.
    public let key: ClaimKey
    /// L‖A, for the Authorization header. Worth a claim, not the content.
    let bearer: String

    public init(id: String, key: ClaimKey, linkToken: borrowing Key, accessToken: borrowing Key) {
        self.id = id
        self.key = key
        bearer = Base64URL.encode(linkToken.withUnsafeBytes(Array.init) + accessToken.withUnsafeBytes(Array.init))
    }
}

extension ClaimKey {
    /// A name for a new claim: 128 random bits.
    public static func random() -> ClaimKey {
        guard let key = ClaimKey(Base64URL.encode(Random.bytes(16))) else { preconditionFailure("22 letters are a claim's key") }
        return key
    }
}

extension KeylinkClient {
    /// Takes a view and returns the envelope, whose octets come as they are asked for. A broken transfer goes on by itself.
    ///
    /// Where no answer came the claim is made again under the same key: it takes a view once, however often it is sent.
    ///
    /// - Throws: ``ClientError``: `wrong-key` where the passphrase was wrong (no view is taken), 409 `lease-ended`, 410.
    public func claim(_ claim: Claim) async throws -> Download {
        try await retrying {
            let response = try await send(claimRequest(.POST, claim))
            guard response.status == .ok else { throw try await refusal(response) }
            return try Download(client: self, claim: claim, response: response)
        }
    }

    /// Tells the server that all of it arrived, verified, and is safe here: the octets go, if nobody else holds a lease.
    ///
    /// - Throws: ``ClientError``. The secret is gone for others anyway once the lease runs out.
    public func acknowledge(_ claim: Claim) async throws {
        try await retrying { try await expectNoContent(try await send(claimRequest(.DELETE, claim))) }
    }

    func claimRequest(_ method: HTTPMethod, _ claim: Claim) throws -> HTTPClientRequest {
        var request = request(method, .claim(try secretID(claim.id)), bearer: claim.bearer)
        request.headers.add(name: HeaderName.idempotencyKey, value: claim.key.text)
        return request
    }
}
