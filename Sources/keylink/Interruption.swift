internal import Foundation
internal import KeylinkClient
internal import Synchronization

/// What happens on Ctrl-C, a closed terminal and `kill`: partial files go, the terminal's echo comes back, a hint says how
/// to go on, and the process dies of the very signal, so that whoever started it knows.
///
/// The main thread waits for the signals, which are blocked everywhere else: it may do what a signal handler may not, and
/// does it whatever the rest of the process is busy with.
enum Interruption {
    private struct State {
        var hint: (@Sendable () -> String)?
        var terminal: (descriptor: Int32, settings: termios)?
    }

    /// The files that must not be left behind.
    static let partials = PartialFiles()
    private static let state = Mutex(State())

    /// What to tell when the process is interrupted from here on; made when it is.
    static func set(hint: (@Sendable () -> String)?) {
        state.withLock { $0.hint = hint }
    }

    /// The settings to give back to a terminal; nil once they are given back.
    static func set(terminal: (descriptor: Int32, settings: termios)?) {
        state.withLock { $0.terminal = terminal }
    }

    /// To be called first of all, while there is one thread: those that come inherit what it blocks.
    static func block() {
        // A reader that went away is an error of write, which says so; and no core file shall hold a secret.
        signal(SIGPIPE, SIG_IGN)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(coreResource, &none)
        var signals = awaited
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Never returns: what else there is to do is done on other threads, which end the process.
    static func wait() -> Never {
        var signals = awaited
        var number: Int32 = 0
        // Without any signal to wait for it fails, and there is only the end to wait for.
        while sigwait(&signals, &number) != 0 { pause() }
        partials.end()
        state.withLock { state in
            if var terminal = state.terminal { tcsetattr(terminal.descriptor, TCSANOW, &terminal.settings) }
            if Console.errorIsTerminal { Console.line("") }
            if let hint = state.hint { Console.hint(hint()) }
        }
        signal(number, SIG_DFL)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(number)
        exit(128 + number)
    }

    private static let awaited: sigset_t = {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(signal) { sigaddset(&set, signal) }
        return set
    }()

    /// Whoever started us in the background, or under nohup, does not want us to hear it.
    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        #if canImport(Glibc)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
        #else
        return unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self) == 1
        #endif
    }

    #if canImport(Glibc)
    private static let coreResource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
    #else
    private static let coreResource = RLIMIT_CORE
    #endif
}
