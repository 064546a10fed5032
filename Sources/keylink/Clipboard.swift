internal import Foundation
internal import SystemPackage

/// Whatever puts text onto the clipboard here. The text goes through a pipe, never into an argument, where all could read it.
enum Clipboard {
    case program(path: String, arguments: [String])
    /// The terminal itself.
    case terminal

    /// - Throws: where there is neither; before anything is shared, so that no link is made that then cannot be had.
    static func find(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Clipboard {
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        for (name, arguments, needs) in candidates where needs.map({ environment[$0]?.isEmpty == false }) ?? true {
            if let path = folders.map({ "\($0)/\(name)" }).first(where: { (path: String) in access(path, X_OK) == 0 }) {
                return .program(path: path, arguments: [name] + arguments)
            }
        }
        guard access("/dev/tty", W_OK) == 0,
            let terminal = try? FileDescriptor.open("/dev/tty", .writeOnly, options: [.closeOnExec])
        else {
            throw Failure(.failed, "there is no clipboard here", hint: "install wl-clipboard, xclip or xsel, or leave out --copy")
        }
        try terminal.close()
        return .terminal
    }

    private static let candidates: [(name: String, arguments: [String], needs: String?)] = [
        ("pbcopy", [], nil),
        ("wl-copy", [], "WAYLAND_DISPLAY"),
        ("xclip", ["-selection", "clipboard"], "DISPLAY"),
        ("xsel", ["--clipboard", "--input"], "DISPLAY"),
    ]

    func copy(_ text: String) throws {
        switch self {
        case .program(let path, let arguments): try run(path, arguments, feeding: Array(text.utf8))
        case .terminal:
            guard Terminal.copy(text) else { throw Failure(.failed, "the terminal's clipboard cannot be reached") }
        }
    }

    /// These programs stay behind to serve the clipboard: they must hold neither our pipes nor our blocked signals.
    private func run(_ path: String, _ arguments: [String], feeding text: [UInt8]) throws {
        let pipe = try FileDescriptor.pipe()
        #if canImport(Glibc)
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #else
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, pipe.readEnd.rawValue, STDIN_FILENO)
        posix_spawn_file_actions_addclose(&actions, pipe.readEnd.rawValue)
        posix_spawn_file_actions_addclose(&actions, pipe.writeEnd.rawValue)
        for stream in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
        }
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var child: pid_t = 0
        var vector: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for argument in vector { free(argument) } }
        let status = posix_spawn(&child, path, &actions, &attributes, &vector, environ)
        try pipe.readEnd.close()
        let written = try? pipe.writeEnd.closeAfter { try pipe.writeEnd.writeAll(text) }
        var exit: Int32 = 0
        guard status == 0, waitpid(child, &exit, 0) == child, exit == 0, written != nil else {
            throw Failure(.failed, "\(arguments[0]) could not put the link onto the clipboard")
        }
    }
}
