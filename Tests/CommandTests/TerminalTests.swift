import Foundation
import SystemPackage
import Testing

/// What happens only where somebody sits in front of it.
@Suite(.timeLimit(.minutes(2))) struct TerminalTests {
    private func atTerminal(_ house: House, _ arguments: String...) throws -> (Program, Pseudoterminal) {
        let program = try house.start(arguments, input: .terminal)
        return (program, try #require(program.terminal))
    }

    private func answer(_ terminal: Pseudoterminal, _ question: String, times: Int = 1, with text: String) async throws {
        try await eventually { terminal.text.components(separatedBy: question).count > times && !terminal.echoes }
        try terminal.type(text + "\n")
    }

    @Test func aPassphraseIsAskedTwiceAndNeverShown() async throws {
        let house = try await House()
        try house.folder.write("x", to: "work/f")
        let (sharing, terminal) = try atTerminal(house, "share", "--passphrase", "f")
        try await answer(terminal, "Passphrase: ", with: "open sesame")
        try await answer(terminal, "Once more: ", with: "open barley")
        try await answer(terminal, "Passphrase: ", times: 2, with: "open sesame")
        try await answer(terminal, "Once more: ", times: 2, with: "open sesame")
        let shared = try await sharing.result()
        #expect(shared.status == 0)
        #expect(!shared.text.contains("sesame") && !shared.text.contains("barley"))
        #expect(shared.text.contains("The two differ. Again:"))
        #expect(shared.text.contains(/It opens once, until \d{4}-.* UTC\./))
        let link = String(try #require(shared.text.firstMatch(of: /http:\S+/)).0)

        let (opening, second) = try atTerminal(house, "open", link, "--output", "-")
        try await answer(second, "Passphrase: ", with: "")
        try await answer(second, "Passphrase: ", times: 2, with: "open barley")
        try await answer(second, "Passphrase: ", times: 3, with: "open sesame")
        let opened = try await opening.result()
        #expect(opened.status == 0)
        #expect(opened.text.contains("An empty passphrase opens nothing. Again:"))
        #expect(opened.text.contains("The passphrase is wrong; nothing has been used up. Again:"))
        #expect(opened.text.hasSuffix("x\r\n"))
        #expect(!opened.text.contains("sesame"))
    }

    @Test func interruptedAtTheQuestionTheTerminalShowsAgainWhatIsTyped() async throws {
        let house = try await House()
        try house.folder.write("x", to: "work/f")
        let (sharing, terminal) = try atTerminal(house, "share", "--passphrase", "f")
        try await eventually { terminal.text.contains("Passphrase: ") && !terminal.echoes }
        try terminal.type("\u{03}")
        let ended = try await sharing.result()
        #expect(ended.signal == SIGINT)
        #expect(terminal.echoes)
    }

    @Test(arguments: [["share"], ["share", "--passphrase", "f"]])
    func nobodyIsAskedForWhatAServerThatIsNotThereWouldLose(arguments: [String]) async throws {
        let house = try await House()
        try house.folder.write("x", to: "work/f")
        let sharing = try house.start(arguments + ["--server", "http://127.0.0.1:1"], input: .terminal)
        let shared = try await sharing.result()
        #expect(shared.status == 6)
        #expect(shared.text == "error: the server cannot be reached: Connection refused\r\n")
    }

    @Test func aSecretThatIsTypedNeedsNoLineEnd() async throws {
        let house = try await House()
        let (sharing, terminal) = try atTerminal(house, "share")
        try await eventually { terminal.text.contains("then press Ctrl-D") }
        try terminal.type("typed by hand\n\u{04}")
        let shared = try await sharing.result()
        let link = String(try #require(shared.text.firstMatch(of: /http:\S+/)).0)
        #expect(try await house.keylink("open", link).text == "typed by hand")
    }

    @Test func aSecretDoesNotDriveTheTerminal() async throws {
        let house = try await House()
        let secret = "a\u{1B}]0;owned\u{07}b\u{9B}2Jc\td\u{E9}\u{A9}"
        let link = try await house.share(secret, "--views", "2")
        let (opening, _) = try atTerminal(house, "open", link)
        let opened = try await opening.result()
        #expect(opened.status == 0)
        #expect(opened.text == "a?]0;owned?b?2Jc\td\u{E9}\u{A9}\r\n")
        // Anywhere else every byte stays.
        #expect(try await house.keylink("open", link).text == secret)
    }

    @Test func theLinkGoesToTheTerminalsClipboardWhereThereIsNoOther() async throws {
        let house = try await House()
        try house.folder.write("x", to: "work/f")
        let (sharing, _) = try atTerminal(house, "share", "--copy", "f")
        let shared = try await sharing.result()
        let link = String(try #require(shared.text.firstMatch(of: /http:\S+/)).0)
        #expect(shared.text.contains("\u{1B}]52;c;\(Data(link.utf8).base64EncodedString())\u{07}"))
    }

    @Test func withoutAClipboardNothingIsShared() async throws {
        let house = try await House()
        let shared = try await house.keylink("share", "--copy", input: .text("x"), environment: ["PATH": "/nonexistent"])
        #expect(shared.status == 1 && shared.errors.hasPrefix("error: there is no clipboard here\n"))
        #expect(try await house.keylink("list").output.isEmpty)
    }

    @Test func theLinkGoesToTheClipboardsProgramThroughAPipe() async throws {
        let house = try await House()
        try house.folder.create("bin")
        let script = "#!/bin/sh\necho \"$@\" > \(house.folder.path)/arguments\ncat > \(house.folder.path)/clipboard\n"
        try house.folder.write(script, to: "script")
        // Another process writes the program: what this one has open for writing, a program started by another test at this
        // moment has too, and the system runs no file that somebody may write to.
        let (source, target) = (house.folder.path.appending("script").string, house.folder.path.appending("bin/xclip").string)
        let install = try Process.run(URL(fileURLWithPath: "/usr/bin/install"), arguments: ["-m", "755", source, target])
        install.waitUntilExit()
        let environment = ["PATH": "\(house.folder.path)/bin:/usr/bin:/bin", "DISPLAY": ":9"]
        let shared = try await house.keylink("share", "--copy", input: .text("x"), environment: environment)
        #expect(shared.status == 0)
        #expect(try house.folder.content("clipboard") == shared.line)
        #expect(try house.folder.content("arguments") == "-selection clipboard\n")
    }
}
