internal import Envelope
internal import Sodium

/// Whether one case comes out as it says: a link parsed, an envelope read in several ways, an envelope written.
struct VectorCheck {
    /// A case that did not: in which way, what came, what should have.
    struct Mismatch: Error, CustomStringConvertible {
        let description: String
    }

    /// Around header, box and chunk, and sizes that fit none of them.
    private static let oddSizes = [7, 4095, 4096, 4097, 1, 79, 80, 81, 65551, 65552, 65553]

    let expect: String

    static func run(_ vector: VectorCase) async throws {
        let check = VectorCheck(expect: vector.expect)
        switch vector.content {
        case .link(let content): try check.parse(content)
        case .pasted(let content): try check.mend(content)
        case .envelope(let content):
            try check.read(content)
            if let writer = content.writer { try await check.write(writer, content) }
        }
    }

    private func parse(_ content: LinkCase) throws {
        do {
            let link = try Link(parsing: content.link)
            try same("the link", "ok", expect)
            guard let parts = content.parts else { return }
            try same("base", link.base, parts.base)
            try same("id", link.id, parts.id)
            try same("linkKey", bytes(of: link.key), parts.linkKey)
            try same("the link written again", link.text, content.link)
            try same("the link made of its parts", Link(base: parts.base, id: parts.id, key: link.key).text, content.link)
        } catch let error as EnvelopeError {
            try same("the link", error.code, expect)
        }
    }

    private func mend(_ content: PastedCase) throws {
        do {
            let mended = try MendedLink(content.pasted)
            try same("what was pasted", "ok", expect)
            try same(
                "the link", PastedCase.outcome(mended: mended.text, exposed: mended.exposure?.rawValue), content.outcome)
        } catch let fault as LinkFault {
            try same("what was pasted", EnvelopeError.malformedLink.code, expect)
            try same("what is wrong", PastedCase.outcome(fault: fault.name, found: fault.found), content.outcome)
        }
    }

    private func read(_ content: EnvelopeCase) throws {
        let linkKey = Key(copying: content.linkKey)
        let passphrase = content.passphrase.map { Passphrase($0) }
        // Stretched once for the tokens and for the feedings below; the whole reading does it for itself.
        let unlocked = try? Opening(
            parameters: Parameters(parsing: Array(content.envelope.prefix(Parameters.count))), linkKey: linkKey
        )
        .unlock(passphrase: passphrase)
        if let unlocked { try checkKeys(unlocked, content) }
        try read("whole", content) { try openEnvelope(content.envelope, linkKey: linkKey, passphrase: passphrase) }
        for (how, sizes) in [("a byte at a time", [1]), ("in odd sizes", Self.oddSizes)] {
            try read(how, content) {
                var reader =
                    unlocked.map { EnvelopeReader(unlocked: $0) } ?? EnvelopeReader(linkKey: linkKey, passphrase: passphrase)
                return try feed(&reader, content.envelope, sizes)
            }
        }
    }

    private func read(_ how: String, _ content: EnvelopeCase, _ body: () throws -> [OpenedItem]) throws {
        do {
            let items = try body()
            try same("read \(how)", "ok", expect)
            try same("items, read \(how)", items.map(ItemResult.init), content.items)
        } catch let error as EnvelopeError {
            try same("read \(how)", error.code, expect)
        }
    }

    private func feed(_ reader: inout EnvelopeReader, _ envelope: [UInt8], _ sizes: [Int]) throws -> [OpenedItem] {
        var events: [EnvelopeEvent] = []
        var (start, turn) = (0, 0)
        while start < envelope.count {
            let end = min(envelope.count, start + sizes[turn % sizes.count])
            events += try reader.push(Array(envelope[start..<end]))
            (start, turn) = (end, turn + 1)
        }
        return OpenedItem.items(from: events + (try reader.finish()))
    }

    private func checkKeys(_ unlocked: Unlocked, _ content: EnvelopeCase) throws {
        guard let expected = content.keys else { return }
        let actual = [
            "linkToken": bytes(of: unlocked.linkToken), "linkVerifier": unlocked.linkToken.verifier(),
            "accessToken": bytes(of: unlocked.keys.envelope.accessToken),
            "accessVerifier": unlocked.keys.envelope.accessToken.verifier(),
            "master": bytes(of: unlocked.keys.envelope.master), "contentKey": bytes(of: unlocked.keys.envelope.contentKey),
        ]
        for name in EnvelopeCase.keyMembers { try same(name, actual[name], expected[name]) }
    }

    private func write(_ writer: WriterCase, _ content: EnvelopeCase) async throws {
        let sealing = try Sealing(
            writer.items.map(\.item), passphrase: content.passphrase.map { Passphrase($0) },
            linkKey: Key(copying: content.linkKey),
            salt: writer.salt, chunkLog2: writer.chunkLog2, opslimit: writer.opslimit, memlimitKiB: writer.memlimitKiB)
        let written = try await sealing.envelope()
        guard written == content.envelope else { throw Mismatch(description: "the writer gives other octets") }
        if let size = sealing.size { try same("the size told beforehand", size, UInt64(written.count)) }
        if let keys = content.keys {
            try same("linkVerifier, written", sealing.linkVerifier, keys["linkVerifier"])
            try same("accessVerifier, written", sealing.accessVerifier, keys["accessVerifier"])
        }
    }

    private func bytes(of key: borrowing Key) -> [UInt8] { key.withUnsafeBytes { Array($0) } }

    /// Octet by octet: as strings, two names in different normal forms are equal.
    private func same(_ what: String, _ actual: String, _ expected: String) throws {
        guard actual.utf8.elementsEqual(expected.utf8) else {
            throw Mismatch(description: "\(what): expected \(expected), found \(actual)")
        }
    }

    private func same(_ what: String, _ actual: [UInt8]?, _ expected: [UInt8]?) throws {
        guard actual == expected else {
            throw Mismatch(description: "\(what): expected \(hex(expected)), found \(hex(actual))")
        }
    }

    private func hex(_ bytes: [UInt8]?) -> String {
        bytes.map { $0.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() } ?? "nothing"
    }

    private func same<Value: Equatable>(_ what: String, _ actual: Value, _ expected: Value) throws {
        guard actual == expected else { throw Mismatch(description: "\(what): expected \(expected), found \(actual)") }
    }
}
