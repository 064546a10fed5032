internal import AsyncHTTPClient
internal import KeylinkAPI
internal import NIOCore
internal import NIOHTTP1

/// The octets of a claimed envelope, to be iterated once: what the connection has brought and, where it breaks, the rest
/// under the same claim, from the octet where it broke.
public struct Download: AsyncSequence, Sendable {
    /// Octets of the envelope, as the server announced them.
    public let size: Int64
    let client: KeylinkClient
    let claim: Claim
    private let first: HTTPClientResponse.Body

    init(client: KeylinkClient, claim: Claim, response: HTTPClientResponse) throws {
        guard let size = response.headers.first(name: "Content-Length").flatMap({ Int64($0) }) else {
            // Without its length the end of the transfer could not be told from a cut.
            throw ClientError.notKeylink(status: Int(response.status.code), what: "an envelope without its length")
        }
        self.size = size
        self.client = client
        self.claim = claim
        first = response.body
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(download: self, body: first.makeAsyncIterator())
    }

    public struct Iterator: AsyncIteratorProtocol {
        let download: Download
        /// What is left of the answer that is being read; nil after it broke.
        var body: HTTPClientResponse.Body.AsyncIterator?
        /// Octets handed on so far.
        var offset: Int64 = 0
        /// Octets of the current answer that were had before it.
        var skip: Int64 = 0
        var backoff = Backoff()

        /// - Throws: ``ClientError``: the connection broke too often without bringing anything, or the lease has ended.
        public mutating func next() async throws -> [UInt8]? {
            while offset < download.size {
                do {
                    if body == nil { try await reopen() }
                    if let octets = try await nextOfAnswer() { return octets }
                    throw ClientError.unreachable("the transfer ended early")
                } catch {
                    let error = download.client.transportError(error)
                    body = nil
                    guard let passing = error as? ClientError, passing.isPassing || passing.isForeign,
                        let pause = backoff.pause(asked: passing.retryAfter)
                    else { throw error }
                    try await download.client.clock.sleep(for: pause)
                }
            }
            return nil
        }

        private mutating func nextOfAnswer() async throws -> [UInt8]? {
            while let buffer = try await body?.next() {
                let had = Swift.min(skip, Int64(buffer.readableBytes))
                skip -= had
                let octets = Array(buffer.readableBytesView.dropFirst(Int(had)))
                guard !octets.isEmpty else { continue }
                guard offset + Int64(octets.count) <= download.size else {
                    throw ClientError.notKeylink(status: 200, what: "more octets than it announced")
                }
                offset += Int64(octets.count)
                backoff.reset()
                return octets
            }
            return nil
        }

        /// Asks for the rest. A server may answer a range with the whole: then what was had is passed over.
        private mutating func reopen() async throws {
            let client = download.client
            var request = try client.claimRequest(.GET, download.claim)
            if offset > 0 { request.headers.add(name: HeaderName.range, value: "bytes=\(offset)-") }
            let response = try await client.send(request)
            switch response.status {
            case .ok:
                skip = offset
            case .partialContent where response.headers.first(name: "Content-Range") == expectedRange:
                skip = 0
            case .partialContent:
                throw ClientError.notKeylink(status: 206, what: "another part than was asked for")
            default:
                throw try await client.refusal(response)
            }
            body = response.body.makeAsyncIterator()
        }

        private var expectedRange: String { "bytes \(offset)-\(download.size - 1)/\(download.size)" }
    }
}

extension AsyncSequence where Self: Sendable, Element == [UInt8] {
    /// The same octets; `told` hears how many have come so far.
    package func counted(_ told: @escaping @Sendable (Int64) -> Void) -> CountedOctets<Self> {
        CountedOctets(source: self, told: told)
    }
}

package struct CountedOctets<Source: AsyncSequence & Sendable>: AsyncSequence, Sendable where Source.Element == [UInt8] {
    let source: Source
    let told: @Sendable (Int64) -> Void

    package func makeAsyncIterator() -> Iterator {
        Iterator(source: source.makeAsyncIterator(), told: told)
    }

    package struct Iterator: AsyncIteratorProtocol {
        var source: Source.AsyncIterator
        let told: @Sendable (Int64) -> Void
        var count: Int64 = 0

        package mutating func next() async throws -> [UInt8]? {
            guard let octets = try await source.next() else { return nil }
            count += Int64(octets.count)
            told(count)
            return octets
        }
    }
}
