/// So much a period, as a bucket that fills up again evenly: the whole of it at once after a pause, its rate for ever.
///
/// A bucket and not a window: what it knows is one moment, the one from which it is full again, so a million addresses cost
/// a million numbers, who waits is told exactly how long, and no moment is better than another to begin at.
struct Allowance: Hashable, Sendable {
    /// How much a period; at least 1.
    let amount: Int64
    /// Nanoseconds.
    let period: Int64

    /// What somebody has taken of an allowance.
    struct Taken: Hashable, Sendable {
        /// From when on the bucket is full again: nanoseconds of a clock that nobody sets.
        private(set) var fullAt: Int64 = .min

        /// Takes so much, if it is there.
        ///
        /// - Returns: nanoseconds until it would be; nil when it was taken.
        mutating func take(_ count: Int64, of allowance: Allowance, at now: Int64) -> Int64? {
            let fullAt = max(self.fullAt, now) + allowance.time(for: count)
            let wait = fullAt - now - allowance.period
            guard wait <= 0 else { return wait }
            self.fullAt = fullAt
            return nil
        }

        /// Puts back what was taken and not used.
        mutating func putBack(_ count: Int64, of allowance: Allowance, at now: Int64) {
            fullAt = max(fullAt, now) - allowance.time(for: count)
        }

        func isFull(at now: Int64) -> Bool { fullAt <= now }

        /// Nanoseconds until it is full again.
        func untilFull(at now: Int64) -> Int64 { isFull(at: now) ? 0 : fullAt - now }
    }

    /// How long so much takes to come in; what is more than the allowance is as long as what never does.
    private func time(for count: Int64) -> Int64 {
        guard count < amount else { return count == amount ? period : 2 * period }
        return amount.dividingFullWidth(count.multipliedFullWidth(by: period)).quotient
    }
}
