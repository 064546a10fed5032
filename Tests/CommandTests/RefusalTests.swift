import Foundation
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(2))) struct RefusalTests {
    private static let link = "http://127.0.0.1:1/s/AAAAAAAAAAAAAAAAAAAAAA#" + String(repeating: "A", count: 43)
    private static let receipt = link.replacingOccurrences(of: "/s/", with: "/r/")

    /// Every one is found out without a server.
    @Test(arguments: [
        ["bogus"], ["share", "--bogus"], ["share", "--ttl", "soon"], ["share", "--ttl", "0s"], ["share", "--views", "0"],
        ["share", "--views", "x"],
        ["share", "--passphrase", "--generate-passphrase"], ["share", "--server", "keylink.example"],
        ["share", "--server", "http://keylink.example"],
        ["share", "/"], ["share", "-", "-"], ["share"],
        ["share", "--passphrase", "/etc/passwd", "--server", "http://127.0.0.1:1"], ["open"], ["open", "nonsense"],
        ["open", receipt], ["open", link + "A"], ["open", String(link.dropLast())], ["open", "--json", "--output", "-", link],
        ["open", "http://keylink.example/s/AAAAAAAAAAAAAAAAAAAAAA#" + String(repeating: "A", count: 43)], ["look", receipt],
        ["status", link], ["revoke", link],
        ["status", "x"], ["status"], ["seal"], ["seal", "--output", "-"], ["unseal", "x"], ["vectors"],
    ])
    func aWrongUseIsSixtyFour(arguments: [String]) async throws {
        let folder = try TemporaryFolder()
        let result = try await Program("keylink", arguments, environment: ["HOME": folder.path.string], in: folder.path).result()
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("error: "))
        #expect(try folder.names().isEmpty)
    }

    @Test(arguments: [["--help"], ["help"], ["help", "share"], ["share", "--help"], ["--version"]])
    func helpIsNoError(arguments: [String]) async throws {
        let folder = try TemporaryFolder()
        let result = try await Program("keylink", arguments, environment: [:], in: folder.path).result()
        #expect(result.status == 0 && !result.output.isEmpty && result.errors.isEmpty)
    }

    @Test(arguments: [["share"], ["open", link], ["look", link], ["status", receipt], ["revoke", receipt]])
    func aServerThatIsNotThereIsSix(arguments: [String]) async throws {
        let folder = try TemporaryFolder()
        // Revoking is tried for a while; the first failure of all the others is final.
        guard arguments != ["revoke", Self.receipt] else { return }
        let program = try Program(
            "keylink", arguments, input: .text("x"),
            environment: ["HOME": folder.path.string, "KEYLINK_SERVER": "http://127.0.0.1:1"], in: folder.path)
        let result = try await program.result()
        #expect(result.status == 6)
        #expect(result.errors == "error: the server cannot be reached: Connection refused\n")
        #expect(result.output.isEmpty)
    }

    @Test func aServerWithoutTLSIsToldInOurWords() async throws {
        let house = try await House()
        let secure = house.base.replacingOccurrences(of: "http:", with: "https:")
        let shared = try await house.keylink("share", "--server", secure, input: .text("x"))
        #expect(shared.status == 6)
        let reason = "the server does not speak TLS there, or its certificate is not trusted"
        #expect(shared.errors == "error: the server cannot be reached: \(reason)\n")
    }

    @Test func whatALimitRefusesIsSeven() async throws {
        let house = try await House(["--max-envelope-bytes", "100000", "--max-ttl", "7d"])
        try house.folder.write([UInt8](repeating: 1, count: 200_000), to: "work/large")
        let large = try await house.keylink("share", "large")
        #expect(large.status == 7 && large.output.isEmpty && large.errors == "error: the server takes at most 100.0 kB\n")
        let stream = try await house.keylink("share", input: .bytes([UInt8](repeating: 1, count: 3 << 20)))
        #expect(stream.status == 7 && stream.output.isEmpty)
        let late = try await house.keylink("share", "--ttl", "8d", input: .text("x"))
        #expect(late.status == 7 && late.errors == "error: the server keeps secrets from 60 s to 7 days\n")
        let often = try await house.keylink("share", "--views", "1000000000", input: .text("x"))
        #expect(often.status == 7)
        #expect(try await house.keylink("list").output.isEmpty)
    }

    @Test func aServerThatAsksForATokenGetsOne() async throws {
        let tokens = try TemporaryFolder()
        try tokens.write("a-very-long-token-for-creating-0123456789\n", to: "tokens")
        let house = try await House(["--create-token-file", tokens.path.appending("tokens").string])
        let without = try await house.keylink("share", input: .text("x"))
        #expect(without.status == 1 && without.errors.contains("hint: ask its owner for a token"))
        try house.folder.write("another-token-that-is-not-the-right-one-0123", to: "work/wrong")
        #expect(try await house.keylink("share", "--create-token-file", "wrong", input: .text("x")).status == 1)
        let link = try await house.share("x", "--create-token-file", tokens.path.appending("tokens").string)
        #expect(try await house.keylink("open", link).text == "x")
        // From the configuration the file is found beside it.
        try house.folder.create("home/.config/keylink")
        try house.folder.write("a-very-long-token-for-creating-0123456789", to: "home/.config/keylink/token")
        try house.folder.write(#"{"createTokenFile": "token", "views": 2}"#, to: "home/.config/keylink/config.json")
        let configured = try await house.share("y")
        for status: Int32 in [0, 0, 3] { #expect(try await house.keylink("open", configured).status == status) }
    }

    @Test func theServerIsFlagThenEnvironmentThenConfiguration() async throws {
        let house = try await House()
        try house.folder.create("home/.config/keylink")
        try house.folder.write(#"{"server": "\#(house.base)"}"#, to: "home/.config/keylink/config.json")
        let nowhere = "http://127.0.0.1:1"
        let (config, environment, flag) = (
            try await house.keylink("share", input: .text("x"), environment: ["KEYLINK_SERVER": ""]),
            try await house.keylink("share", input: .text("x"), environment: ["KEYLINK_SERVER": nowhere]),
            try await house.keylink(
                "share", "--server", house.base + "/", input: .text("x"), environment: ["KEYLINK_SERVER": nowhere])
        )
        #expect(config.status == 0 && environment.status == 6 && flag.status == 0)
        #expect(flag.line.hasPrefix(house.base + "/s/"))
    }

    @Test func aDamagedSecretIsFiveAndIsNotAcknowledged() async throws {
        let house = try await House()
        try house.folder.write([UInt8](repeating: 7, count: 5_000_000), to: "work/large")
        let link = try await house.keylink("share", "large").line
        let receipt = try #require(await house.keylink("list").line.split(separator: "\t").last.map(String.init))
        try damageStoredFile(in: house.folder)
        try house.folder.create("work/out")
        let opened = try await house.keylink("open", link, in: "work/out")
        #expect(opened.status == 5)
        #expect(opened.errors == "error: the secret is damaged: it was altered or cut\n")
        #expect(try house.folder.names("work/out").isEmpty)
        #expect(try await house.keylink("status", receipt).text.hasPrefix("State       claimed"))
    }

    /// Flips one bit in the middle of the largest file of the server's data.
    private func damageStoredFile(in folder: TemporaryFolder) throws {
        let data = folder.path.appending("data").string
        let files = try #require(FileManager.default.enumerator(atPath: data)).compactMap { $0 as? String }
        let sizes = files.map { name in
            ((try? FileManager.default.attributesOfItem(atPath: data + "/" + name)[.size]) as? NSNumber)?.intValue ?? 0
        }
        let largest = try #require(zip(files, sizes).max { $0.1 < $1.1 })
        try #require(largest.1 >= 5_000_000)
        let file = try #require(FileHandle(forUpdatingAtPath: data + "/" + largest.0))
        try file.seek(toOffset: 2_500_000)
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: 2_500_000)
        try file.write(contentsOf: Data([byte ^ 1]))
        try file.close()
    }

    /// A device that is full and an output that is closed: every way of output, read to its end by the same command later.
    @Test(arguments: [[], ["--json"], ["--output", "-"]], ["> /dev/full", ">&-"])
    func whatNobodyReadsIsNotAcknowledged(flags: [String], redirection: String) async throws {
        let house = try await House()
        let link = try await house.share(String(repeating: "x", count: 500_000))
        let words = [Program.products.appending("keylink").string, "open"] + flags + ["'\(link)'"]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", (words + [redirection]).joined(separator: " ")]
        process.environment = ["HOME": house.folder.path.appending("home").string]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        process.waitUntilExit()
        let told = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(process.terminationStatus == 1)
        #expect(told.hasPrefix("error: standard output: ") && told.contains("\nhint: the same command "))
        #expect(try house.claimRecords.count == 1)
        // The claim still stands: the same command gets it all.
        #expect(try await house.keylink("open", link).text.count == 500_000)
        #expect(try house.claimRecords.isEmpty)
    }
}
