/// Names for files that somebody else has named (Spec/envelope.md § Payload: a name is a label, never a path).
///
/// The format already keeps slashes, control and direction characters out. What is left can still mean something to a shell
/// or a system: a hidden `.bashrc`, an option `-rf`, a home `~root`, a device `con`.
package enum OutputNames {
    /// Bytes of a name that file systems take.
    private static let limit = 255

    /// A harmless name, as like `label` as can be: an underscore goes before what a system or a shell would take amiss.
    package static func safe(_ label: String) -> String {
        var name = label
        // Both are dropped or refused at the end by some file systems, so that two names would become one.
        if let last = name.unicodeScalars.last, last == " " || last == "." { name += "_" }
        let opensBadly = name.unicodeScalars.first.map { ".-~ ".unicodeScalars.contains($0) } ?? true
        if opensBadly || isDevice(name) { name = "_" + name }
        return shortened(name, to: limit)
    }

    /// The `number`th name for the same label: `report (2).pdf`.
    package static func numbered(_ name: String, _ number: Int) -> String {
        guard number > 1 else { return name }
        let (stem, suffix) = split(name)
        let ending = " (\(number))" + suffix
        return shortened(stem, to: limit - ending.utf8.count) + ending
    }

    /// Two names with the same key may be one file: on systems that fold case, or that normalise.
    package static func collisionKey(_ name: String) -> String {
        // Swift compares canonically; folding by way of capitals makes ß and ss meet.
        name.uppercased().lowercased()
    }

    /// What Windows, and file systems shared with it, take for a device whatever the extension.
    private static func isDevice(_ name: String) -> Bool {
        let stem = name.prefix { $0 != "." }.uppercased()
        if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(stem) { return true }
        return stem.count == 4 && (stem.hasPrefix("COM") || stem.hasPrefix("LPT")) && "0123456789¹²³".contains(stem.suffix(1))
    }

    /// The extension goes with the last point, where what follows looks like one.
    private static func split(_ name: String) -> (stem: String, suffix: String) {
        guard let point = name.unicodeScalars.lastIndex(of: "."), point != name.startIndex else { return (name, "") }
        let suffix = String(name[point...])
        return suffix.utf8.count <= 16 ? (String(name[..<point]), suffix) : (name, "")
    }

    /// Cut between scalars, before the extension.
    private static func shortened(_ name: String, to limit: Int) -> String {
        guard name.utf8.count > limit else { return name }
        let (stem, suffix) = split(name)
        var scalars = stem.unicodeScalars
        while String(scalars).utf8.count + suffix.utf8.count > limit, !scalars.isEmpty { scalars.removeLast() }
        return String(scalars) + suffix
    }
}
