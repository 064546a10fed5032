internal import KeylinkClient
internal import SystemPackage
internal import Synchronization

/// One line that says how far a transfer is, only where standard error is a terminal, and only for what takes a while.
final class ProgressLine: Sendable {
    private struct State {
        let started = ContinuousClock.now
        var drawn: ContinuousClock.Instant?
    }

    private let verb: String
    private let state = Mutex(State())

    init(_ verb: String) {
        self.verb = verb
    }

    func update(_ count: Int64, of total: Int64?) {
        guard Console.errorIsTerminal else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            guard now - (state.drawn ?? state.started) > .milliseconds(state.drawn == nil ? 500 : 100) else { return }
            state.drawn = now
            draw(Self.text(verb, count: count, total: total, after: now - state.started))
        }
    }

    /// Takes the line away.
    func finish() {
        state.withLock { state in
            if state.drawn != nil { draw("") }
            state.drawn = nil
        }
    }

    static func text(_ verb: String, count: Int64, total: Int64?, after time: Duration) -> String {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        let rate = seconds > 0 ? ", \(size(Int64(Double(count) / seconds))) a second" : ""
        guard let total, total > 0 else { return "\(verb) \(size(count))\(rate)" }
        return "\(verb) \(min(100, count * 100 / total)) % of \(size(total))\(rate)"
    }

    private func draw(_ text: String) {
        // Back to the beginning, the text, and nothing behind it.
        _ = try? FileDescriptor.standardError.writeAll(Array("\r\(text)\u{1B}[K".utf8))
    }
}
