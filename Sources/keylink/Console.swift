internal import Foundation
internal import KeylinkClient
internal import SystemPackage

/// The two streams and what each is for: data on standard output, words for people on standard error.
enum Console {
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1
    static let inputIsTerminal = isatty(STDIN_FILENO) == 1

    /// Occupies the numbers of streams that are closed: the next file or connection would get them, and what is meant for people
    /// would go there. What stands in their place fails when it is used, as a closed one does.
    static func occupyClosedStreams() {
        for (stream, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
        where fcntl(stream, F_GETFD) == -1 {
            _ = open("/dev/null", mode)
        }
    }

    /// A line for people. There is nobody to tell where standard error is closed.
    static func line(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll(Array((text + "\n").utf8))
    }

    static func hint(_ text: String) {
        line("hint: " + text)
    }

    static func tell(_ failure: Failure) {
        line("error: " + failure.message)
        for hint in failure.hints { self.hint(hint) }
    }

    /// Data. That nobody reads it is an error: what was not delivered must not be taken for delivered.
    static func write(_ bytes: [UInt8]) throws {
        do {
            try FileDescriptor.standardOutput.writeAll(bytes)
        } catch let error as Errno {
            throw Failure(.failed, "standard output: \(error)")
        }
    }

    /// What was written to a file is on the disk: some file systems find out only now that there is no room.
    static func syncOutput() throws {
        do {
            try Files.sync(.standardOutput)
        } catch let error as Errno {
            throw Failure(.failed, "standard output: \(error)")
        }
    }

    static func write(line text: String) throws {
        try write(Array((text + "\n").utf8))
    }

    static func write(json value: some Encodable) throws {
        try write(escaped(JSON.encode(value)) + [0x0A])
    }

    /// The same JSON, without what drives a terminal or turns the direction of its line: such scalars stand only in strings, where
    /// an escape says the same. JSON itself asks for escapes below U+0020 alone.
    static func escaped(_ json: [UInt8]) -> [UInt8] {
        var output = String.UnicodeScalarView()
        for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar != "\n", .format, .lineSeparator, .paragraphSeparator:
                for unit in String(scalar).utf16 { output.append(contentsOf: String(format: "\\u%04x", unit).unicodeScalars) }
            default: output.append(scalar)
            }
        }
        return Array(String(output).utf8)
    }
}

/// A secret on its way to a terminal: what is not text must not drive it. Everywhere else bytes stay as they are.
struct TerminalFilter {
    /// The first byte of a two-byte control character, until the second tells.
    private var pending = false

    /// `bytes` with control characters but tabs and line ends shown as `?`.
    mutating func filter(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        for byte in bytes {
            if pending {
                pending = false
                // U+0080…U+009F in UTF-8.
                if (0x80...0x9F).contains(byte) {
                    output.append(UInt8(ascii: "?"))
                    continue
                }
                output.append(0xC2)
            }
            switch byte {
            case 0x09, 0x0A: output.append(byte)
            case ..<0x20, 0x7F: output.append(UInt8(ascii: "?"))
            case 0xC2: pending = true
            default: output.append(byte)
            }
        }
        return output
    }
}
