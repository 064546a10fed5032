internal import ArgumentParser
internal import Envelope
internal import Foundation
internal import KeylinkClient
internal import Sodium
internal import SystemPackage

struct Seal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Seal into a file, without a server, and print the key.",
        discussion: "The envelope can go any way you like; keep the key apart from it.")

    @Argument(help: "What to seal; - or nothing stands for standard input.")
    var files: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where the envelope goes; - for standard output, then with --key-file.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Write the key to a file of its own, private to you, instead of printing it.", valueName: "file"))
    var keyFile: String?

    @Option(help: ArgumentHelp("What the file from standard input is called.", valueName: "name"))
    var name: String?

    @Flag(help: "Overwrite the file if there is one.")
    var force = false

    @OptionGroup var newPassphrase: NewPassphraseOptions

    func validate() throws {
        if output == "-", keyFile == nil {
            throw ValidationError("the envelope and the key cannot both go to standard output: use --key-file")
        }
    }

    mutating func run() async throws {
        let path = output == "-" ? nil : FilePath(output)
        // Before anybody types a passphrase.
        if let path, !force, isTaken(path) {
            throw Failure(.failed, "\(printable(output)) exists already", hint: "--force overwrites it")
        }
        let shipment = try Inputs.shipment(files, name: name)
        let (passphrase, generated) = try newPassphrase.passphrase()
        let sealing = try Sealing(shipment.items(), passphrase: passphrase)
        var unfinished: [FilePath] = []
        do {
            if let keyFile { unfinished.append(try writeKey(sealing.linkKey.base64URL(), to: FilePath(keyFile))) }
            if let path { unfinished.append(try await write(sealing, besides: path)) } else { try await print(sealing) }
            if let generated { Console.line("Passphrase: \(generated)") }
            // Before the envelope has its name: one whose key nobody got is worth nothing.
            if keyFile == nil { try Console.write(line: sealing.linkKey.base64URL()) }
            try Interruption.partials.finish {
                if let path, let partial = unfinished.last { try Files.rename(partial, to: path) }
                return unfinished
            }
        } catch {
            try Interruption.partials.discard(unfinished)
            throw error
        }
        if let path { try Files.syncFolder(folder(of: path)) }
    }

    private func print(_ sealing: Sealing) async throws {
        for try await octets in sealing.octets { try Console.write(octets) }
        try Console.syncOutput()
    }

    /// Under a name that it keeps only until it is whole.
    private func write(_ sealing: Sealing, besides path: FilePath) async throws -> FilePath {
        let (file, partial) = try naming(path) { try Interruption.partials.create(in: folder(of: path)) }
        do {
            try await write(sealing, to: file)
        } catch {
            try Interruption.partials.discard([partial])
            throw error
        }
        return partial
    }

    private func write(_ sealing: Sealing, to file: FileDescriptor) async throws {
        do {
            for try await octets in sealing.octets { try file.writeAll(octets) }
            try Files.sync(file)
        } catch {
            try file.close()
            throw error
        }
        try file.close()
    }

    /// Counts as partial until the envelope is whole. Never over another key: that would lose what it opens.
    private func writeKey(_ key: String, to path: FilePath) throws -> FilePath {
        try naming(path) {
            let file = try Interruption.partials.create(path)
            do {
                try file.closeAfter {
                    try file.writeAll(Array((key + "\n").utf8))
                    try Files.sync(file)
                }
                try Files.syncFolder(folder(of: path))
            } catch {
                try Interruption.partials.discard([path])
                throw error
            }
            return path
        }
    }

    private func folder(of path: FilePath) -> FilePath {
        let parent = path.removingLastComponent()
        return parent.isEmpty ? FilePath(".") : parent
    }

    private func isTaken(_ path: FilePath) -> Bool {
        var status = stat()
        return lstat(path.string, &status) == 0
    }

    /// An error of the system, and which file it is about.
    private func naming<Result>(_ path: FilePath, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as Errno {
            throw Failure(.failed, "\(printable(path.string)): \(error)")
        }
    }
}

struct Unseal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Open an envelope from a file, without a server.")

    @Argument(help: "The envelope; - for standard input.")
    var envelope: String

    @Option(help: ArgumentHelp("The file that holds the key, 43 characters.", valueName: "file"))
    var keyFile: String

    @Option(
        name: .shortAndLong, help: ArgumentHelp("A folder to write everything to, or - for standard output.", valueName: "folder")
    )
    var output: String?

    @Flag(help: "Overwrite files that have the same name.")
    var force = false

    @OptionGroup var passphraseOptions: KnownPassphraseOptions

    @Flag(help: "Describe what was opened as JSON, texts included.")
    var json = false

    func validate() throws {
        if json, output == "-" { throw ValidationError("--json and --output - exclude each other") }
    }

    mutating func run() async throws {
        let key = try readKey()
        let octets = try input()
        let delivery = try Delivery(output, overwriting: force, json: json)
        try delivery.check()
        do {
            try await open(octets, key: key, delivery: delivery)
            try delivery.commit()
            try delivery.report(id: nil)
        } catch {
            try delivery.discard()
            throw error
        }
        delivery.tell()
    }

    private func open(_ octets: FileBytes, key: borrowing Key, delivery: Delivery) async throws {
        var iterator = octets.makeAsyncIterator()
        var start: [UInt8] = []
        while start.count < Parameters.headerCount, let part = try await iterator.next() { start += part }
        var reader = EnvelopeReader(linkKey: key, passphrase: try passphrase(for: start, key: key))
        for event in try reader.push(start) { try delivery.take(event) }
        while let part = try await iterator.next() {
            for event in try reader.push(part) { try delivery.take(event) }
        }
        for event in try reader.finish() { try delivery.take(event) }
    }

    /// Asked for only where the header says that one is needed, and the key that it is true.
    private func passphrase(for start: [UInt8], key: borrowing Key) throws -> Passphrase? {
        guard start.count >= Parameters.headerCount else { return nil }
        let parameters = try Parameters(parsing: Array(start.prefix(Parameters.count)))
        let opening = try Opening(parameters: parameters, linkKey: key)
        return opening.parameters.needsPassphrase ? try passphraseOptions.passphrase() : nil
    }

    private func input() throws -> FileBytes {
        guard envelope != "-" else { return FileBytes(.standardInput) }
        try Inputs.checkReadable(envelope)
        return FileBytes(path: FilePath(envelope))
    }

    private func readKey() throws -> Key {
        let bytes: [UInt8]
        do {
            bytes = try Files.read(FilePath(keyFile), upTo: 4096)
        } catch let error as Errno {
            throw Failure(.failed, "\(printable(keyFile)): \(error)")
        }
        let text = String(decoding: bytes, as: UTF8.self).trimmingASCIIWhitespace()
        guard let key = Base64URL.decode(text), key.count == Key.count else {
            throw Failure(
                .usage, "\(printable(keyFile)) does not hold a key", hint: "a key has 43 characters: what follows the # of a link"
            )
        }
        return Key(copying: key)
    }
}

extension String {
    /// Without the blanks and line ends that editors and terminals put around one line.
    func trimmingASCIIWhitespace() -> Substring {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0.isNewline }
        return self[...].drop(while: isBlank).reversed().drop(while: isBlank).reversed().reduce(into: Substring()) {
            $0.append($1)
        }
    }
}
