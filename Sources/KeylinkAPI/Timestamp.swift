/// A moment in UTC, to the millisecond; in JSON the RFC 3339 text `2026-01-31T08:15:00.000Z`.
///
/// Ours rather than Foundation's Date: what is stored, compared and printed is one integer, equal on every machine.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// Seconds since 1970, rounded down.
    public var seconds: Int64 { milliseconds.divided(by: 1000).quotient }

    /// Later by so many seconds. What would lie beyond the last moment there is, is that moment.
    public func adding(seconds: Int64) -> Timestamp {
        let (more, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return adding(milliseconds: overflow ? (seconds < 0 ? .min : .max) : more)
    }

    /// Later by so many milliseconds, within the moments there are.
    public func adding(milliseconds more: Int64) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(more)
        return Timestamp(milliseconds: overflow ? (more < 0 ? .min : .max) : sum)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds.
    public var description: String {
        let (day, within) = milliseconds.divided(by: 86_400_000)
        let (year, month, date) = civil(fromDay: day)
        // Written octet by octet: every answer and every line of a log holds one.
        let parts: [(Int64, Int, UInt8)] = [
            (year, 4, UInt8(ascii: "-")), (month, 2, UInt8(ascii: "-")), (date, 2, UInt8(ascii: "T")),
            (within / 3_600_000, 2, UInt8(ascii: ":")), (within / 60_000 % 60, 2, UInt8(ascii: ":")),
            (within / 1000 % 60, 2, UInt8(ascii: ".")), (within % 1000, 3, UInt8(ascii: "Z")),
        ]
        return String(unsafeUninitializedCapacity: 40) { text in
            var end = 0
            for (number, width, separator) in parts {
                end = write(number, width: width, to: text, at: end)
                text[end] = separator
                end += 1
            }
            return end
        }
    }

    /// Reads RFC 3339 in UTC (`Z`), with any number of fractional digits, of which three are kept; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let letters = Array(text.utf8)
        guard letters.count >= 20, letters.last == UInt8(ascii: "Z"),
            let year = number(letters[0..<4]), letters[4] == UInt8(ascii: "-"),
            let month = number(letters[5..<7]), letters[7] == UInt8(ascii: "-"),
            let date = number(letters[8..<10]), letters[10] == UInt8(ascii: "T"),
            let hour = number(letters[11..<13]), letters[13] == UInt8(ascii: ":"),
            let minute = number(letters[14..<16]), letters[16] == UInt8(ascii: ":"),
            let second = number(letters[17..<19]),
            let fraction = thousandths(letters[19...].dropLast()),
            (1...12).contains(month), hour < 24, minute < 60, second < 60
        else { return nil }
        let day = dayNumber(year: year, month: month, date: date)
        guard civil(fromDay: day) == (year, month, date) else { return nil }
        self.init(milliseconds: day * 86_400_000 + (hour * 3600 + minute * 60 + second) * 1000 + fraction)
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let moment = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 time in UTC")
        }
        self = moment
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Int64 {
    /// Floor division: the remainder is never negative, so that moments before 1970 print right.
    fileprivate func divided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

// The proleptic Gregorian calendar in eras of 400 years (146,097 days) that begin on 1 March, so that the leap day comes last.

private func dayNumber(year: Int64, month: Int64, date: Int64) -> Int64 {
    let (era, yearOfEra) = (month <= 2 ? year - 1 : year).divided(by: 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + date - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private func civil(fromDay day: Int64) -> (year: Int64, month: Int64, date: Int64) {
    let (era, dayOfEra) = (day + 719_468).divided(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
}

/// Writes a number's digits, at least so many, and gives where they end.
private func write(_ number: Int64, width: Int, to text: UnsafeMutableBufferPointer<UInt8>, at start: Int) -> Int {
    var start = start
    if number < 0 {
        text[start] = UInt8(ascii: "-")
        start += 1
    }
    var rest = number.magnitude
    var count = width
    var power: UInt64 = (0..<width).reduce(1) { power, _ in power * 10 }
    while power <= rest {
        power *= 10
        count += 1
    }
    for place in (start..<start + count).reversed() {
        text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
    }
    return start + count
}

private func number(_ digits: some Collection<UInt8>) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        value = value * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    return value
}

private func thousandths(_ letters: ArraySlice<UInt8>) -> Int64? {
    guard let point = letters.first else { return 0 }
    let digits = letters.dropFirst()
    guard point == UInt8(ascii: "."), !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return number((Array(digits) + [48, 48, 48]).prefix(3))
}
