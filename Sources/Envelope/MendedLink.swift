internal import Foundation

/// What a front end makes of pasted text before it parses (Spec/envelope.md § Mending): chats, mails and terminals wrap links
/// in quotes, brackets and full stops; some percent-encode the `#`; link scanners put the whole link inside one of theirs.
///
/// Nothing here guesses: whatever comes out still has to parse.
public struct MendedLink: Sendable, Equatable {
    /// The link, as far as it could be found; otherwise the text without what stood around it.
    public let text: String
    /// Whether the key stood where a server or a scanner may have seen it. Tell the reader.
    public let wasExposed: Bool

    public init(_ pasted: String) {
        let tail = pasted.unicodeScalars.drop(while: Self.surrounds)
        let trimmed = String(String.UnicodeScalarView(tail.reversed().drop(while: Self.surrounds).reversed()))
        if Self.parses(trimmed) {
            (text, wasExposed) = (trimmed, false)
        } else if let inside = Self.unwrap(trimmed) {
            (text, wasExposed) = (inside, true)
        } else {
            (text, wasExposed) = (trimmed, false)
        }
    }

    /// White space, zero-width characters, quotes of all kinds, brackets, sentence punctuation. Never `-` or `_`: a key may end in them.
    private static func surrounds(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isWhitespace || "\"'`.,;:!?*|".unicodeScalars.contains(scalar) { return true }
        if (0x200B...0x200F).contains(scalar.value) || [0x00AD, 0x2060, 0xFEFF].contains(scalar.value) { return true }
        switch scalar.properties.generalCategory {
        case .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation: return true
        case .mathSymbol: return scalar == "<" || scalar == ">"
        default: return (0x3001...0x3002).contains(scalar.value) || scalar == "…" || scalar == "＂" || scalar == "＇"
        }
    }

    private static func parses(_ text: String) -> Bool {
        (try? Link(parsing: text)) != nil || (try? ReceiptLink(parsing: text)) != nil
    }

    /// Looks for a whole link inside one URL, percent-decoding it up to three times (a wrapper in a wrapper). Where two
    /// different links are found, neither is meant beyond doubt.
    private static func unwrap(_ text: String) -> String? {
        guard text.hasPrefix("http"), !text.contains(where: \.isWhitespace) else { return nil }
        var layer = text
        for _ in 0...3 {
            let links = links(in: layer)
            if !links.isEmpty { return links.count == 1 ? links.first : nil }
            guard let decoded = layer.removingPercentEncoding, decoded != layer else { return nil }
            layer = decoded
        }
        return nil
    }

    /// The links in `text` that parse: each ends 43 characters after its `#`, where no further key character may follow.
    private static func links(in text: String) -> Set<String> {
        var links: Set<String> = []
        var rest = Substring(text)
        while let start = rest.range(of: "http")?.lowerBound {
            let candidate = rest[start...]
            if let hash = candidate.firstIndex(of: "#") {
                let key = candidate[candidate.index(after: hash)...].prefix {
                    $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_")
                }
                let link = String(candidate[..<key.endIndex])
                if parses(link) { links.insert(link) }
            }
            rest = candidate.dropFirst(4)
        }
        return links
    }
}
