import Foundation
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(2))) struct VectorsTests {
    private static let vectors = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Spec/vectors").path

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func check(_ paths: String...) async throws -> Program.Result {
        try await Program("keylink", ["vectors"] + paths, environment: [:], in: folder.path).result()
    }

    private func cases(_ group: String) throws -> [[String: Any]] {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(Self.vectors)/\(group).json"))
        return try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    }

    private func write(_ cases: [[String: Any]], to name: String = "cases.json") throws {
        try folder.write(Array(JSONSerialization.data(withJSONObject: cases)), to: name)
    }

    @Test func filesAndFoldersAreCounted() async throws {
        let (links, examples) = (try cases("link"), try cases("example"))
        try write(links, to: "link.json")
        try write(examples, to: "example.json")
        try folder.write("not a vector", to: "README.md")
        let whole = try await check(folder.path.string)
        #expect(whole.status == 0 && whole.text == "\(links.count + examples.count) passed, 0 failed\n")
        #expect(try await check("link.json", "example.json").text == whole.text)
    }

    /// Each of these must make exactly one case fail, and the command with it.
    @Test(arguments: [
        ("expect", "corrupt"), ("linkKey", String(repeating: "00", count: 32)), ("envelope", ""),
        ("accessToken", String(repeating: "11", count: 32)),
        ("master", String(repeating: "22", count: 32)), ("salt", String(repeating: "33", count: 16)), ("unknown", "member"),
        ("linkVerifier", "zz"),
    ])
    func aCaseThatDoesNotComeOutIsToldAndFails(member: String, value: String) async throws {
        var examples = try cases("example")
        examples[0][member] = value
        try write(examples)
        let result = try await check("cases.json")
        #expect(result.status == 1)
        #expect(result.text.hasPrefix("example_text: "))
        // A sentence for people, not the innards of Swift.
        #expect(!result.text.contains("Optional") && !result.text.contains("(") && !result.text.contains("[4"))
        #expect(result.text.hasSuffix("\n2 passed, 1 failed\n"))
    }

    @Test(arguments: ["name", "why", "linkToken", "items", "envelope"]) func aMissingMemberFails(member: String) async throws {
        var examples = try cases("example")
        examples[1][member] = nil
        try write(examples)
        #expect(try await check("cases.json").text.hasSuffix("\n2 passed, 1 failed\n"))
    }

    @Test func whatIsWrongWithACaseIsSaidPlainly() async throws {
        var examples = try cases("example")
        examples[0]["opslimit"] = "x"
        examples[1]["memlimit"] = -3
        examples[2]["linkVerifier"] = String(repeating: "11", count: 32)
        try write(examples)
        let lines = try await check("cases.json").text.split(separator: "\n").compactMap {
            $0.split(separator: ": ", maxSplits: 1).last
        }
        try #require(lines.count == 4)
        #expect(lines[0] == "the member opslimit is of the wrong kind")
        #expect(lines[1] == "a value cannot be read")
        #expect(lines[2].wholeMatch(of: /linkVerifier: expected (11){32}, found [0-9a-f]{64}/) != nil)
    }

    @Test func aLinkThatParsesOtherwiseFails() async throws {
        var links = try cases("link")
        let index = try #require(links.firstIndex { $0["expect"] as? String == "ok" })
        links[index]["base"] = "https://other.example"
        try write(links)
        #expect(try await check("cases.json").text.hasSuffix("\n\(links.count - 1) passed, 1 failed\n"))
    }

    @Test(arguments: ["missing.json", "empty.json", "words.json", "none"]) func nothingToCheckIsNoSuccess(path: String)
        async throws
    {
        try folder.write("[]", to: "empty.json")
        try folder.write("words", to: "words.json")
        try folder.create("none")
        let result = try await check(path)
        #expect(result.status == 1 && result.errors.hasPrefix("error: "))
        if path == "missing.json" { #expect(result.errors == "error: missing.json: No such file or directory\n") }
    }
}
