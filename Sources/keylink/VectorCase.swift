internal import Envelope
internal import Sodium

/// One case of Spec/vectors (its README.md), read strictly: a member too many or too few fails the case, since a reader that
/// passes over what it does not know would pass over what it should have checked.
struct VectorCase: Decodable {
    let name: String
    let expect: String
    let content: Content

    enum Content {
        case link(LinkCase)
        case pasted(PastedCase)
        case envelope(EnvelopeCase)
    }

    /// Not as the README says.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    init(from decoder: any Decoder) throws {
        let members = try StrictMembers(decoder)
        name = try members.value("name")
        expect = try members.value("expect")
        let common: Set = ["name", "why", "expect"]
        if members.names.contains("link") {
            try members.require(common.union(["link"]).union(expect == "ok" ? ["base", "id", "linkKey"] : []))
            content = .link(try LinkCase(members, isOK: expect == "ok"))
        } else if members.names.contains("pasted") {
            try members.require(common.union(["pasted"]).union(expect == "ok" ? ["mended", "exposed"] : ["fault", "found"]))
            content = .pasted(try PastedCase(members, isOK: expect == "ok"))
        } else {
            guard expect == "ok" || EnvelopeError(rawValue: expect) != nil else {
                throw Malformed(description: "expects the unknown code \(expect)")
            }
            let writes = members.names.contains("write")
            try members.require(
                common.union(["linkKey", "passphrase", members.names.contains("envelopeParts") ? "envelopeParts" : "envelope"])
                    .union(expect == "ok" ? EnvelopeCase.resultMembers : []).union(writes ? EnvelopeCase.writerMembers : []))
            content = .envelope(try EnvelopeCase(members, isOK: expect == "ok", writes: writes))
        }
    }
}

struct LinkCase {
    let link: String
    let parts: (base: String, id: String, linkKey: [UInt8])?

    fileprivate init(_ members: StrictMembers, isOK: Bool) throws {
        link = try members.value("link")
        parts = isOK ? try (members.value("base"), members.value("id"), members.bytes("linkKey")) : nil
    }
}

struct PastedCase {
    let pasted: String
    /// The link, and how its key was exposed; or what is wrong, and how much stands in the key's place.
    let outcome: String

    fileprivate init(_ members: StrictMembers, isOK: Bool) throws {
        pasted = try members.value("pasted")
        if isOK {
            outcome = Self.outcome(mended: try members.value("mended"), exposed: try members.optional("exposed"))
        } else {
            outcome = Self.outcome(fault: try members.value("fault"), found: try members.optional("found"))
        }
    }

    static func outcome(mended: String, exposed: String?) -> String { "\(mended), exposed: \(exposed ?? "no")" }
    static func outcome(fault: String, found: Int?) -> String { "\(fault), found: \(found.map { "\($0)" } ?? "nothing")" }
}

struct EnvelopeCase {
    static let keyMembers = ["linkToken", "accessToken", "linkVerifier", "accessVerifier", "master", "contentKey"]
    static let resultMembers = Set(keyMembers + ["items"])
    static let writerMembers: Set = ["salt", "chunkLog2", "opslimit", "memlimit", "write"]

    let linkKey: [UInt8]
    let passphrase: String?
    let envelope: [UInt8]
    /// By the names above; nil where the case is to fail.
    let keys: [String: [UInt8]]?
    let items: [ItemResult]
    let writer: WriterCase?

    fileprivate init(_ members: StrictMembers, isOK: Bool, writes: Bool) throws {
        linkKey = try members.bytes("linkKey")
        passphrase = try members.optional("passphrase")
        if members.names.contains("envelope") {
            envelope = try members.bytes("envelope")
        } else {
            envelope = try (members.value("envelopeParts") as [EnvelopePart]).flatMap(\.bytes)
        }
        keys = isOK ? try Dictionary(uniqueKeysWithValues: Self.keyMembers.map { ($0, try members.bytes($0)) }) : nil
        items = isOK ? try members.value("items") : []
        writer = writes ? try WriterCase(members) : nil
    }
}

