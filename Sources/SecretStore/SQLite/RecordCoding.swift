import Foundation
import KeylinkAPI

/// Leases and events as octets in a secret's row: fixed widths, big-endian, so that a step of a life writes one row.
///
/// A lease is 56 octets (hash of the key 32, started 8, deadline 8, ended 8; 0: runs). An event is 9 (what 1, at 8).
enum RecordCoding {
    static func encode(_ leases: [Lease]) -> Data {
        var data = Data(capacity: leases.count * leaseWidth)
        for lease in leases {
            data.append(contentsOf: lease.keyHash)
            append(lease.startedAt.milliseconds, to: &data)
            append(lease.deadline.milliseconds, to: &data)
            append(lease.endedAt?.milliseconds ?? 0, to: &data)
        }
        return data
    }

    static func encode(_ events: [SecretEvent]) -> Data {
        var data = Data(capacity: events.count * eventWidth)
        for event in events {
            data.append(UInt8(whats.firstIndex(of: event.what) ?? 0))
            append(event.at.milliseconds, to: &data)
        }
        return data
    }

    static func leases(_ octets: [UInt8]) throws -> [Lease] {
        try pieces(of: octets, leaseWidth).map { piece in
            let ended = integer(piece[48..<56])
            return Lease(
                keyHash: Array(piece[0..<32]), startedAt: Timestamp(milliseconds: integer(piece[32..<40])),
                deadline: Timestamp(milliseconds: integer(piece[40..<48])),
                endedAt: ended == 0 ? nil : Timestamp(milliseconds: ended))
        }
    }

    static func events(_ octets: [UInt8]) throws -> [SecretEvent] {
        try pieces(of: octets, eventWidth).map { piece in
            guard Int(piece[0]) < whats.count else { throw CorruptRecord() }
            return SecretEvent(at: Timestamp(milliseconds: integer(piece[1..<9])), what: whats[Int(piece[0])])
        }
    }

    private static let leaseWidth = 56
    private static let eventWidth = 9
    /// The order is the format: only ever append.
    private static let whats: [SecretEvent.What] = [
        .created, .claimed, .acknowledged, .lapsed, .failed, .expired, .revoked,
    ]

    private static func append(_ value: Int64, to data: inout Data) {
        withUnsafeBytes(of: value.bigEndian) { data.append(contentsOf: $0) }
    }

    private static func integer(_ octets: ArraySlice<UInt8>) -> Int64 {
        Int64(bitPattern: octets.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private static func pieces(of octets: [UInt8], _ width: Int) throws -> [[UInt8]] {
        guard octets.count % width == 0 else { throw CorruptRecord() }
        return stride(from: 0, to: octets.count, by: width).map { Array(octets[$0..<($0 + width)]) }
    }
}

/// A row that this version could not have written.
struct CorruptRecord: Error {}
