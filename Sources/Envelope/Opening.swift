public import Sodium

/// An envelope on its way to being opened, known by its parameters alone: checked before anything is stretched or sent.
///
///     let opening = try Opening(parameters: looked.parameters, linkKey: link.key)
///     let unlocked = try opening.unlock(passphrase: passphrase)       // then claim, with L and A
///     for try await event in unlocked.events(from: octets) { … }
public final class Opening: Sendable {
    public let parameters: Parameters
    private let keys: LinkKeys

    /// - Throws: `wrong-link` where the sender did not write these parameters. Without this check a server could ask for a
    ///   passphrase where there is none, choose the salt, or make stretching cheap or ruinous.
    public init(parameters: Parameters, linkKey: borrowing Key) throws(EnvelopeError) {
        self.parameters = parameters
        keys = LinkKeys(linkKey)
        guard constantTimeEqual(keys.tag(parameters.bytes), parameters.linkTag) else { throw .wrongLink }
    }

    /// Stretches the passphrase where one is needed (one given without need is ignored) and derives the access token.
    /// Nothing tells here whether the passphrase is right: the server does, by the access token, or the commitment.
    ///
    /// - Throws: `passphrase-required`; `StretchingFailed` without memory for Argon2.
    public func unlock(passphrase: Passphrase?) throws -> Unlocked {
        Unlocked(parameters: parameters, linkToken: keys.linkToken, keys: try keys.unlock(parameters, passphrase: passphrase))
    }
}

/// The keys of one envelope, under one passphrase.
public final class Unlocked: Sendable {
    public let parameters: Parameters
    /// L and A, which claim together.
    public let linkToken: Key
    package let keys: SealedKeys

    init(parameters: Parameters, linkToken: borrowing Key, keys: consuming EnvelopeKeys) {
        self.parameters = parameters
        self.linkToken = linkToken.clone()
        self.keys = SealedKeys(keys)
    }

    /// A: shown to the server, with L, to claim.
    public var accessToken: Key { keys.envelope.accessToken.clone() }

    /// What is in the envelope whose octets are `octets`, all of them, header first.
    public func events<Octets: AsyncSequence & Sendable>(from octets: Octets) -> EnvelopeEvents<Octets>
    where Octets.Element == [UInt8] {
        EnvelopeEvents(octets: octets, reader: EnvelopeReader(unlocked: self))
    }
}

/// The events of an envelope as its octets come; constant memory. Throws ``EnvelopeError``, or what the octets throw:
/// a broken transfer must throw there, since an end is taken for the envelope's.
public struct EnvelopeEvents<Octets: AsyncSequence & Sendable>: AsyncSequence, Sendable where Octets.Element == [UInt8] {
    let octets: Octets
    let reader: EnvelopeReader

    public func makeAsyncIterator() -> Iterator {
        Iterator(octets: octets.makeAsyncIterator(), reader: reader)
    }

    public struct Iterator: AsyncIteratorProtocol {
        var octets: Octets.AsyncIterator
        var reader: EnvelopeReader
        private var events: ArraySlice<EnvelopeEvent> = []
        private var hasEnded = false

        init(octets: Octets.AsyncIterator, reader: EnvelopeReader) {
            self.octets = octets
            self.reader = reader
        }

        public mutating func next() async throws -> EnvelopeEvent? {
            while events.isEmpty, !hasEnded {
                if let piece = try await octets.next() {
                    events = try reader.push(piece)[...]
                } else {
                    hasEnded = true
                    events = try reader.finish()[...]
                }
            }
            return events.popFirst()
        }
    }
}

/// Reads an envelope from octets that are pushed in, in pieces of any size: what ``EnvelopeEvents`` and ``openEnvelope(_:linkKey:passphrase:)`` stand on.
public struct EnvelopeReader: Sendable {
    private enum Source: Sendable {
        /// Looked at before: the header must be the same.
        case unlocked(Unlocked)
        /// Nothing but the link.
        case link(LinkSecret, Passphrase?)
    }

    private enum Stage: Sendable {
        case header(Source, [UInt8])
        case boxes
    }

    private var stage: Stage
    private var boxes: BoxReader?
    private var payload = PayloadReader()

    /// Reads an envelope that was looked at.
    public init(unlocked: Unlocked) {
        stage = .header(.unlocked(unlocked), [])
    }

    /// Reads an envelope of which only the link is known, as from a file.
    public init(linkKey: borrowing Key, passphrase: Passphrase? = nil) {
        stage = .header(.link(LinkSecret(linkKey), passphrase), [])
    }

    /// The events that `octets` complete, everything in them authenticated.
    ///
    /// - Throws: ``EnvelopeError``, `StretchingFailed`. Nothing more may be pushed then.
    public mutating func push(_ octets: [UInt8]) throws -> [EnvelopeEvent] {
        var rest = octets[...]
        if case .header(let source, var header) = stage {
            header += rest.take(Parameters.headerCount - header.count)
            stage = .header(source, header)
            try Parameters.checkVersion(header)
            guard header.count == Parameters.headerCount else { return [] }
            try open(header, source)
        }
        return try boxes?.push(rest).flatMap { payload.push($0) } ?? []
    }

    /// The last events. Everything was verified when this returns.
    ///
    /// - Throws: ``EnvelopeError``.
    public mutating func finish() throws(EnvelopeError) -> [EnvelopeEvent] {
        guard let last = try boxes?.finish() else { throw .malformedHeader }
        let events = payload.push(last)
        try payload.finish()
        return events
    }

    private mutating func open(_ header: [UInt8], _ source: Source) throws {
        let parameters = try Parameters(parsing: Array(header.prefix(Parameters.count)))
        let unlocked: Unlocked
        switch source {
        case .unlocked(let known):
            guard known.parameters == parameters else { throw EnvelopeError.wrongLink }
            unlocked = known
        case .link(let secret, let passphrase):
            unlocked = try Opening(parameters: parameters, linkKey: secret.key).unlock(passphrase: passphrase)
        }
        guard constantTimeEqual(Array(header.suffix(Key.count)), unlocked.keys.envelope.commitment) else {
            throw EnvelopeError.wrongKey
        }
        boxes = BoxReader(keys: unlocked.keys, chunkLog2: parameters.chunkLog2)
        stage = .boxes
    }

    /// A link key that a reader can hold until the header is there.
    private final class LinkSecret: Sendable {
        let key: Key

        init(_ key: borrowing Key) {
            self.key = key.clone()
        }
    }
}
