import Foundation
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1))) struct SealTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func keylink(_ arguments: String..., input: Program.Input = .none) async throws -> Program.Result {
        try await Program("keylink", arguments, input: input, environment: ["HOME": folder.path.string], in: folder.path).result()
    }

    /// 300,000 bytes under `envelope`, its key under `key`.
    private func seal(_ flags: String...) async throws {
        try folder.write([UInt8](repeating: 9, count: 300_000), to: "file")
        let program = try Program(
            "keylink", ["seal", "file", "-o", "envelope", "--key-file", "key"] + flags, environment: [:], in: folder.path)
        try #require(try await program.result().status == 0)
    }

    @Test func whatIsSealedIsUnsealed() async throws {
        try await seal()
        #expect(try folder.mode("key") == 0o600)
        #expect(try folder.content("key").wholeMatch(of: /[\w-]{43}\n/) != nil)
        let unsealed = try await keylink("unseal", "envelope", "--key-file", "key")
        #expect(unsealed.status == 0 && unsealed.errors == "saved file (2)\n")
        #expect(try folder.bytes("file (2)") == [UInt8](repeating: 9, count: 300_000))
        #expect(try folder.names() == ["envelope", "file", "file (2)", "key"])
    }

    @Test func keyAndEnvelopeGoThroughPipesToo() async throws {
        let sealed = try await keylink("seal", "--output", "e", input: .text("text"))
        #expect(sealed.line.wholeMatch(of: /[\w-]{43}/) != nil && sealed.errors.isEmpty)
        try folder.write(sealed.line, to: "k")
        #expect(try await keylink("unseal", "-", "--key-file", "k", input: .file(folder.path.appending("e"))).text == "text")
        let piped = try await keylink("seal", "--output", "-", "--key-file", "k2", input: .text("text"))
        #expect(piped.output.count == 352)
        #expect(try await keylink("unseal", "-", "--key-file", "k2", input: .bytes(piped.output)).text == "text")
    }

    /// Where, and what comes of it: header, link tag, commitment, first box, last box.
    @Test(arguments: [(0, 5), (4, 1), (6, 4), (20, 4), (40, 4), (60, 4), (80, 5), (65_700, 5), (300_000, 5)] as [(Int, Int32)])
    func everyFlippedBitIsFound(place: Int, status: Int32) async throws {
        try await seal()
        var envelope = try folder.bytes("envelope")
        envelope[place] ^= 1
        try folder.write(envelope, to: "envelope")
        let unsealed = try await keylink("unseal", "envelope", "--key-file", "key")
        #expect(unsealed.status == status)
        #expect(unsealed.errors.hasPrefix("error: "))
        #expect(try folder.names() == ["envelope", "file", "key"])
    }

    @Test(arguments: [0, 1, 79, 80, 81, 96, 65_632, 65_633, 200_000]) func everyCutIsFound(length: Int) async throws {
        try await seal()
        try folder.write(Array(folder.bytes("envelope").prefix(length)), to: "envelope")
        #expect(try await keylink("unseal", "envelope", "--key-file", "key").status == 5)
        #expect(try folder.names() == ["envelope", "file", "key"])
    }

    @Test func keyAndPassphraseAreBothNeeded() async throws {
        try folder.write("open sesame\r\n", to: "right")
        try folder.write("open barley", to: "wrong")
        try folder.write("", to: "empty")
        try await seal("--passphrase-file", "right")
        try folder.write(String(repeating: "A", count: 43), to: "other key")
        try folder.write("no key", to: "no key")
        #expect(try await keylink("unseal", "envelope", "--key-file", "key").status == 4)
        #expect(try await keylink("unseal", "envelope", "--key-file", "key", "--passphrase-file", "wrong").status == 4)
        #expect(try await keylink("unseal", "envelope", "--key-file", "key", "--passphrase-file", "empty").status == 64)
        #expect(try await keylink("unseal", "envelope", "--key-file", "other key", "--passphrase-file", "right").status == 4)
        #expect(try await keylink("unseal", "envelope", "--key-file", "no key").status == 64)
        #expect(try await keylink("unseal", "envelope", "--key-file", "key", "--passphrase-file", "right").status == 0)
    }

    /// A key without an envelope opens nothing, an envelope without its key never opens.
    @Test func whatFailsLeavesNothing() async throws {
        try folder.write("x", to: "file")
        try folder.write("taken", to: "envelope")
        #expect(try await keylink("seal", "file", "-o", "envelope", "--key-file", "key").status == 1)
        #expect(try await keylink("seal", "file", "-o", "missing/e", "--key-file", "key").status == 1)
        #expect(try await keylink("seal", "file", "-o", "e", "--key-file", "missing/key").status == 1)
        for arguments in ["-o e > /dev/full", "-o - --key-file key > /dev/full", "-o e >&-"] {
            let command = "\(Program.products.appending("keylink")) seal file \(arguments)"
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "cd \(folder.path) && \(command)"]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 1)
        }
        #expect(try folder.names() == ["envelope", "file"])
        #expect(try folder.content("envelope") == "taken")
    }

    @Test func nothingIsOverwritten() async throws {
        try await seal()
        let (envelope, key) = (try folder.bytes("envelope"), try folder.bytes("key"))
        #expect(try await keylink("seal", "file", "-o", "envelope").status == 1)
        #expect(try await keylink("seal", "file", "-o", "other", "--key-file", "key").status == 1)
        #expect(try folder.bytes("envelope") == envelope)
        #expect(try folder.bytes("key") == key)
        #expect(try folder.names() == ["envelope", "file", "key"])
        #expect(try await keylink("seal", "file", "-o", "envelope", "--force").status == 0)
        #expect(try folder.bytes("envelope") != envelope)
    }
}
