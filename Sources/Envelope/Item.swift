/// What is shared: a text or a file, with its bytes as they come (Spec/envelope.md § Payload).
public struct Item: Sendable {
    /// A source of bytes. It is read once, piece by piece; pieces of 64 KiB or so are best.
    public typealias Bytes = any AsyncSequence<[UInt8], any Error> & Sendable

    public let header: ItemHeader
    let bytes: Bytes

    /// - Parameters:
    ///   - type: media type, 1…255 bytes of 0x20…0x7E; nil where unknown.
    ///   - size: bytes that will come; nil where unknown, as on standard input.
    public init(kind: ItemHeader.Kind, type: String? = nil, size: UInt64?, bytes: Bytes) {
        header = ItemHeader(kind: kind, type: type, size: size)
        self.bytes = bytes
    }

    /// A text.
    public static func text(_ text: String) -> Item {
        let bytes = Array(text.utf8)
        return Item(kind: .text, size: UInt64(bytes.count), bytes: ByteSequence([bytes]))
    }

    /// A file called `name`: one path component, whose rules are in Spec/envelope.md § Payload.
    public static func file(name: String, type: String? = nil, size: UInt64?, bytes: Bytes) -> Item {
        Item(kind: .file(name: name), type: type, size: size, bytes: bytes)
    }
}

/// What is known of an item before its data. From an envelope it is untrusted: a name is a label, never a path.
public struct ItemHeader: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case text
        case file(name: String)
    }

    public let kind: Kind
    public let type: String?
    public let size: UInt64?

    public init(kind: Kind, type: String? = nil, size: UInt64? = nil) {
        self.kind = kind
        self.type = type
        self.size = size
    }

    /// The file's name; nil for a text.
    public var name: String? {
        if case .file(let name) = kind { name } else { nil }
    }

    var isText: Bool { kind == .text }
}

/// Bytes that are there already, as a sequence.
public struct ByteSequence: AsyncSequence, Sendable {
    private let pieces: [[UInt8]]

    public init(_ pieces: [[UInt8]]) {
        self.pieces = pieces
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(pieces: pieces.makeIterator())
    }

    public struct Iterator: AsyncIteratorProtocol {
        var pieces: IndexingIterator<[[UInt8]]>

        public mutating func next() async throws -> [UInt8]? {
            pieces.next()
        }
    }
}

/// The rules for names, types and sizes, which writers refuse and readers call malformed.
enum ItemRules {
    static let itemCount = 1...1000
    static let maxSize: UInt64 = (1 << 53) - 1
    /// The longest payload before its padding, and the padding record's own header.
    static let maxPayload: UInt64 = 1 << 39

    /// Unicode scalars decide, never characters: a combining mark must not hide a slash.
    static func isName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && !name.utf8.elementsEqual(".".utf8) && !name.utf8.elementsEqual("..".utf8)
            && name.unicodeScalars.allSatisfy { !isForbidden($0.value) }
    }

    static func isType(_ type: String) -> Bool {
        (1...255).contains(type.utf8.count) && type.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// Separators, controls, line breaks, and what changes the direction of writing (`fdp.exe` shown as `exe.pdf`).
    private static func isForbidden(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x2F, 0x5C, 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
