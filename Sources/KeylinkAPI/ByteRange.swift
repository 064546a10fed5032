/// What a `Range` header asks of an envelope of known size.
///
/// One of `bytes=a-b`, `bytes=a-`, `bytes=-n`. Everything else (several ranges, another unit, a last before the first, and
/// any `Range` beside an `If-Range`) is as if it had not been sent, which RFC 9110 § 14.2 lets a server do: the client then
/// gets the whole, never the wrong part.
public enum ByteRange: Hashable, Sendable {
    /// Everything, status 200.
    case whole
    /// These octets, never empty, status 206.
    case part(Range<Int64>)
    /// Nothing of the envelope lies in it: status 416 with `Content-Range: bytes */SIZE`.
    case unsatisfiable

    /// - Parameters:
    ///   - header: the value of `Range`; nil where there is none.
    ///   - ifRange: whether an `If-Range` came too. There are no validators here that it could match.
    ///   - size: octets of the envelope.
    public init(header: String?, ifRange: Bool = false, size: Int64) {
        guard let header, !ifRange, let (first, last) = Self.bounds(of: header) else {
            self = .whole
            return
        }
        switch (first, last) {
        case (let first?, let last):
            guard first <= last ?? .max else {
                self = .whole
                return
            }
            self = first < size ? .part(first..<min(last ?? .max, size - 1) + 1) : .unsatisfiable
        case (nil, let count?):
            self = count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .unsatisfiable
        case (nil, nil):
            self = .whole
        }
    }

    /// The octets to send of an envelope of this size; nil where there are none.
    public func octets(of size: Int64) -> Range<Int64>? {
        switch self {
        case .whole: 0..<size
        case .part(let octets): octets
        case .unsatisfiable: nil
        }
    }

    /// The value of `Content-Range` that goes with it; nil with 200.
    public func contentRange(of size: Int64) -> String? {
        switch self {
        case .whole: nil
        case .part(let octets): "bytes \(octets.lowerBound)-\(octets.upperBound - 1)/\(size)"
        case .unsatisfiable: "bytes */\(size)"
        }
    }

    /// The text on either side of the hyphen as numbers; nil where the header is not of the one form understood.
    private static func bounds(of header: String) -> (first: Int64?, last: Int64?)? {
        let letters = Array(header.utf8)
        guard letters.count > 6, String(header.prefix(6)).lowercased() == "bytes=" else { return nil }
        let sides = letters[6...].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard sides.count == 2, let first = number(sides[0]), let last = number(sides[1]) else { return nil }
        return first == nil && last == nil ? nil : (first, last)
    }

    /// `.some(nil)` for no digits at all, nil for anything that is not a digit. A number too large is the largest there is:
    /// beyond the end of every envelope, which is what it means.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int64?? {
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        guard !digits.isEmpty else { return .some(nil) }
        return .some(
            digits.reduce(Int64(0)) { value, digit in
                let (tens, over) = value.multipliedReportingOverflow(by: 10)
                let (sum, beyond) = tens.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
                return over || beyond ? .max : sum
            })
    }
}
