/// Sizes and times as people write them.
enum Amount {
    /// Octets: `1024`, `500MB`, `1GiB`. Nil for anything else, and for more than fits.
    static func bytes(_ text: String) -> Int64? {
        value(
            text,
            units: [
                "": 1, "b": 1, "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
                "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
            ])
    }

    /// Seconds: `90`, `30m`, `12h`, `7d`, `2w`. Nil for anything else, and for more than fits.
    static func seconds(_ text: String) -> Int64? {
        value(text, units: ["": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800])
    }

    private static func value(_ text: String, units: [String: Int64]) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text[digits.endIndex...].drop { $0 == " " }.lowercased()
        guard let number = Int64(digits), let factor = units[unit] else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : value
    }
}
