internal import Foundation
internal import KeylinkAPI

/// `1.5 MB`: what people read. Decimal units, as file managers show them.
func size(_ octets: some BinaryInteger) -> String {
    guard octets >= 1000 else { return "\(octets) bytes" }
    var (value, unit) = (Double(octets) / 1000, 0)
    let units = ["kB", "MB", "GB", "TB"]
    // Rounding must not show 1000.0 kB.
    while value >= 999.95, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return String(format: "%.1f %@", value, units[unit] as NSString)
}

/// `90 s`, `5 min`, `2 h`: rounded up, since it is used for how long to wait. Days only where nothing needs rounding.
func duration(_ seconds: Int) -> String {
    switch seconds {
    case ..<120: "\(seconds) s"
    case ..<7200: "\((seconds - 1) / 60 + 1) min"
    case 172_800... where seconds.isMultiple(of: 86_400): "\(seconds / 86_400) days"
    default: "\((seconds - 1) / 3600 + 1) h"
    }
}

/// A moment in the user's own time zone, which it names.
func localTime(_ moment: Timestamp, format: String = "yyyy-MM-dd HH:mm:ss zzz") -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = format
    return formatter.string(from: Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000))
}

extension Timestamp {
    /// The system's clock. It is shown to people and kept in records; nothing is decided by it but what old receipts to forget.
    static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

/// Seconds of a time as people write it: `90s`, `15m`, `12h`, `7d`, `2w`, or a bare number of seconds; nil for anything else.
func seconds(_ text: String) -> Int64? {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? text[...] : text.dropLast()
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int64(digits), number > 0 else {
        return nil
    }
    let (total, isTooLong) = number.multipliedReportingOverflow(by: unit ?? 1)
    return isTooLong ? nil : total
}
