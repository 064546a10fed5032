import Foundation
import Synchronization
import SystemPackage

/// A running program of ours: the real executable, in a session of its own, so that no terminal of whoever runs the tests
/// can be asked for anything.
final class Program: Sendable {
    struct Result: Sendable {
        /// The exit code; nil where a signal ended it.
        let status: Int32?
        let signal: Int32?
        let output: [UInt8]
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
        /// The one line that it printed.
        var line: String { text.hasSuffix("\n") ? String(text.dropLast()) : text }
    }

    enum Input: Sendable {
        case none
        case bytes([UInt8])
        case file(FilePath)
        /// What ``terminal`` types; output and errors go there too.
        case terminal

        static func text(_ text: String) -> Input { .bytes(Array(text.utf8)) }
    }

    let id: pid_t
    /// The other side of its terminal, where it has one.
    let terminal: Pseudoterminal?
    private let folder: TemporaryFolder
    private let ended: Task<Int32, Never>

    /// Where the test itself was built, the programs were too.
    static let products = FilePath(
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    ).removingLastComponent()

    init(_ name: String, _ arguments: [String], input: Input = .none, environment: [String: String], in current: FilePath) throws
    {
        folder = try TemporaryFolder()
        terminal = if case .terminal = input { try Pseudoterminal() } else { nil }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        var source = "/dev/null"
        switch input {
        case .none, .terminal: break
        case .file(let path): source = path.string
        case .bytes(let bytes):
            source = folder.path.appending("in").string
            try Data(bytes).write(to: URL(fileURLWithPath: source))
        }
        if let terminal {
            // The first terminal that the leader of a session opens becomes its own.
            for stream: Int32 in 0...2 { posix_spawn_file_actions_addopen(&actions, stream, terminal.name, O_RDWR, 0) }
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, source, O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 1, folder.path.appending("out").string, O_WRONLY | O_CREAT, 0o600)
            posix_spawn_file_actions_addopen(&actions, 2, folder.path.appending("err").string, O_WRONLY | O_CREAT, 0o600)
        }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        // env goes to the folder and becomes the program: posix_spawn's own way there is hidden from Swift.
        let words = ["env", "-C", current.string, Self.products.appending(name).string] + arguments
        var vector: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in vector + variables { free(pointer) } }
        var child: pid_t = 0
        let status = posix_spawn(&child, "/usr/bin/env", &actions, &attributes, &vector, &variables)
        guard status == 0 else { throw Errno(rawValue: status) }
        id = child
        ended = Task.detached { await Self.end(of: child) }
    }

    /// POSIX_SPAWN_SETSID, which glibc defines where Swift does not see it.
    private static let newSession: Int16 = 0x80

    /// Waits on a thread of its own: a program may run as long as the test does.
    private static func end(of child: pid_t) async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(child, &status, 0) == -1, errno == EINTR {}
                continuation.resume(returning: status)
            }
        }
    }

    func send(_ signal: Int32) {
        kill(id, signal)
    }

    /// What it has said on standard error up to now.
    var errorsSoFar: String { (try? folder.content("err")) ?? "" }

    /// What it has said on standard output up to now.
    var outputSoFar: String { (try? folder.content("out")) ?? "" }

    func result() async throws -> Result {
        // A test whose time is up is cancelled: then the program goes, or nothing would end.
        let status = await withTaskCancellationHandler {
            await ended.value
        } onCancel: {
            send(SIGKILL)
        }
        let signal = status & 0x7F
        var output: [UInt8] = []
        if let terminal {
            try await eventually { terminal.hasEnded }
            output = terminal.screen
        } else {
            output = try Array(Data(contentsOf: URL(fileURLWithPath: folder.path.appending("out").string)))
        }
        return Result(
            status: signal == 0 ? (status >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal, output: output,
            errors: errorsSoFar)
    }
}

/// A terminal with a test in front of it.
final class Pseudoterminal: Sendable {
    let name: String
    private let master: FileDescriptor
    private let seen = Mutex<[UInt8]>([])
    private let ended = Mutex(false)

    init() throws {
        let descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        // What unlockpt and ptsname do, which Swift does not see: TIOCSPTLCK and TIOCGPTN.
        var (locked, number): (Int32, UInt32) = (0, 0)
        guard descriptor >= 0, ioctl(descriptor, 0x4004_5431, &locked) == 0, ioctl(descriptor, 0x8004_5430, &number) == 0 else {
            throw Errno(rawValue: errno)
        }
        name = "/dev/pts/\(number)"
        master = FileDescriptor(rawValue: descriptor)
        Thread.detachNewThread { [weak self, master] in
            var part = [UInt8](repeating: 0, count: 4096)
            while let count = try? part.withUnsafeMutableBytes({ try master.read(into: $0) }), count > 0, let self {
                self.seen.withLock { $0 += part.prefix(count) }
            }
            self?.ended.withLock { $0 = true }
        }
    }

    deinit {
        close(master.rawValue)
    }

    /// Everything that was shown.
    var screen: [UInt8] { seen.withLock { $0 } }
    var text: String { String(decoding: screen, as: UTF8.self) }
    /// Whether nobody uses it any more.
    var hasEnded: Bool { ended.withLock { $0 } }

    func type(_ text: String) throws {
        try master.writeAll(Array(text.utf8))
    }

    /// Whether what is typed is shown.
    var echoes: Bool {
        var settings = termios()
        return tcgetattr(master.rawValue, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }
}

/// Comes back once `condition` holds. It is looked at again and again; that it never comes to hold is for the suite's time
/// limit to find out.
func eventually(_ condition: () throws -> Bool) async throws {
    while try !condition() { try await Task.sleep(for: .milliseconds(5)) }
}
