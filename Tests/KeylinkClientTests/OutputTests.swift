import Foundation
import SystemPackage
import Testing

@testable import KeylinkClient

@Suite struct OutputNameTests {
    @Test(arguments: [
        ("report.pdf", "report.pdf"), ("Grüße 日本.txt", "Grüße 日本.txt"), ("a b", "a b"), (".bashrc", "_.bashrc"), ("..x", "_..x"),
        ("-rf", "_-rf"),
        ("~root", "_~root"), (" x", "_ x"), ("x ", "x _"), ("x.", "x._"), ("...", "_..._"), ("CON", "_CON"),
        ("con.txt", "_con.txt"), ("Nul.tar.gz", "_Nul.tar.gz"),
        ("COM1", "_COM1"), ("lpt9.x", "_lpt9.x"), ("COM¹", "_COM¹"), ("COM10", "COM10"), ("console", "console"), ("aux", "_aux"),
        ("conin$", "_conin$"),
        ("\u{0301}x", "\u{0301}x"),
    ])
    func aNameIsMadeHarmless(label: String, name: String) {
        #expect(OutputNames.safe(label).unicodeScalars.elementsEqual(name.unicodeScalars))
    }

    @Test func aLongNameKeepsItsEndAndFits() {
        let name = OutputNames.safe("." + String(repeating: "ü", count: 125) + ".pdf")
        #expect(name.utf8.count <= 255 && name.hasPrefix("_.ü") && name.hasSuffix("ü.pdf"))
        let numbered = OutputNames.numbered(String(repeating: "x", count: 251) + ".pdf", 12)
        #expect(numbered.utf8.count == 255 && numbered.hasSuffix("x (12).pdf"))
    }

    @Test(arguments: [
        ("a.pdf", 1, "a.pdf"), ("a.pdf", 2, "a (2).pdf"), ("a", 3, "a (3)"), ("a.tar.gz", 2, "a.tar (2).gz"),
        ("_.x", 2, "_ (2).x"),
        ("a.averyveryverylongsuffix", 2, "a.averyveryverylongsuffix (2)"),
    ])
    func aNumberGoesBeforeTheExtension(name: String, number: Int, expected: String) {
        #expect(OutputNames.numbered(name, number) == expected)
    }

    @Test(arguments: [("A.txt", "a.TXT"), ("stra\u{DF}e", "STRASSE"), ("\u{E9}", "e\u{301}"), ("\u{3A3}", "\u{3C2}")])
    func namesThatAFileSystemMayTakeForOneCollide(one: String, other: String) {
        #expect(OutputNames.collisionKey(one) == OutputNames.collisionKey(other))
    }
}

@Suite struct OutputFolderTests {
    private let folder: TemporaryFolder
    private let partials = PartialFiles()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func write(_ files: [(String, String)], overwriting: Bool = false) throws -> [String] {
        let output = OutputFolder(folder.path, overwriting: overwriting, partials: partials)
        for (label, text) in files {
            try output.begin(label)
            try output.write(Array(text.utf8))
        }
        return try output.commit().map { $0.lastComponent?.string ?? "" }
    }

    @Test func filesGetTheirNamesInTheEnd() throws {
        let output = OutputFolder(folder.path, overwriting: false, partials: partials)
        try output.begin("a.txt")
        try output.write([0x61])
        try output.begin("empty")
        let during = try folder.names()
        #expect(during.count == 2 && during.allSatisfy { $0.hasPrefix(".keylink-") && $0.hasSuffix(".part") })
        for name in during { #expect(try folder.mode(name) == 0o600) }
        let mask = umask(0)
        umask(mask)
        #expect(
            try output.commit().map(\.string) == [folder.path.appending("a.txt").string, folder.path.appending("empty").string])
        #expect(try folder.names() == ["a.txt", "empty"])
        #expect(try folder.content("a.txt") == "a" && folder.content("empty").isEmpty)
        #expect(try folder.mode("a.txt") == 0o666 & ~Int(mask))
    }

    @Test func nothingIsOverwritten() throws {
        try folder.write("mine", to: "a.txt")
        try folder.write("mine too", to: "a (2).txt")
        #expect(try write([("a.txt", "new")]) == ["a (3).txt"])
        #expect(try folder.content("a.txt") == "mine")
        #expect(try folder.content("a (2).txt") == "mine too")
    }

    @Test func aSymbolicLinkIsNotFollowed() throws {
        try folder.write("mine", to: "target")
        try FileManager.default.createSymbolicLink(atPath: folder.path.appending("a").string, withDestinationPath: "target")
        try FileManager.default.createSymbolicLink(atPath: folder.path.appending("b").string, withDestinationPath: "nowhere")
        #expect(try write([("a", "new"), ("b", "new")]) == ["a (2)", "b (2)"])
        #expect(try write([("a", "forced")], overwriting: true) == ["a"])
        #expect(try folder.content("target") == "mine")
        #expect(try folder.content("a") == "forced")
    }

    @Test func forceOverwritesFilesAndNoFolder() throws {
        try folder.write("mine", to: "a.txt")
        try FileManager.default.createDirectory(atPath: folder.path.appending("d").string, withIntermediateDirectories: false)
        #expect(try write([("a.txt", "new"), ("d", "x")], overwriting: true) == ["a.txt", "d (2)"])
        #expect(try folder.content("a.txt") == "new")
    }

    @Test(arguments: [false, true]) func repeatedNamesAreToldApart(overwriting: Bool) throws {
        let names = try write(
            [("a.txt", "1"), ("A.TXT", "2"), ("a.txt", "3"), ("_.x", "4"), (".x", "5")], overwriting: overwriting)
        #expect(names == ["a.txt", "A (2).TXT", "a (3).txt", "_.x", "_ (2).x"])
        #expect(try folder.content("a.txt") == "1" && folder.content("a (3).txt") == "3")
    }

    @Test func whatIsGivenUpLeavesNothing() throws {
        let output = OutputFolder(folder.path, overwriting: false, partials: partials)
        try output.begin("a")
        try output.begin("b")
        try output.write([1])
        try output.discard()
        #expect(try folder.names().isEmpty)
        #expect(try output.commit().isEmpty)
    }

    @Test func aProcessThatEndsTakesItsPartialFilesAlong() throws {
        try #expect(write([("kept", "x")]) == ["kept"])
        let output = OutputFolder(folder.path, overwriting: false, partials: partials)
        try output.begin("a")
        partials.end()
        #expect(try folder.names() == ["kept"])
        #expect(throws: PartialFiles.Ended.self) { try output.commit() }
        #expect(throws: PartialFiles.Ended.self) { try output.begin("b") }
    }

    @Test func aFolderThatIsNotThereIsFoundOutFirst() throws {
        let output = OutputFolder(folder.path.appending("missing"), overwriting: false, partials: partials)
        #expect(throws: Errno.noSuchFileOrDirectory) { try output.check() }
        try OutputFolder(folder.path, overwriting: false, partials: partials).check()
        #expect(try folder.names().isEmpty)
    }
}
