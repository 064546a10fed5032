import Testing

@testable import KeylinkServer

/// What an address may do, on a clock of numbers.
@Suite struct AddressLimitsTests {
    private static let second: Int64 = 1_000_000_000
    private let (one, other): (ClientAddress, ClientAddress)

    init() throws {
        one = try #require(ClientAddress("192.0.2.1"))
        other = try #require(ClientAddress("192.0.2.2"))
    }

    /// At which second one more creation is tried, and how long the answer says to wait: three a minute.
    static let creations: [[(at: Int64, wait: Int64?)]] = [
        [(0, nil), (0, nil), (0, nil), (0, 20), (1, 19), (19, 1), (20, nil), (20, 20), (40, nil)],
        // Evenly at the rate, for ever.
        (0..<50).map { ($0 * 20, nil) },
        // After a pause all of it is there again, and no more.
        [(0, nil), (0, nil), (0, nil), (3600, nil), (3600, nil), (3600, nil), (3600, 20)],
        // Who keeps asking is not made to wait longer.
        [(0, nil), (0, nil), (0, nil), (0, 20), (0, 20), (0, 20), (20, nil)],
    ]

    @Test(arguments: creations)
    func creationsAMinute(_ tries: [(at: Int64, wait: Int64?)]) {
        var limits = AddressLimits(creationsPerMinute: 3, octetsPerHour: 0, uploadsAtOnce: 0)
        for (at, wait) in tries { #expect(limits.enter(one, at: at * Self.second) == wait, "at \(at) s") }
        #expect(limits.enter(other, at: 0) == nil)
    }

    /// To wait as long as one is told is enough, whatever the numbers.
    @Test(arguments: [1, 3, 7, 59, 120, 1_000_000_007] as [Int64])
    func whatIsToldIsTrue(_ amount: Int64) throws {
        let allowance = Allowance(amount: amount, period: 60 * Self.second)
        var taken = Allowance.Taken()
        #expect(taken.take(amount, of: allowance, at: 17) == nil)
        let refused = taken.take(1, of: allowance, at: 17)
        let wait = try #require(refused)
        #expect(taken.take(1, of: allowance, at: 17 + wait - 1) == 1)
        #expect(taken.take(1, of: allowance, at: 17 + wait) == nil)
        // More than there ever is never comes.
        var fresh = Allowance.Taken()
        #expect(fresh.take(amount + 1, of: allowance, at: 1 << 60) != nil)
    }

    @Test func octetsAnHour() {
        var limits = AddressLimits(creationsPerMinute: 0, octetsPerHour: 3600, uploadsAtOnce: 0)
        #expect(limits.reserve(3000, for: one, at: 0) == nil)
        #expect(limits.reserve(601, for: one, at: 0) == 1)
        #expect(limits.reserve(600, for: one, at: 0) == nil)
        #expect(limits.untilFull(one, at: 0) == 3600)
        #expect(limits.reserve(100, for: one, at: 0) == 100)
        // What did not come is given back, as if it had never been asked for.
        limits.leave(one, unused: 2900, at: 0)
        #expect(limits.reserve(2900, for: one, at: 0) == nil)
        #expect(limits.reserve(1, for: one, at: 0) == 1)
        #expect(limits.reserve(3600, for: other, at: 0) == nil)
        // Given back when all of it has come in again, it does not become more.
        limits.leave(other, unused: 3600, at: 7200 * Self.second)
        #expect(limits.reserve(3600, for: other, at: 7200 * Self.second) == nil)
        #expect(limits.reserve(1, for: other, at: 7200 * Self.second) == 1)
    }

    @Test func uploadsAtOnce() {
        var limits = AddressLimits(creationsPerMinute: 0, octetsPerHour: 0, uploadsAtOnce: 2)
        #expect(limits.enter(one, at: 0) == nil && limits.enter(one, at: 0) == nil)
        #expect(limits.enter(one, at: 0) == 5)
        #expect(limits.enter(other, at: 0) == nil)
        limits.leave(one, unused: 0, at: 0)
        #expect(limits.enter(one, at: 0) == nil)
        #expect(limits.enter(one, at: 0) == 5)
        // However long they last, they are counted.
        for hours in 1...5 { #expect(limits.enter(one, at: Int64(hours) * 3600 * Self.second) == 5) }
    }

    @Test func aHouseholdIsOne() throws {
        var limits = AddressLimits(creationsPerMinute: 1, octetsPerHour: 0, uploadsAtOnce: 0)
        #expect(limits.enter(try #require(ClientAddress("2001:db8::1")), at: 0) == nil)
        #expect(limits.enter(try #require(ClientAddress("2001:db8::2:0:0:2")), at: 0) == 60)
        #expect(limits.enter(try #require(ClientAddress("2001:db8:0:1::1")), at: 0) == nil)
    }

    /// An attack from a million addresses costs so much memory and no more, and time forgets who is as good as new.
    @Test func memoryIsBounded() throws {
        var limits = AddressLimits(creationsPerMinute: 1, octetsPerHour: 0, uploadsAtOnce: 1, capacity: 100)
        #expect(limits.enter(one, at: 0) == nil)
        for number in 0..<100_000 {
            let attacker = try #require(ClientAddress("10.\(number >> 16).\(number >> 8 & 255).\(number & 255)"))
            #expect(limits.enter(attacker, at: 0) == nil)
            limits.leave(attacker, unused: 0, at: 0)
            #expect(limits.count <= 202)
        }
        // Who is uploading is remembered all the same.
        #expect(limits.enter(one, at: 0) == 5)
        limits.leave(one, unused: 0, at: 0)
        for hour in 1...3 { _ = limits.enter(other, at: Int64(hour) * 3600 * Self.second) }
        #expect(limits.count == 1)
    }
}
