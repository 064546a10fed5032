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
    private var hasPrinted = false
    private var paths: [FilePath] = []

    /// - Parameters:
    ///   - output: a folder for everything, `-` for standard output, nil for texts there and files in the current folder.
    ///   - tag: what partial files are known by if this process should be killed; see ``OutputFolder``.
    init(_ output: String?, overwriting: Bool, json: Bool, tag: String? = nil) throws {
        let isFolder = output != nil && output != "-"
        folder = OutputFolder(
            FilePath(isFolder ? output ?? "." : "."), overwriting: overwriting, partials: Interruption.partials, tag: tag)
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
            (endsLine, hasPrinted) = (bytes.last == 0x0A, true)
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
        if hasPrinted { try Console.syncOutput() }
        var left = paths[...]
        for index in reports.indices where everything == .folder || everything == nil && reports[index].kind == "file" {
            // `./name` is how a name in this folder comes back.
            reports[index].path = left.popFirst()?.lexicallyNormalized().string
        }
    }

    /// With `--json` the texts are delivered only here: before this has returned, nothing has arrived.
    func report(id: String?) throws {
        guard json else { return }
        try Console.write(json: Whole(id: id, items: reports))
        try Console.syncOutput()
    }

    /// Leaves no partial file.
    func discard() throws {
        try folder.discard()
    }

    /// Tells people where the files are.
    func tell() {
        guard !json else { return }
        for path in reports.compactMap(\.path) { Console.line("saved " + printable(path)) }
    }
}
