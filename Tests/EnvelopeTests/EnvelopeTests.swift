@testable import Envelope
import Sodium
import Testing

// Spec/vectors hold the format to the byte, through `keylink vectors`. Here is what vectors cannot say: how the streams
// behave, and what a writer refuses.

@Suite struct RoundTripTests {
    /// Around every border of a chunk of 2^16, whatever the padding makes of it.
    @Test("comes back whole, however the octets are cut", arguments: [0, 1, 255, 256, 65535, 65536, 65537, 131_072, 200_000])
    func sizes(count: Int) async throws {
        let data = Random.bytes(count)
        let pieces = stride(from: 0, to: count, by: 10_000).map { Array(data[$0..<min($0 + 10_000, count)]) }
        for size in [UInt64(count), nil] {
            let item = Item.file(name: "data", type: "application/x-test", size: size, bytes: ByteSequence(pieces))
            let sealing = try Sealing([.text("before"), item])
            let envelope = try await sealing.envelope()
            if size != nil { #expect(sealing.size == UInt64(envelope.count)) } else { #expect(sealing.size == nil) }
            let whole = try openEnvelope(envelope, linkKey: sealing.linkKey)
            #expect(whole.map(\.header) == [ItemHeader(kind: .text, size: 6), item.header])
            #expect(whole.map(\.data) == [Array("before".utf8), data])
            for step in [1, 7, 4096, 65551, 65552, 65553] where step > 1 || count < 300 {
                #expect(try open(envelope, linkKey: sealing.linkKey, step: step) == whole)
            }
        }
    }

    @Test("flows through the asynchronous reader, after a look at the parameters")
    func streams() async throws {
        let sealing = try Sealing([.text("wine & cheese")], passphrase: Passphrase("pass"))
        let envelope = try await sealing.envelope()
        let opening = try Opening(parameters: Parameters(parsing: Array(envelope.prefix(48))), linkKey: sealing.linkKey)
        let unlocked = try opening.unlock(passphrase: Passphrase("pass"))
        #expect(unlocked.accessToken.verifier() == sealing.accessVerifier)
        #expect(unlocked.linkToken.verifier() == sealing.linkVerifier)
        var events: [EnvelopeEvent] = []
        for try await event in unlocked.events(from: ByteSequence(envelope.map { [$0] })) { events.append(event) }
        #expect(OpenedItem.items(from: events).map(\.data) == [Array("wine & cheese".utf8)])
    }

    @Test("an envelope other than the one looked at is the wrong link's")
    func swapped() async throws {
        let (one, other) = (try Sealing([.text("one")]), try Sealing([.text("other")]))
        let unlocked = try Opening(parameters: one.parameters, linkKey: one.linkKey).unlock(passphrase: nil)
        var reader = EnvelopeReader(unlocked: unlocked)
        let envelope = try await other.envelope()
        #expect(throws: EnvelopeError.wrongLink) { _ = try reader.push(envelope) }
        #expect(throws: EnvelopeError.wrongLink) { _ = try Opening(parameters: one.parameters, linkKey: other.linkKey) }
    }

    @Test("every flipped bit and every cut is refused, with the code of its place")
    func tampering() async throws {
        let sealing = try Sealing([.text("hold fast")])
        let envelope = try await sealing.envelope()
        for bit in 0..<(envelope.count * 8) {
            var altered = envelope
            altered[bit / 8] ^= 1 << (bit % 8)
            let codes: Set<EnvelopeError> =
                switch bit / 8 {
                case 4: [.unsupportedVersion]
                case 0..<16: [.malformedHeader, .wrongLink]
                case 16..<48: [.wrongLink]
                case 48..<80: [.wrongKey]
                default: [.corrupt]
                }
            let failure = try #require(try code { try openEnvelope(altered, linkKey: sealing.linkKey) }, "bit \(bit)")
            #expect(codes.contains(failure), "bit \(bit)")
        }
        for count in 0..<envelope.count {
            let expected: EnvelopeError = count < 80 ? .malformedHeader : .corrupt
            #expect(try code { try openEnvelope(Array(envelope.prefix(count)), linkKey: sealing.linkKey) } == expected)
        }
        #expect(try code { try openEnvelope(envelope + [0], linkKey: sealing.linkKey) } == .corrupt)
    }
}

@Suite struct WriterTests {
    @Test("gives its octets once")
    func once() async throws {
        let sealing = try Sealing([.text("once")])
        _ = try await sealing.envelope()
        await #expect(throws: SealingError.alreadySealed) { _ = try await sealing.envelope() }
    }

    @Test(
        "refuses names that no reader takes",
        arguments: [
            "", ".", "..", "a/b", "a\\b", "a\u{0}", "a\u{1F}", "\u{7F}", "\u{9F}", "/\u{301}", "x\u{202E}cod.exe", "\u{2066}",
            "\u{200F}",
            "\u{61C}", "\u{2028}", String(repeating: "ä", count: 128),
        ])
    func names(name: String) {
        #expect(throws: SealingError.invalidName) { _ = try Sealing([.file(name: name, size: 0, bytes: ByteSequence([]))]) }
    }

