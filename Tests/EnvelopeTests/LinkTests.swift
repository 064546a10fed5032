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

@Suite struct MendedLinkTests {
    @Test(
        "takes off what stands around a link",
        arguments: [
            "  %@\n", "\u{200B}%@\u{FEFF}", "<%@>", "(%@)", "[%@].", "\"%@\"", "“%@”", "«%@»,", "„%@“!", "`%@`", "*%@*", "「%@」。",
            "'%@';", "%@…",
        ])
    func trims(pattern: String) {
        let mended = MendedLink(pattern.replacing("%@", with: link))
        #expect(mended.text == link)
        #expect(!mended.wasExposed)
    }

    @Test(
        "finds the link in a scanner's, and says that it was seen",
        arguments: [
            "https://keylink.example/s/\(id)%23\(key)",
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fkeylink.example%2Fs%2F\(id)%23\(key)&data=05%7C02",
            "https://scan.example/a?u=https%253A%252F%252Fkeylink.example%252Fs%252F\(id)%2523\(key)",
        ])
    func unwraps(text: String) {
        let mended = MendedLink(text)
        #expect(mended.text == link)
        #expect(mended.wasExposed)
    }

    @Test(
        "keeps a key that ends in - or _, and guesses nothing",
        arguments: [
            "https://keylink.example/s/\(id)#\(String(key.dropLast()))",
            "https://scan.example/?a=https%3A%2F%2Fa%2Fs%2F\(id)%23\(key)&b=https%3A%2F%2Fb%2Fs%2F\(id)%23\(key)", "not a link",
            "", "%", "https://keylink.example/s/\(id)",
        ])
    func leavesAlone(text: String) {
        #expect(MendedLink(text) == MendedLink(" \(text) "))
        #expect(MendedLink(text).text == text)
        #expect(throws: EnvelopeError.malformedLink) { _ = try Link(parsing: MendedLink(text).text) }
    }

    @Test func keepsTrailingDashes() {
        let receipt = "https://keylink.example/r/\(id)#__________________________________________8"
        #expect(MendedLink("(\(receipt))").text == receipt)
        let dashes = "https://keylink.example/s/\(id)#-----------------------------------------_-A"
        #expect(MendedLink("\(dashes).").text == dashes)
    }
}
