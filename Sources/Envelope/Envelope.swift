public import Sodium

// The module reads in this order: Link, Header, Keys, Boxes, PayloadReader and PayloadWriter; on top of them Sealing
// writes an envelope and Opening reads one. Spec/envelope.md is the format, Spec/vectors its examples. There is no
// network here and there are no files. Below are whole values, for secrets that fit into memory.

/// An item of an envelope that was opened whole.
public struct OpenedItem: Sendable, Equatable {
    public let header: ItemHeader
    public private(set) var data: [UInt8] = []

    /// The items that `events`, all of an envelope's, describe.
    public static func items(from events: [EnvelopeEvent]) -> [OpenedItem] {
        var items: [OpenedItem] = []
        for event in events {
            switch event {
            case .item(let header): items.append(OpenedItem(header: header))
            case .data(let data): items[items.count - 1].data += data
            }
        }
        return items
    }
}

/// Opens `envelope`, or nothing of it.
///
/// - Throws: ``EnvelopeError``, `StretchingFailed`.
public func openEnvelope(_ envelope: [UInt8], linkKey: borrowing Key, passphrase: Passphrase? = nil) throws -> [OpenedItem] {
    var reader = EnvelopeReader(linkKey: linkKey, passphrase: passphrase)
    return OpenedItem.items(from: try reader.push(envelope) + reader.finish())
}

extension Sealing {
    /// The whole envelope at once.
    ///
    /// - Throws: as ``octets`` does.
    public func envelope() async throws -> [UInt8] {
        var envelope: [UInt8] = []
        for try await piece in octets { envelope += piece }
        return envelope
    }
}
