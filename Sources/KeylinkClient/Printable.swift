/// Text that came from somebody else, made harmless for a terminal and short enough for a line.
///
/// Control characters could move the cursor or retitle the window, format characters could reorder what the reader sees;
/// both become U+FFFD, as do private characters, which look like whatever a font says.
public func printable(_ text: String, limit: Int = 300) -> String {
    var output = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(limit) {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            output.append("\u{FFFD}")
        default:
            output.append(scalar)
        }
    }
    if text.unicodeScalars.count > limit { output.append("…") }
    return String(output)
}
