/// The text that Prometheus reads (exposition format 0.0.4), line by line.
struct Exposition {
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// What stands before a family's samples.
    mutating func begin(_ family: MetricFamily) {
        text += "# HELP \(family.name) \(Self.escape(family.help))\n# TYPE \(family.name) \(family.kind.word)\n"
    }

    /// - Parameter labels: as ``labels(_:)`` writes them.
    mutating func sample(_ name: String, _ labels: String = "", _ value: Double) {
        text += labels.isEmpty ? "\(name) \(Self.number(value))\n" : "\(name){\(labels)} \(Self.number(value))\n"
    }

    /// A whole histogram: how many were at most each bound, the sum and the count.
    ///
    /// - Parameter counts: one for each bound and one for what lies above all; each value in the first that holds it.
    mutating func histogram(_ name: String, _ labels: String, bounds: [Double], counts: [Int64], sum: Double) {
        let prefix = labels.isEmpty ? "" : labels + ","
        var count: Int64 = 0
        for (bound, more) in zip(bounds + [.infinity], counts) {
            count += more
            sample("\(name)_bucket", "\(prefix)le=\"\(Self.number(bound))\"", Double(count))
        }
        sample("\(name)_sum", labels, sum)
        sample("\(name)_count", labels, Double(count))
    }

    /// Names with their values, in the order of the names: one text for one set of labels.
    static func labels(_ pairs: [(String, String)]) -> String {
        pairs.sorted { $0.0 < $1.0 }.map { name, value in
            "\(name)=\"\(escape(value).replacing("\"", with: "\\\""))\""
        }.joined(separator: ",")
    }

    /// A number as Go reads it; a whole one without a point.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func escape(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }
}