    @Test("refuses types, counts and sizes that the format has no room for")
    func limits() {
        func item(type: String? = nil, size: UInt64? = 0) -> Item {
            .file(name: "n", type: type, size: size, bytes: ByteSequence([]))
        }
        for type in ["", "ä", "a\n", String(repeating: "x", count: 256)] {
            #expect(throws: SealingError.invalidType) { _ = try Sealing([item(type: type)]) }
        }
        #expect(throws: SealingError.itemCount) { _ = try Sealing([]) }
        #expect(throws: SealingError.itemCount) { _ = try Sealing([Item](repeating: item(), count: 1001)) }
        #expect(throws: SealingError.tooLong) { _ = try Sealing([item(size: 1 << 53)]) }
        #expect(throws: SealingError.tooLong) { _ = try Sealing([item(size: 1 << 39), item(size: 1)]) }
    }

    @Test("breaks off when an item is not as long as it said, or text is none")
    func brokenSources() async throws {
        for size: UInt64 in [2, 4] {
            let sealing = try Sealing([.file(name: "n", size: size, bytes: ByteSequence([[1, 2], [3]]))])
            await #expect(throws: SealingError.sizeMismatch) { _ = try await sealing.envelope() }
        }
        for bytes: [UInt8] in [[0xC3], [0xFF], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] {
            let sealing = try Sealing([Item(kind: .text, size: nil, bytes: ByteSequence(bytes.map { [$0] }))])
            await #expect(throws: SealingError.invalidText) { _ = try await sealing.envelope() }
        }
    }

    @Test("a text may be cut anywhere")
    func cutText() async throws {
        let text = "a ß € 🔑 é"
        let sealing = try Sealing([Item(kind: .text, size: nil, bytes: ByteSequence(text.utf8.map { [$0] }))])
        #expect(try openEnvelope(try await sealing.envelope(), linkKey: sealing.linkKey).map(\.data) == [Array(text.utf8)])
    }
}

@Suite struct PassphraseTests {
    @Test("composed or not, one passphrase; other bytes are refused")
    func normalises() throws {
        #expect(Passphrase("Gr\u{FC}\u{DF}e").bytes.withUnsafeBytes { Array($0) } == Array("Grüße".utf8))
        #expect(Passphrase("Gru\u{308}\u{DF}e").bytes.withUnsafeBytes { Array($0) } == Array("Gr\u{FC}\u{DF}e".utf8))
        // Where normalizers are known to go wrong: a jamo that composes with nothing, vowel signs out of order.
        #expect(Passphrase("\u{1105}\u{1169}\u{11A7}").bytes.withUnsafeBytes { Array($0) } == Array("\u{B85C}\u{11A7}".utf8))
        #expect(
            Passphrase("\u{F78}\u{F81}").bytes.withUnsafeBytes { Array($0) } == Array("\u{FB3}\u{F71}\u{F80}\u{F80}".utf8))
        #expect(Passphrase("a\u{0}b").bytes.count == 3)
        #expect(Passphrase("").isEmpty)
        #expect(throws: SealingError.passphraseNotUnicode) { _ = try Passphrase(utf8: [0xFF]) }
        #expect(throws: SealingError.passphraseNotUnicode) { _ = try Passphrase(utf8: [0xED, 0xA0, 0x80]) }
    }

    @Test("none, an empty one, another: each has its code")
    func codes() async throws {
        let sealing = try Sealing([.text("x")], passphrase: Passphrase("right"))
        let envelope = try await sealing.envelope()
        #expect(try code { try openEnvelope(envelope, linkKey: sealing.linkKey) } == .passphraseRequired)
        let empty = Passphrase("")
        #expect(try code { try openEnvelope(envelope, linkKey: sealing.linkKey, passphrase: empty) } == .passphraseRequired)
        #expect(try code { try openEnvelope(envelope, linkKey: sealing.linkKey, passphrase: Passphrase("wrong")) } == .wrongKey)
        let open = try Sealing([.text("x")], passphrase: Passphrase(""))
        #expect(!open.parameters.needsPassphrase)
        #expect(try openEnvelope(try await open.envelope(), linkKey: open.linkKey, passphrase: Passphrase("ignored")).count == 1)
    }
}

@Suite struct PaddingTests {
    /// Nikitin et al., § 4: E and S by hand for each.
    @Test(
        arguments: [
            (2, 2), (7, 7), (8, 8), (9, 10), (10, 10), (11, 12), (255, 256), (256, 256), (257, 272), (1000, 1024), (1025, 1088),
            (65537, 67584), (4_294_967_297, 4_362_076_160), (1 << 39, 1 << 39),
        ] as [(UInt64, UInt64)])
    func padme(length: UInt64, padded: UInt64) {
        #expect(Padding.padme(length) == padded)
        #expect(Padding.padded(length) == max(256, padded))
    }

    @Test("never shrinks, adds at most an eighth, and is its own fixed point")
    func properties() {
        for _ in 0..<2000 {
            let length = UInt64.random(in: 2...(1 << UInt64.random(in: 2...39)))
            let padded = Padding.padme(length)
            #expect(padded >= length && Double(padded) <= Double(length) * 1.125 + 1)
            #expect(Padding.padme(padded) == padded)
        }
    }
}

/// Opens by pushing `step` octets at a time.
private func open(_ envelope: [UInt8], linkKey: borrowing Key, step: Int) throws -> [OpenedItem] {
    var reader = EnvelopeReader(linkKey: linkKey)
    var events: [EnvelopeEvent] = []
    for start in stride(from: 0, to: envelope.count, by: step) {
        events += try reader.push(Array(envelope[start..<min(start + step, envelope.count)]))
    }
    return OpenedItem.items(from: events + (try reader.finish()))
}

/// The code with which `body` fails.
private func code(_ body: () throws -> [OpenedItem]) throws -> EnvelopeError? {
    do {
        _ = try body()
        return nil
    } catch let error as EnvelopeError {
        return error
    }
}
