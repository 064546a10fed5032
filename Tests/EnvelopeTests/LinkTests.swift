import Envelope
import Sodium
import Testing

private let id = "AAECAwQFBgcICQoLDA0ODw"
private let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
private let link = "https://keylink.example/s/\(id)#\(key)"

@Suite struct LinkTests {
    @Test(
        "parses into its parts, and back",
        arguments: [
            "https://keylink.example", "http://127.0.0.1:8080", "https://[::1]:1", "https://a/s/x",
            "https://a.b-c:65535/~x/(y)/s",
        ])
    func parts(base: String) throws {
        let text = "\(base)/s/\(id)#\(key)"
        let link = try Link(parsing: text)
        #expect(link.base == base)
        #expect(link.id == id)
        #expect(link.key.base64URL() == key)
        #expect(link.text == text)
        #expect(try Link(base: base, id: id, key: link.key).text == text)
    }

    @Test(
        "what a server answers cannot smuggle anything into a link",
        arguments: [
            ("https://a", "AAECAwQFBgcICQoLDA0OD"), ("https://a", "AAECAwQFBgcICQoLDA0O/w"), ("https://a#", id),
            ("https://a/", id),
            ("javascript://a", id), ("https://a b", id), ("https://user@a", id), ("HTTPS://a", id), ("https://A", id), ("", id),
        ])
    func composing(base: String, id: String) {
        #expect(throws: EnvelopeError.malformedLink) { _ = try Link(base: base, id: id, key: Key.random()) }
        #expect(throws: EnvelopeError.malformedLink) { _ = try ReceiptLink(base: base, id: id, key: Key.random()) }
    }

    @Test("a receipt link is no link, nor the other way round")
    func kinds() throws {
        let receipt = link.replacing("/s/", with: "/r/")
        #expect(throws: EnvelopeError.malformedLink) { _ = try Link(parsing: receipt) }
        #expect(throws: EnvelopeError.malformedLink) { _ = try ReceiptLink(parsing: link) }
        let parsed = try ReceiptLink(parsing: receipt)
        #expect(parsed.receiptToken.equals(parsed.key) == false, "the key itself is never sent")
        #expect(parsed.text == receipt)
    }
}

/// What is mended, and what is not, is in Spec/vectors/paste.json.
@Suite struct MendedLinkTests {
    @Test(
        "much of nothing takes no time worth speaking of",
        .timeLimit(.minutes(1)),
        arguments: [
            (" ", "x", LinkFault.mistyped), ("http://a/s/", "", .mistyped), ("a/", "", .mistyped), ("%25", "", .mistyped),
            ("\n ", "x", .mistyped),
        ])
    func repeated(unit: String, end: String, fault: LinkFault) {
        #expect(throws: fault) { _ = try MendedLink(String(repeating: unit, count: (64 << 10) / unit.count) + end) }
    }

    @Test(
        "nor does much of it in a link",
        .timeLimit(.minutes(1)),
        arguments: [
            ("#", " ", LinkFault.cut(found: 0)), ("", " ", .noKey), ("?", "a", .noKey), ("#a", "\n ", .cut(found: 2)),
            ("#", "a\n>", .surplus(found: 21846)), ("#a", ".", .surplus(found: 65538)),
        ])
    func repeatedInside(start: String, unit: String, fault: LinkFault) {
        let text = "https://keylink.example/s/\(id)" + start + String(repeating: unit, count: (64 << 10) / unit.count) + "x"
        #expect(throws: fault) { _ = try MendedLink(text) }
    }
}
