public import Envelope
internal import Synchronization

/// What is to be shared, and whether it can be read a second time when a transfer breaks in the middle.
public struct Shipment: Sendable {
    /// Makes the items anew: a file is opened again, from its beginning.
    public let items: @Sendable () throws -> [Item]
    /// False for a long standard input: what has been read is gone.
    public let isRepeatable: Bool

    public init(isRepeatable: Bool = true, items: @escaping @Sendable () throws -> [Item]) {
        self.items = items
        self.isRepeatable = isRepeatable
    }
}

/// The octets of one upload on their way: counted, bounded, and with the reason kept where they end early.
///
/// The HTTP client pulls: nothing is read or sealed before the connection takes it.
struct UploadOctets<Source: AsyncSequence & Sendable>: AsyncSequence, Sendable where Source.Element == [UInt8] {
    let source: Source
    /// Most octets that the server takes.
    let limit: Int64
    let progress: @Sendable (Int64) -> Void
    /// Why the source failed, for whoever gets only the transport's error.
    let failure = FailureBox()

    func makeAsyncIterator() -> Iterator {
        Iterator(source: source.makeAsyncIterator(), upload: self)
    }

    struct Iterator: AsyncIteratorProtocol {
        var source: Source.AsyncIterator
        let upload: UploadOctets
        var count: Int64 = 0

        mutating func next() async throws -> [UInt8]? {
            do {
                guard let octets = try await source.next() else { return nil }
                count += Int64(octets.count)
                guard count <= upload.limit else { throw ClientError.tooLarge(limit: upload.limit) }
                upload.progress(count)
                return octets
            } catch {
                upload.failure.set(error)
                throw error
            }
        }
    }
}

/// The first error put into it.
final class FailureBox: Sendable {
    private let error = Mutex<(any Error)?>(nil)

    func set(_ error: any Error) {
        self.error.withLock { $0 = $0 ?? error }
    }

    var value: (any Error)? { error.withLock { $0 } }
}
