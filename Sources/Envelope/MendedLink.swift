internal import Foundation
internal import Sodium

/// The link in what people paste (Spec/envelope.md § Pasted links): chats, mails, trackers and terminals wrap links, break them
/// and add to them; some percent-encode the `#`; link scanners put the whole link inside one of theirs.
///
/// Nothing here guesses: `text` parses as a link or a receipt link, and leads to the host that the pasted text names.
public struct MendedLink: Sendable, Equatable {
    /// How the key travelled where somebody may have seen it.
    public enum Exposure: String, Sendable {
        /// As part of a path or a query, which is sent to the server (`%23`).
        case escaped
        /// Inside the address of a link scanner.
        case wrapped
    }

    public let text: String
    /// Tell the reader.
    public let exposure: Exposure?

    /// - Throws: what is wrong, where no link or more than one is in it.
    public init(_ pasted: String) throws(LinkFault) {
        let layers = Escapes.layers(of: pasted)
        for layer in layers {
            let found = Self.links(in: layer, pasted: layers[0])
            guard Set(found.map(\.text)).count < 2 else { throw .several }
            if let link = found.first {
                self = link
                return
            }
        }
        throw LinkFault(of: layers[layers.count - 1])
    }

    private init(text: String, exposure: Exposure?) {
        (self.text, self.exposure) = (text, exposure)
    }

    private static func links(in layer: String, pasted: String) -> [MendedLink] {
        LinkPattern.starts.flatMap { start in
            layer.matches(of: LinkPattern.regex(start + LinkPattern.place + LinkPattern.between + LinkPattern.secret)).compactMap
            {
                link($0, in: layer, pasted: pasted)
            }
        }
    }

    private static func link(_ match: Regex<AnyRegexOutput>.Match, in layer: String, pasted: String) -> MendedLink? {
        func part(_ name: String) -> String { match.output[name]?.substring.map { String($0) } ?? "" }
        let (scheme, host, rest) = (part("scheme"), part("host"), part("rest"))
        let said = scheme.isEmpty ? (isLocal(host) ? "http://" : "https://") : scheme.lowercased()
        let key = part("key").isEmpty ? part("pieces") : part("key")
        let text = said + host.lowercased() + rest + LinkPattern.join(part("id")) + "#" + LinkPattern.join(key)
        let before = layer[..<match.range.lowerBound].unicodeScalars
        let word = String(Substring.UnicodeScalarView(before.reversed().prefix { $0 != " " && $0 != "\n" }.reversed()))
        let isWrapped = word.contains("://")
        // Unescaping must not move a link to another host: `https://one.example%2F@other.example` is the other's.
        guard isWrapped || pasted.contains(scheme + host + rest), parses(text) else { return nil }
        let isEscaped = part("mark") == String(Escapes.hash)
        return MendedLink(text: text, exposure: isWrapped ? .wrapped : isEscaped ? .escaped : nil)
    }

    /// Without a scheme it is https, but where nothing leaves this machine.
    private static func isLocal(_ host: String) -> Bool {
        host.lowercased().wholeMatch(of: /localhost|127(?:\.[0-9]+){3}|\[::1\]/) != nil
    }

    private static func parses(_ text: String) -> Bool {
        (try? Link(parsing: text)) != nil || (try? ReceiptLink(parsing: text)) != nil
    }
}

/// What is wrong with what was pasted.
public enum LinkFault: Error, Sendable, Equatable {
    /// There is no `#` after the ID.
    case noKey
    /// So many characters stand where the key should have 43.
    case cut(found: Int)
    case surplus(found: Int)
    /// More than one link.
    case several
    /// Anything else.
    case mistyped

    /// As the vectors name it.
    public var name: String {
        switch self {
        case .noKey: "no-key"
        case .cut: "cut"
        case .surplus: "surplus"
        case .several: "several"
        case .mistyped: "mistyped"
        }
    }

    /// How many characters stand in the key's place, where there are too few or too many.
    public var found: Int? {
        switch self {
        case .cut(let found), .surplus(let found): found
        case .noKey, .several, .mistyped: nil
        }
    }

    fileprivate init(of layer: String) {
        let places = LinkPattern.starts.lazy.compactMap { layer.firstMatch(of: LinkPattern.regex($0 + LinkPattern.place)) }
        guard let place = places.first else {
            self = .mistyped
            return
        }
        let after = String(layer[place.range.upperBound...])
        guard let mark = after.prefixMatch(of: LinkPattern.regex(LinkPattern.between)) else {
            self = after.unicodeScalars.first.map(LinkPattern.isKeyCharacter) == true ? .mistyped : .noKey
            return
        }
        let found = Self.keyLength(after[mark.range.upperBound...])
        self = found < 43 ? .cut(found: found) : found > 43 ? .surplus(found: found) : .mistyped
    }

    /// Over lines it is one key, up to the next word.
    private static func keyLength(_ text: Substring) -> Int {
        let closing = LinkPattern.regex("[\(LinkPattern.closing)]")
        var rest = text.unicodeScalars
        while let last = rest.last, String(last).wholeMatch(of: closing) != nil { rest.removeLast() }
        let joined = String(rest).replacing(/\ +/, with: " ").replacing(/=\n| ?\n[ >]*|%0[9AaDd]/, with: "")
        let words = joined.replacing("%20", with: " ").split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        return words.first?.unicodeScalars.count ?? 0
    }
}

