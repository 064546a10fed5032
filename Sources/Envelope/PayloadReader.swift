/// What comes out of an envelope, in its order. The end of the sequence means that everything was verified.
public enum EnvelopeEvent: Sendable, Equatable {
    /// An item begins.
    case item(ItemHeader)
    /// Bytes of the item begun last, authenticated.
    case data([UInt8])
}

/// Parses records from verified chunks, wherever these cut them (Spec/envelope.md § Payload).
///
/// After a malformed record it gives nothing more but still lets the rest go by: the boxes that follow must be
/// authenticated, since a failing one makes the envelope `corrupt`.
struct PayloadReader {
    private enum Kind: UInt8 {
        case padding = 0
        case text = 1
        case file = 2
        case type = 3
        case size = 4
        case data = 5
    }

    private enum State {
        /// Collecting a record's kind and length.
        case head([UInt8])
        /// Collecting a short body.
        case body(Kind, length: Int, [UInt8])
        case data(left: UInt64)
        case padding(left: UInt64)
        /// The padding record has ended; nothing may follow.
        case ended
        case malformed
    }

    private struct Malformed: Error {}

    private var state = State.head([])
    private var item: OpenItem?
    private var itemCount = 0

    /// The events that `chunk` completes.
    mutating func push(_ chunk: [UInt8]) -> [EnvelopeEvent] {
        var events: [EnvelopeEvent] = []
        var rest = chunk[...]
        do {
            while !rest.isEmpty { try step(&rest, &events) }
        } catch {
            state = .malformed
        }
        return events
    }

    /// The end of the payload.
    func finish() throws(EnvelopeError) {
        switch state {
        case .ended, .padding(left: 0): return
        default: throw .malformedPayload
        }
    }

    private mutating func step(_ rest: inout ArraySlice<UInt8>, _ events: inout [EnvelopeEvent]) throws {
        switch state {
        case .head(var head):
            head += rest.take(5 - head.count)
            state = .head(head)
            if head.count == 5 { try begin(kind: head[0], length: UInt64(bigEndian: head[1...]), &events) }
        case .body(let kind, let length, var body):
            body += rest.take(length - body.count)
            state = .body(kind, length: length, body)
            if body.count == length { try end(kind, body) }
        case .data(let left):
            let piece = Array(rest.take(Int(clamping: left)))
            try item?.add(piece)
            events.append(.data(piece))
            state = left == piece.count ? .head([]) : .data(left: left - UInt64(piece.count))
        case .padding(let left):
            let piece = rest.take(Int(clamping: left))
            guard left > 0, piece.allSatisfy({ $0 == 0 }) else { throw Malformed() }
            state = left == piece.count ? .ended : .padding(left: left - UInt64(piece.count))
        case .ended:
            throw Malformed()
        case .malformed:
            rest = []
        }
    }

    /// A record's head is complete: lengths that cannot be are refused before anything is collected for them.
    private mutating func begin(kind byte: UInt8, length: UInt64, _ events: inout [EnvelopeEvent]) throws {
        guard let kind = Kind(rawValue: byte) else { throw Malformed() }
        switch kind {
        case .text:
            guard length == 0 else { throw Malformed() }
            try endItem(&events)
            try beginItem(.text)
            state = .head([])
        case .file:
            guard (1...255).contains(length) else { throw Malformed() }
            try endItem(&events)
            state = .body(kind, length: Int(length), [])
        case .type:
            guard let item, item.type == nil, item.size == nil, !item.hasData, (1...255).contains(length) else {
                throw Malformed()
            }
            state = .body(kind, length: Int(length), [])
        case .size:
            guard let item, item.size == nil, !item.hasData, length == 8 else { throw Malformed() }
            state = .body(kind, length: Int(length), [])
        case .data:
            guard item != nil, length > 0 else { throw Malformed() }
            try item?.announce(length)
            if let header = item?.headerOnce() { events.append(.item(header)) }
            state = .data(left: length)
        case .padding:
            try endItem(&events)
            guard ItemRules.itemCount.contains(itemCount) else { throw Malformed() }
            state = .padding(left: length)
        }
    }

    /// A short body is complete.
    private mutating func end(_ kind: Kind, _ body: [UInt8]) throws {
        state = .head([])
        switch kind {
        case .file:
            guard let name = String(validating: body, as: UTF8.self), ItemRules.isName(name) else { throw Malformed() }
            try beginItem(.file(name: name))
        case .type:
            let type = String(decoding: body, as: UTF8.self)
            guard body.allSatisfy({ (0x20...0x7E).contains($0) }) else { throw Malformed() }
            item?.type = type
        default:
            let size = UInt64(bigEndian: body)
            guard size <= ItemRules.maxSize else { throw Malformed() }
            item?.size = size
        }
    }

    private mutating func beginItem(_ kind: ItemHeader.Kind) throws {
        itemCount += 1
        guard itemCount <= ItemRules.itemCount.upperBound else { throw Malformed() }
        item = OpenItem(kind: kind)
    }

    private mutating func endItem(_ events: inout [EnvelopeEvent]) throws {
        if let header = item?.headerOnce() { events.append(.item(header)) }
        try item?.finish()
        item = nil
    }

    /// The item that records are being read for.
    private struct OpenItem {
        let kind: ItemHeader.Kind
        var type: String?
        var size: UInt64?
        private(set) var hasData = false
        private var wasTold = false
        private var announced: UInt64 = 0
        private var text = UTF8Validator()

        init(kind: ItemHeader.Kind) {
            self.kind = kind
        }

        /// The item's event, the first time only: when its data begins, or when it ends without any.
        mutating func headerOnce() -> ItemHeader? {
            defer { wasTold = true }
            return wasTold ? nil : ItemHeader(kind: kind, type: type, size: size)
        }

        mutating func announce(_ length: UInt64) throws {
            hasData = true
            announced += length
            if let size, announced > size { throw Malformed() }
        }

        mutating func add(_ piece: [UInt8]) throws {
            if kind == .text, !text.push(piece) { throw Malformed() }
        }

        func finish() throws {
            guard text.isComplete, size == nil || size == announced else { throw Malformed() }
        }
    }
}

/// Well-formedness of UTF-8 that comes in pieces: what is left of a cut sequence waits for the next piece.
struct UTF8Validator {
    private var tail: [UInt8] = []

    /// Whether no sequence is left open.
    var isComplete: Bool { tail.isEmpty }

    /// Whether what has come so far can be the beginning of well-formed text.
    mutating func push(_ piece: [UInt8]) -> Bool {
        let bytes = tail + piece
        let whole = bytes.count - Self.openSequence(bytes)
        tail = Array(bytes[whole...])
        return String(validating: bytes[..<whole], as: UTF8.self) != nil
    }

    /// How many bytes at the end belong to a sequence that announces more than are there, 0…3.
    private static func openSequence(_ bytes: [UInt8]) -> Int {
        for (distance, byte) in bytes.suffix(3).reversed().enumerated() where byte & 0xC0 != 0x80 {
            let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return needed > distance + 1 ? distance + 1 : 0
        }
        return 0
    }
}

extension ArraySlice<UInt8> {
    /// Removes and returns at most `count` bytes from the front.
    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        let piece = prefix(count)
        removeFirst(piece.count)
        return piece
    }
}
