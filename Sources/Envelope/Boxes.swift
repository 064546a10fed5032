internal import Sodium

/// Chunks and boxes (Spec/envelope.md § Boxes): box i is the secretbox of chunk i under nonce i.
///
/// The nonce says which box it is and whether it is the last, so that a cut, a swap, a repeat and anything appended fail.
enum Box {
    static func nonce(_ index: UInt64, isLast: Bool) -> [UInt8] {
        [UInt8](repeating: 0, count: 15) + [isLast ? 1 : 0] + index.bigEndianBytes
    }
}

/// Cuts a payload into chunks and seals each. A chunk waits until more follows it, since the last is sealed differently.
struct BoxWriter {
    private let keys: SealedKeys
    private let chunkSize: Int
    private var pending: [UInt8] = []
    private var index: UInt64 = 0

    init(keys: SealedKeys, chunkLog2: Int) {
        self.keys = keys
        chunkSize = 1 << chunkLog2
    }

    /// The boxes that are complete with `payload`.
    mutating func push(_ payload: [UInt8]) -> [UInt8] {
        pending += payload
        var output: [UInt8] = []
        var start = 0
        while pending.count - start > chunkSize {
            output += seal(pending[start..<(start + chunkSize)], isLast: false)
            start += chunkSize
        }
        pending.removeFirst(start)
        return output
    }

    /// The last box. A payload is never empty: its padding record is always there.
    mutating func finish() -> [UInt8] {
        seal(pending[...], isLast: true)
    }

    private mutating func seal(_ chunk: ArraySlice<UInt8>, isLast: Bool) -> [UInt8] {
        defer { index += 1 }
        return Secretbox.seal(chunk, nonce: Box.nonce(index, isLast: isLast), key: keys.envelope.contentKey)
    }
}

/// Opens boxes one after the other. A box waits until more follows it, since only the end of the octets makes one the last.
struct BoxReader {
    private let keys: SealedKeys
    private let boxSize: Int
    private var pending: [UInt8] = []
    private var index: UInt64 = 0

    init(keys: SealedKeys, chunkLog2: Int) {
        self.keys = keys
        boxSize = (1 << chunkLog2) + Secretbox.overhead
    }

    /// The chunks that are complete and verified with `octets`.
    mutating func push(_ octets: some Collection<UInt8>) throws(EnvelopeError) -> [[UInt8]] {
        pending += octets
        var chunks: [[UInt8]] = []
        var start = 0
        while pending.count - start > boxSize {
            chunks.append(try open(pending[start..<(start + boxSize)], isLast: false))
            start += boxSize
        }
        pending.removeFirst(start)
        return chunks
    }

    /// The last chunk.
    mutating func finish() throws(EnvelopeError) -> [UInt8] {
        // No box at all, or one without content, even an authentic one: a cut at a box's border must not pass for an end.
        guard pending.count > Secretbox.overhead else { throw .corrupt }
        return try open(pending[...], isLast: true)
    }

    private mutating func open(_ box: ArraySlice<UInt8>, isLast: Bool) throws(EnvelopeError) -> [UInt8] {
        defer { index += 1 }
        guard let chunk = Secretbox.open(box, nonce: Box.nonce(index, isLast: isLast), key: keys.envelope.contentKey) else {
            throw .corrupt
        }
        return chunk
    }
}

/// Keys cannot be copied; streams can. What a stream holds is a reference.
package final class SealedKeys: Sendable {
    package let envelope: EnvelopeKeys

    init(_ keys: consuming EnvelopeKeys) {
        envelope = keys
    }
}