/// What a link looks like before it is mended.
private enum LinkPattern {
    /// What mail programs, chats and terminals put between two characters: white space, escaped or not, soft breaks, quoting.
    private static let joint = #"(?:=\n|\n *>|[ \n]|%20|%0[9AaDd])"#
    private static let key = "[A-Za-z0-9_\\-]"
    /// What may stand before a link that has no scheme. A full stop or a colon may be what is left of a host.
    private static let opening = #" \n\p{Pi}\p{Pf}\p{Ps}"'`´<>|*·•"#
    /// What ends sentences, besides. Never `-` or `_`: a key may end in them.
    static let closing = opening + #"\p{Pe}.,;:!?…。、！？，；：＂＇"#

    /// A link that has no scheme stands alone: anywhere else nobody knows where its host begins.
    static let starts = ["(?<scheme>[Hh][Tt][Tt][Pp][Ss]?://)", #"^["# + opening + #"]*(?=[A-Za-z0-9\[])(?<scheme>)"#]
    static let place =
        #"(?<host>[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\])(?<rest>(?::[0-9]+)?(?:/[A-Za-z0-9._~!$&()*+,;=:@\-]+)*/[sr]/)"#
        + "(?<id>(?:\(joint)*\(key)){22})"
    /// A tracker's query may follow the ID; one that holds an address is a scanner's.
    static let between =
        "\(joint)*(?:/\(joint)*)?(?:\\?(?:(?!://|/[sr]/)[^ \\n#\(Escapes.hash)])*\(joint)*)?(?<mark>[#\(Escapes.hash)])"
    /// Whole, wherever it ends; or in pieces, with nothing after them that might be one more.
    static let secret =
        "(?:\(joint)*(?<key>\(key){43})(?!\(key)|\\p{M})|(?<pieces>(?:\(joint)*\(key)){43})(?=[\(closing)]*$))"

    static func regex(_ pattern: String) -> Regex<AnyRegexOutput> {
        guard let regex = try? Regex(pattern) else { preconditionFailure("not a pattern: \(pattern)") }
        return regex.matchingSemantics(.unicodeScalar)
    }

    static func join(_ pieces: String) -> String { pieces.replacing(regex(joint), with: "") }

    static func isKeyCharacter(_ scalar: Unicode.Scalar) -> Bool {
        String(scalar).wholeMatch(of: regex(key)) != nil
    }
}

/// Text with its escapes undone, one layer after the other: a scanner puts an address, percent-encoded, into its own, and another
/// scanner that of the first.
private enum Escapes {
    /// What stands for a `#` that was escaped, so that it can be told from one that was not.
    static let hash: Unicode.Scalar = "\u{E023}"

    static func layers(of pasted: String) -> [String] {
        var layers = [plain(pasted)]
        var next = decoded(readDefence(layers[0]))
        while layers.count < 4, next != layers[layers.count - 1] {
            layers.append(next)
            next = decoded(next)
        }
        return layers
    }

    /// White space of all kinds, and what cannot be seen at all, is one kind of space or one kind of line break.
    private static func plain(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            switch (scalar.value, scalar.properties.generalCategory) {
            case (0x0A, _) where previous == "\r": break
            case (0x0A...0x0D, _), (0x85, _), (0x2028...0x2029, _): plain.append("\n")
            case (0x09, _), (_, .spaceSeparator), (_, .format): plain.append(" ")
            default: plain.append(scalar)
            }
            previous = scalar
        }
        return String(plain)
    }

    /// All but white space, which would tear apart what it stands in.
    private static func decoded(_ layer: String) -> String {
        let escapes = LinkPattern.regex("(?:%(?:2[1-9A-Fa-f]|[3-9A-Fa-f][0-9A-Fa-f]))+")
        return plain(
            layer.replacing("%23", with: String(hash)).replacing(escapes) { match in
                let escaped = match.output[0].substring.map { String($0) } ?? ""
                return escaped.removingPercentEncoding ?? escaped
            })
    }

    /// Two forms that one scanner writes: `u=https-3A__host_s_…-23…` (a hyphen for the percent sign, an underscore for the slash),
    /// and `__https://host/s/…*…__;Iw!!…` (an asterisk for each sign that stands, in base64, after the semicolon).
    private static func readDefence(_ text: String) -> String {
        text.replacing(/(\/v2\/url\?(?:[^ \n]*&)?u=)([A-Za-z0-9_.\-]+)/.matchingSemantics(.unicodeScalar), maxReplacements: 1) {
            $0.1 + readHyphens(String($0.2))
        }
        .replacing(/(\/v3\/__)([^ \n]+?)__;([A-Za-z0-9_\-]*)!/.matchingSemantics(.unicodeScalar), maxReplacements: 1) {
            $0.1 + readStars(String($0.2), String($0.3)) + " "
        }
    }

    private static func readHyphens(_ link: String) -> String {
        link.replacing("_", with: "/").replacing(/-([0-9A-Fa-f]{2})/) { code in
            UInt8(code.1, radix: 16).map { String(Unicode.Scalar($0)) } ?? String(code.0)
        }
    }

    private static func readStars(_ link: String, _ encoded: String) -> String {
        var signs = (Base64URL.decode(encoded) ?? [])[...]
        return String(link.map { $0 == "*" ? signs.popFirst().map { Character(Unicode.Scalar($0)) } ?? $0 : $0 })
    }
}
