/// What `Accept-Encoding` and `Accept-Language` say: names in small letters, the most wanted first, those that are refused
/// (`q=0`) left out.
struct QualityList: Sendable {
    let names: [String]

    init(_ field: String) {
        let wanted = field.split(separator: ",").prefix(Self.most).compactMap(Self.element)
        // A name with the same weight as another keeps its place: sorting alone does not promise that.
        names = wanted.enumerated().sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }.map(\.element.name)
    }

    /// More than anybody means.
    private static let most = 64

    private static func element(_ text: Substring) -> (name: String, weight: Double)? {
        let parts = text.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
        guard let name = parts.first, !name.isEmpty else { return nil }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
        return weight > 0 ? (name, weight) : nil
    }
}
