public import Sodium
internal import Synchronization

/// Items on their way into an envelope: draws the keys, says what the server needs to know, and gives the octets.
///
///     let sealing = try Sealing([.text("correct horse")])
///     for try await octets in sealing.octets { … }        // to the server, with both verifiers
///     let link = try Link(base: base, id: id, key: sealing.linkKey)
///
/// Link key and salt are drawn anew for every sealing and the octets can be had once: the same keys over other content
/// would use nonces twice. Whoever retries sends the identical octets or seals again.
public final class Sealing: Sendable {
    /// What writers use (Spec/envelope.md § Header).
    package static let chunkLog2 = 16
    package static let opslimit: UInt32 = 3
    package static let memlimitKiB: UInt32 = 65536

    /// K, for the link. It is not in the envelope.
    public let linkKey: Key
    /// The envelope's first 48 bytes.
    public let parameters: Parameters
    /// What the server stores of the link token and of the access token: 32 bytes each.
    public let linkVerifier, accessVerifier: [UInt8]
    /// Length of the envelope in octets; nil where an item's size is not known.
    public let size: UInt64?
    /// The envelope.
    public let octets: SealedOctets

    package let keys: SealedKeys

    /// Seals `items`, 1…1000 of them. With a passphrase that is not empty it is stretched here, which takes a moment.
    ///
    /// - Throws: ``SealingError`` where an item or their number breaks a rule; `StretchingFailed` without memory for Argon2.
    public convenience init(_ items: [Item], passphrase: Passphrase? = nil) throws {
        try self.init(items, passphrase: passphrase, linkKey: .random(), salt: Random.bytes(16))
    }

    /// For tests against the vectors: the same octets again need the same link key and salt.
    package init(
        _ items: [Item], passphrase: Passphrase?, linkKey: consuming Key, salt: [UInt8], chunkLog2: Int = chunkLog2,
        opslimit: UInt32 = opslimit, memlimitKiB: UInt32 = memlimitKiB
    ) throws {
        try Self.check(items.map(\.header))
        let needsPassphrase = passphrase.map { !$0.isEmpty } ?? false
        let linkKeys = LinkKeys(linkKey)
        let untagged = Parameters.untagged(
            needsPassphrase: needsPassphrase, chunkLog2: chunkLog2, opslimit: needsPassphrase ? opslimit : 0,
            memlimitKiB: needsPassphrase ? memlimitKiB : 0, salt: salt)
        parameters = try Parameters(parsing: untagged + linkKeys.tag(untagged))
        keys = SealedKeys(try linkKeys.unlock(parameters, passphrase: passphrase))
        linkVerifier = linkKeys.linkToken.verifier()
        accessVerifier = keys.envelope.accessToken.verifier()
        size = PayloadWriter.size(of: items.map(\.header)).map { Self.envelopeSize(payload: $0, chunkLog2: chunkLog2) }
        octets = SealedOctets(
            header: parameters.bytes + keys.envelope.commitment, boxes: BoxWriter(keys: keys, chunkLog2: chunkLog2),
            payload: PayloadWriter(items))
        self.linkKey = linkKey
    }

    private static func check(_ items: [ItemHeader]) throws(SealingError) {
        guard ItemRules.itemCount.contains(items.count) else { throw .itemCount }
        var total: UInt64 = 0
        for item in items {
            if let name = item.name, !ItemRules.isName(name) { throw .invalidName }
            if let type = item.type, !ItemRules.isType(type) { throw .invalidType }
            if let size = item.size {
                // Each below 2^53, at most a thousand: the sum cannot overflow.
                guard size <= ItemRules.maxSize else { throw .tooLong }
                total += size
            }
        }
        guard total <= ItemRules.maxPayload else { throw .tooLong }
    }

    private static func envelopeSize(payload: UInt64, chunkLog2: Int) -> UInt64 {
        let chunkSize = UInt64(1) << UInt64(chunkLog2)
        return UInt64(Parameters.headerCount) + payload + (payload + chunkSize - 1) / chunkSize * UInt64(Secretbox.overhead)
    }
}

/// The octets of an envelope as they are sealed, in pieces of about a chunk; at most one piece of an item is held in memory.
/// To be iterated once: a second iterator throws ``SealingError/alreadySealed``.
public struct SealedOctets: AsyncSequence, Sendable {
    private let header: [UInt8]
    private let boxes: BoxWriter
    private let payload: @Sendable () -> PayloadWriter
    private let wasStarted = Once()

    init(header: [UInt8], boxes: BoxWriter, payload: @autoclosure @escaping @Sendable () -> PayloadWriter) {
        self.header = header
        self.boxes = boxes
        self.payload = payload
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(stage: wasStarted.enter() ? .header(header) : .refused, boxes: boxes, payload: payload())
    }

    public struct Iterator: AsyncIteratorProtocol {
        enum Stage {
            case refused
            case header([UInt8])
            case boxes
            case ended
        }

        var stage: Stage
        var boxes: BoxWriter
        var payload: PayloadWriter

        public mutating func next() async throws -> [UInt8]? {
            switch stage {
            case .refused:
                throw SealingError.alreadySealed
            case .header(let header):
                stage = .boxes
                return header
            case .boxes:
                while let piece = try await payload.next() {
                    let octets = boxes.push(piece)
                    if !octets.isEmpty { return octets }
                }
                stage = .ended
                return boxes.finish()
            case .ended:
                return nil
            }
        }
    }

    /// Lets one caller in.
    private final class Once: Sendable {
        private let entered = Atomic(false)

        func enter() -> Bool {
            !entered.exchange(true, ordering: .relaxed)
        }
    }
}
