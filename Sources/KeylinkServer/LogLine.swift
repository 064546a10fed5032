import KeylinkAPI
import Logging

/// One event on its way to becoming one line.
///
/// Nothing that is put in can end the line, begin another, or speak to a terminal: what does not show is written as JSON writes
/// it, `\u` and four digits, in both formats.
struct LogLine {
    private let format: LogFormat
    private var text: String

    init(_ format: LogFormat, time: Timestamp, level: Logger.Level, message: String) {
        self.format = format
        switch format {
        case .text:
            text = "\(time) \(level.rawValue) "
            append(escaping: message, quotes: false)
        case .json:
            text = "{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"message\":\""
            append(escaping: message, quotes: true)
            text += "\""
        }
    }

    mutating func append(_ key: String, _ value: String) {
        switch format {
        case .text:
            text += " "
            append(escaping: key, quotes: true)
            text += "="
            let isWord = !value.isEmpty && value.utf8.allSatisfy { Self.isPlain($0) && $0 != UInt8(ascii: " ") }
            if !isWord { text += "\"" }
            append(escaping: value, quotes: true)
            if !isWord { text += "\"" }
        case .json:
            // What every line has belongs to the line.
            guard !["time", "level", "message"].contains(key) else { return }
            text += ",\""
            append(escaping: key, quotes: true)
            text += "\":\""
            append(escaping: value, quotes: true)
            text += "\""
        }
    }

    var whole: String { text + (format == .json ? "}\n" : "\n") }

    private mutating func append(escaping more: String, quotes: Bool) {
        if more.utf8.allSatisfy(Self.isPlain) {
            text += more
            return
        }
        for scalar in more.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"" where quotes: text += "\\\""
            case "\n": text += "\\n"
            case _ where Self.shows(scalar): text.unicodeScalars.append(scalar)
            default: for unit in String(scalar).utf16 { text += "\\u" + Self.fourDigits(unit) }
            }
        }
    }

    /// ASCII that stands for itself everywhere.
    private static func isPlain(_ octet: UInt8) -> Bool {
        (0x20...0x7E).contains(octet) && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\")
    }

    /// Whether it is a letter, a sign or a space that leaves the line as it is: no control, no change of direction.
    private static func shows(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }

    private static func fourDigits(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
