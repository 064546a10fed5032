/// Writes items as records, piece by piece, and the padding at the end (Spec/envelope.md § Payload).
///
/// The same items give the same bytes: data of known size goes out in one record (several of 2^32 − 1 where it is longer),
/// of unknown size in records of 65536 bytes and a shorter last one.
struct PayloadWriter {
    private static let maxRecord: UInt64 = (1 << 32) - 1
    private static let pieceSize = 65536

    private var items: IndexingIterator<[Item]>
    private var current: OpenItem?
    /// Bytes of all records so far.
    private var length: UInt64 = 0
    /// Zeros still to come; nil before the padding record.
    private var padding: UInt64?

    init(_ items: [Item]) {
        self.items = items.makeIterator()
    }

    /// The next piece of the payload, or nil after its last byte.
    mutating func next() async throws -> [UInt8]? {
        if let left = padding { return pad(left) }
        let piece = try await record()
        length += UInt64(piece.count)
        guard length + 5 <= ItemRules.maxPayload else { throw SealingError.tooLong }
        return piece
    }

    private mutating func record() async throws -> [UInt8] {
        if let piece = try await current?.next() { return piece }
        current = nil
        if let item = items.next() {
            current = OpenItem(item)
            return Self.opening(of: item.header)
        }
        let zeros = Padding.padded(length + 5) - (length + 5)
        padding = zeros
        return Self.head(0, zeros)
    }

    private mutating func pad(_ left: UInt64) -> [UInt8]? {
        guard left > 0 else { return nil }
        let count = min(left, UInt64(Self.pieceSize))
        padding = left - count
        return [UInt8](repeating: 0, count: Int(count))
    }

    /// Bytes of the whole payload, padding included; nil where a size is not known.
    static func size(of items: [ItemHeader]) -> UInt64? {
        var length: UInt64 = 0
        for item in items {
            guard let size = item.size else { return nil }
            length += UInt64(opening(of: item).count) + size + (size + maxRecord - 1) / maxRecord * 5
        }
        return Padding.padded(length + 5)
    }

    /// The records that stand before an item's data.
    private static func opening(of item: ItemHeader) -> [UInt8] {
        let name = Array((item.name ?? "").utf8)
        var bytes = head(item.isText ? 1 : 2, UInt64(name.count)) + name
        if let type = item.type { bytes += head(3, UInt64(type.utf8.count)) + Array(type.utf8) }
        if let size = item.size { bytes += head(4, 8) + size.bigEndianBytes }
        return bytes
    }

    private static func head(_ kind: UInt8, _ length: UInt64) -> [UInt8] {
        [kind] + UInt32(truncatingIfNeeded: length).bigEndianBytes
    }

    /// The item whose data is being written.
    private struct OpenItem {
        private let header: ItemHeader
        private var source: any AsyncIteratorProtocol<[UInt8], any Error>
        private var written: UInt64 = 0
        /// Bytes that the current record still waits for, where the size is known.
        private var recordLeft: UInt64 = 0
        /// Bytes that wait for their record to fill, where it is not.
        private var pending: [UInt8] = []
        private var hasEnded = false
        private var text = UTF8Validator()

        init(_ item: Item) {
            header = item.header
            source = item.bytes.makeAsyncIterator()
        }

        /// A piece of data with the record heads it needs, or nil at the item's end.
        mutating func next() async throws -> [UInt8]? {
            guard let size = header.size else { return try await nextOfUnknownSize() }
            guard let data = try await read() else {
                guard written == size else { throw SealingError.sizeMismatch }
                return nil
            }
            guard UInt64(data.count) <= size - written else { throw SealingError.sizeMismatch }
            var output: [UInt8] = []
            var rest = data[...]
            while !rest.isEmpty {
                if recordLeft == 0 {
                    recordLeft = min(size - written, maxRecord)
                    output += head(5, recordLeft)
                }
                let piece = rest.take(Int(clamping: recordLeft))
                output += piece
                recordLeft -= UInt64(piece.count)
                written += UInt64(piece.count)
            }
            return output
        }

        private mutating func nextOfUnknownSize() async throws -> [UInt8]? {
            while pending.count < pieceSize, let data = try await read() { pending += data }
            guard !pending.isEmpty else { return nil }
            // Whatever a piece of the source holds goes out at once, in full records; only a shorter rest waits.
            var output: [UInt8] = []
            var rest = pending[...]
            while rest.count >= pieceSize || (hasEnded && !rest.isEmpty) {
                let piece = rest.take(pieceSize)
                output += head(5, UInt64(piece.count)) + piece
            }
            pending = Array(rest)
            return output
        }

        /// The source's next bytes that are not none.
        private mutating func read() async throws -> [UInt8]? {
            while !hasEnded {
                guard let data = try await source.next(isolation: nil) else {
                    hasEnded = true
                    guard text.isComplete else { throw SealingError.invalidText }
                    return nil
                }
                if header.isText, !text.push(data) { throw SealingError.invalidText }
                if !data.isEmpty { return data }
            }
            return nil
        }
    }
}

/// How long a payload becomes, so that its length says little about what is in it (Nikitin et al., "Reducing Metadata
/// Leakage from Encrypted Files and Communication with PURBs", PETS 2019, § 4).
enum Padding {
    private static let least: UInt64 = 256

    /// `max(256, padme(length))`.
    static func padded(_ length: UInt64) -> UInt64 {
        max(least, padme(length))
    }

    /// Rounds `length`, at least 2, up by at most 12 %: only the few highest bits of the result are free.
    static func padme(_ length: UInt64) -> UInt64 {
        let exponent = 63 - UInt64(length.leadingZeroBitCount)
        let significand = 64 - UInt64(exponent.leadingZeroBitCount)  // ⌊log2 exponent⌋ + 1
        guard exponent > significand else { return length }
        let mask = (UInt64(1) << (exponent - significand)) - 1
        return (length + mask) & ~mask
    }
}
