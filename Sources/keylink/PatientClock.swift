/// A clock that says, where somebody is watching, why nothing happens for a while.
struct PatientClock: Clock {
    typealias Instant = ContinuousClock.Instant

    private let clock = ContinuousClock()

    var now: Instant { clock.now }
    var minimumResolution: Duration { clock.minimumResolution }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let pause = now.duration(to: deadline)
        // Short breaks are not worth a word.
        if Console.errorIsTerminal, pause >= .seconds(1) {
            Console.line("The server does not answer; trying again in \(pause.components.seconds + 1) s.")
        }
        try await clock.sleep(until: deadline, tolerance: tolerance)
    }
}
