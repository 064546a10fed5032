import Synchronization

/// The answers that are handing out octets in this process: at most one for each claim, and each can be cut.
///
/// Entered and cut on the store's one writing thread, in the order of the transactions: what a revocation finds here is
/// everything that a claim before it has let out.
final class RunningAnswers: Sendable {
    /// One answer's end of the string.
    final class Answer: Sendable {
        private let cutOnce: Mutex<(@Sendable () -> Void)?>

        init(onCut: @escaping @Sendable () -> Void) { cutOnce = Mutex(onCut) }

        var isCut: Bool { cutOnce.withLock { $0 == nil } }

        func cut() {
            let onCut = cutOnce.withLock { action in
                defer { action = nil }
                return action
            }
            onCut?()
        }
    }

    private let answers = Mutex<[Int64: [[UInt8]: Answer]]>([:])

    /// Enters an answer and cuts the older one under the same key.
    func enter(_ answer: Answer, secret: Int64, keyHash: [UInt8]) {
        let older = answers.withLock { $0[secret, default: [:]].updateValue(answer, forKey: keyHash) }
        older?.cut()
    }

    /// The answer is over by itself.
    func leave(_ answer: Answer, secret: Int64, keyHash: [UInt8]) {
        answers.withLock { answers in
            guard answers[secret]?[keyHash] === answer else { return }
            answers[secret]?[keyHash] = nil
            if answers[secret]?.isEmpty == true { answers[secret] = nil }
        }
    }

    /// Cuts what runs under keys whose lease has ended.
    func cut(secret: Int64, where hasEnded: ([UInt8]) -> Bool) {
        let cut = answers.withLock { answers in
            let ended = (answers[secret] ?? [:]).filter { hasEnded($0.key) }
            for keyHash in ended.keys { answers[secret]?[keyHash] = nil }
            if answers[secret]?.isEmpty == true { answers[secret] = nil }
            return ended
        }
        for answer in cut.values { answer.cut() }
    }
}