struct WriterCase {
    let salt: [UInt8]
    let chunkLog2: Int
    let opslimit, memlimitKiB: UInt32
    let items: [ItemToWrite]

    fileprivate init(_ members: StrictMembers) throws {
        salt = try members.bytes("salt")
        chunkLog2 = try members.value("chunkLog2")
        opslimit = try members.value("opslimit")
        memlimitKiB = try members.value("memlimit")
        items = try members.value("write")
    }
}

/// What must come out of an envelope for one item.
struct ItemResult: Decodable, Equatable, CustomStringConvertible {
    let kind: String
    let name, type: String?
    let sha256: String
    let length: Int

    /// Names count octet by octet: as strings, two in different normal forms are equal.
    static func == (one: ItemResult, other: ItemResult) -> Bool {
        func octets(_ text: String?) -> [UInt8]? { text.map { Array($0.utf8) } }
        return one.kind == other.kind && octets(one.name) == octets(other.name) && octets(one.type) == octets(other.type)
            && one.sha256 == other.sha256 && one.length == other.length
    }

    var description: String { [kind, name, type, "\(length) bytes", sha256].compactMap(\.self).joined(separator: " ") }

    init(_ item: OpenedItem) {
        kind = item.header.name == nil ? "text" : "file"
        name = item.header.name
        type = item.header.type
        sha256 = Sodium.sha256(item.data).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        length = item.data.count
    }

    init(from decoder: any Decoder) throws {
        let members = try StrictMembers(decoder)
        try members.require(["kind", "name", "type", "sha256", "length"])
        kind = try members.value("kind")
        name = try members.optional("name")
        type = try members.optional("type")
        sha256 = try members.value("sha256")
        length = try members.value("length")
    }
}

/// What goes into an envelope for one item.
struct ItemToWrite: Decodable {
    let item: Item

    init(from decoder: any Decoder) throws {
        let members = try StrictMembers(decoder)
        try members.require(["kind", "name", "type", "declareSize", "data"])
        let data = try members.bytes("data")
        let name: String? = try members.optional("name")
        let kind: String = try members.value("kind")
        guard kind == (name == nil ? "text" : "file") else { throw VectorCase.Malformed(description: "an item of kind \(kind)") }
        item = Item(
            kind: name.map { .file(name: $0) } ?? .text, type: try members.optional("type"),
            size: try members.value("declareSize") ? UInt64(data.count) : nil, bytes: ByteSequence(data.isEmpty ? [] : [data]))
    }
}

private struct EnvelopePart: Decodable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let members = try StrictMembers(decoder)
        if members.names.contains("hex") {
            try members.require(["hex"])
            bytes = try members.bytes("hex")
        } else {
            try members.require(["repeat", "times"])
            let unit = try members.bytes("repeat")
            bytes = try Array(repeatElement(unit, count: members.value("times")).joined())
        }
    }
}

/// An object's members, none of which may be missing or unknown.
private struct StrictMembers {
    private let container: KeyedDecodingContainer<AnyKey>

    init(_ decoder: any Decoder) throws {
        container = try decoder.container(keyedBy: AnyKey.self)
    }

    var names: Set<String> { Set(container.allKeys.map(\.stringValue)) }

    func require(_ expected: Set<String>) throws {
        guard names == expected else {
            throw VectorCase.Malformed(
                description: "wrong members: \(names.symmetricDifference(expected).sorted().joined(separator: ", "))")
        }
    }

    func value<Value: Decodable>(_ name: String) throws -> Value {
        try container.decode(Value.self, forKey: AnyKey(stringValue: name))
    }

    func optional<Value: Decodable>(_ name: String) throws -> Value? {
        try container.decodeIfPresent(Value.self, forKey: AnyKey(stringValue: name))
    }

    func bytes(_ name: String) throws -> [UInt8] {
        guard let bytes = Self.bytes(hex: try value(name)) else {
            throw VectorCase.Malformed(description: "\(name) is not hexadecimal")
        }
        return bytes
    }

    private static func bytes(hex: String) -> [UInt8]? {
        let digits = hex.utf8.map { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
        let values = digits.compactMap(\.self)
        return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}
