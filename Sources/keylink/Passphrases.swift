internal import ArgumentParser
internal import Envelope
internal import KeylinkClient
internal import Sodium
internal import SystemPackage

/// Where the passphrase of something that is sealed comes from. Never from an argument: those are for all to read.
struct NewPassphraseOptions: ParsableArguments {
    @Flag(name: .customLong("passphrase"), help: "Ask for a passphrase, twice, without showing it.")
    var ask = false

    @Option(
        name: .customLong("passphrase-file"),
        help: ArgumentHelp("Take the passphrase from a file, without its line end.", valueName: "file"))
    var file: String?

    @Flag(name: .customLong("generate-passphrase"), help: "Make up a passphrase and show it on standard error.")
    var generate = false

    mutating func validate() throws {
        guard [ask, file != nil, generate].count(where: \.self) <= 1 else {
            throw ValidationError("--passphrase, --passphrase-file and --generate-passphrase exclude each other")
        }
    }

    /// - Returns: the passphrase, if there is to be one, and its text where it was made up here.
    func passphrase() throws -> (passphrase: Passphrase?, generated: String?) {
        if generate {
            let text = GeneratedPassphrase.make()
            return (Passphrase(text), text)
        }
        if let file { return (try PassphraseFile.read(file), nil) }
        return (ask ? try askTwice() : nil, nil)
    }

    private func askTwice() throws -> Passphrase {
        while true {
            guard let first = try Terminal.askSecretly("Passphrase: "), let second = try Terminal.askSecretly("Once more: ")
            else {
                throw Failure(
                    .usage, "there is no terminal to ask for the passphrase at",
                    hint: "use --passphrase-file FILE or --generate-passphrase")
            }
            if first.isEmpty { throw Failure(.usage, "an empty passphrase protects nothing") }
            if constantTimeEqual(first, second) { return try Passphrase(utf8: first) }
            Console.line("The two differ. Again:")
        }
    }
}

/// Where the passphrase of something that is to be opened comes from.
struct KnownPassphraseOptions: ParsableArguments {
    @Option(
        name: .customLong("passphrase-file"),
        help: ArgumentHelp("Take the passphrase from a file, without its line end.", valueName: "file"))
    var file: String?

    /// Whether another try may bring another passphrase.
    var canAskAgain: Bool { file == nil }

    /// - Throws: `passphrase-required` where there is neither a file nor a terminal to ask at.
    func passphrase() throws -> Passphrase {
        if let file { return try PassphraseFile.read(file) }
        while let typed = try Terminal.askSecretly("Passphrase: ") {
            if !typed.isEmpty { return try Passphrase(utf8: typed) }
            Console.line("An empty passphrase opens nothing. Again:")
        }
        throw EnvelopeError.passphraseRequired
    }
}

enum PassphraseFile {
    /// The file's content without the line end that editors and `echo` put behind it. Anything else in it counts.
    static func read(_ path: String) throws -> Passphrase {
        var bytes: [UInt8]
        do {
            bytes = try Files.read(FilePath(path), upTo: 64 << 10)
        } catch let error as Errno {
            throw Failure(.failed, "\(printable(path)): \(error)")
        }
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else {
            throw Failure(.usage, "\(printable(path)) is empty, and an empty passphrase protects nothing")
        }
        return try Passphrase(utf8: bytes)
    }
}

/// A passphrase that is made to be read out: `kf3m-9qtw-x2ha-yb7n`.
enum GeneratedPassphrase {
    /// Small letters and digits but for those that look or sound like another: i l o u, 0 1.
    static let alphabet = Array("abcdefghjkmnpqrstvwxyz23456789")
    static let groups = 4
    static let groupLength = 4

    /// Sixteen of thirty characters, each as likely as the next: 78.5 bits.
    static func make() -> String {
        (0..<groups).map { _ in
            String((0..<groupLength).map { _ in alphabet[Int(Random.number(below: UInt32(alphabet.count)))] })
        }.joined(separator: "-")
    }
}
