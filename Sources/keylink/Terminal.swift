internal import Foundation
internal import KeylinkClient
internal import SystemPackage

/// The terminal itself, whatever standard input and output are connected to.
enum Terminal {
    /// Whether there is one to ask at.
    static var isThere: Bool {
        guard let terminal = try? FileDescriptor.open("/dev/tty", .readWrite, options: [.closeOnExec]) else { return false }
        return (try? terminal.close()) != nil
    }

    /// Asks without echo; nil where there is no terminal to ask at, or nobody at it any more.
    static func askSecretly(_ question: String) throws -> [UInt8]? {
        guard let terminal = try? FileDescriptor.open("/dev/tty", .readWrite, options: [.closeOnExec]) else { return nil }
        return try terminal.closeAfter {
            var settings = termios()
            guard tcgetattr(terminal.rawValue, &settings) == 0 else { return nil }
            Interruption.set(terminal: (terminal.rawValue, settings))
            var silent = settings
            silent.c_lflag &= ~tcflag_t(ECHO)
            // TCSAFLUSH: what was typed before the question is not its answer.
            tcsetattr(terminal.rawValue, TCSAFLUSH, &silent)
            defer {
                tcsetattr(terminal.rawValue, TCSANOW, &settings)
                Interruption.set(terminal: nil)
            }
            try terminal.writeAll(Array(question.utf8))
            let answer = try line(from: terminal)
            try terminal.writeAll([0x0A])
            return answer
        }
    }

    /// Hands text to the terminal's own clipboard (OSC 52), which works through ssh too. Terminals do not say whether they took it.
    static func copy(_ text: String) -> Bool {
        guard let terminal = try? FileDescriptor.open("/dev/tty", .writeOnly, options: [.closeOnExec]) else { return false }
        let sequence = "\u{1B}]52;c;" + Data(text.utf8).base64EncodedString() + "\u{07}"
        return (try? terminal.closeAfter { try terminal.writeAll(Array(sequence.utf8)) }) != nil
    }

    /// What was typed up to the line's end; nil where Ctrl-D, or the terminal's end, came instead of an answer.
    private static func line(from terminal: FileDescriptor) throws -> [UInt8]? {
        var line: [UInt8] = []
        while let byte = try Files.readSome(terminal, count: 1).first {
            if byte == 0x0A { return line }
            line.append(byte)
        }
        return line.isEmpty ? nil : line
    }
}
