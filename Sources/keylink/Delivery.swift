internal import Envelope
internal import KeylinkClient
internal import SystemPackage

/// Where the items of an envelope go: texts to standard output and files to a folder, or everything to one of both.
final class Delivery {
    /// What `--json` tells of an item.
    private struct Report: Encodable {
        let kind: String
        /// As the sender named it.
        var name: String?
        var type: String?
        var size = 0
        /// The content of a text.
        var text: String?
        /// Where a file was written.
        var path: String?
    }

    private struct Whole: Encodable {
        let id: String?
        let items: [Report]
    }

    private enum Target {
        case output
        case folder
        /// Kept for the JSON.
        case memory
    }

    /// A text that is told as JSON is held in memory: more than anyone reads, less than a machine has.
    private static let textLimit = 64 << 20

    private let folder: OutputFolder
    private let everything: Target?
    private let json: Bool
    private var reports: [Report] = []
    private var target = Target.output
    private var text: [UInt8] = []
    private var filter = TerminalFilter()
    private var endsLine = true
    private var paths: [FilePath] = []

    /// - Parameter output: a folder for everything, `-` for standard output, nil for texts there and files in the current folder.
    init(_ output: String?, overwriting: Bool, json: Bool) throws {
        let isFolder = output != nil && output != "-"
        folder = OutputFolder(FilePath(isFolder ? output ?? "." : "."), overwriting: overwriting, partials: Interruption.partials)
        everything = output == "-" ? .output : isFolder ? .folder : nil
        self.json = json
    }

    /// Whether it can be written to, found out before anything is taken. A text alone needs no folder; but who knows it is one?
    func check() throws {
        guard everything != .output else { return }
        do {
            try folder.check()
        } catch let error as Errno {
            // Without a folder named, it may yet be a text; that it is a file then fails, and can be gone on with elsewhere.
            if everything == .folder { throw Failure(.failed, "the folder cannot be written to: \(error)") }
        }
    }

    func take(_ event: EnvelopeEvent) throws {
        switch event {
        case .item(let header): try begin(header)
        case .data(let bytes): try write(bytes)
        }
    }

    private func begin(_ header: ItemHeader) throws {
        endText()
        reports.append(Report(kind: header.name == nil ? "text" : "file", name: header.name, type: header.type))
        target = everything ?? (header.name != nil ? .folder : json ? .memory : .output)
        guard target == .folder else { return }
        do {
            try folder.begin(header.name ?? "secret.txt")
        } catch let error as Errno {
            throw Failure(.failed, "the folder cannot be written to: \(error)", hint: "--output names another")
        }
    }

    private func write(_ bytes: [UInt8]) throws {
        reports[reports.count - 1].size += bytes.count
        switch target {
        case .folder: try folder.write(bytes)
        case .output:
            endsLine = bytes.last == 0x0A
            try Console.write(Console.outputIsTerminal ? filter.filter(bytes) : bytes)
        case .memory:
            guard text.count + bytes.count <= Self.textLimit else {
                throw Failure(.failed, "the text is too long for JSON", hint: "open it without --json")
            }
            text += bytes
        }
    }

    private func endText() {
        guard target == .memory, !reports.isEmpty else { return }
        reports[reports.count - 1].text = String(decoding: text, as: UTF8.self)
        text = []
    }

    /// Makes what was written durable and gives files their names. Standard output was written without an error.
    func commit() throws {
        endText()
        paths = try folder.commit()
        // The prompt that follows begins a line of its own.
        if Console.outputIsTerminal, !endsLine { try Console.write([0x0A]) }
    }

    /// Leaves no partial file.
    func discard() throws {
        try folder.discard()
    }

    /// What has arrived, and where.
    func tell(id: String?) throws {
        var left = paths[...]
        for index in reports.indices where everything == .folder || everything == nil && reports[index].kind == "file" {
            guard let path = left.popFirst() else { break }
            // `./name` is how a name in this folder comes back.
            let shown = path.lexicallyNormalized().string
            reports[index].path = shown
            if !json { Console.line("saved " + printable(shown)) }
        }
        if json { try Console.write(json: Whole(id: id, items: reports)) }
    }
}
