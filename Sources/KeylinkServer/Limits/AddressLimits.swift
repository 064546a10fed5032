/// What one address may do, and who has done how much of it.
///
/// A value without a clock or a lock. Its memory is bounded: it keeps two generations of addresses. Who does something moves
/// to the younger one; when that is an hour old, or holds its share of addresses, it becomes the older, and the older is
/// forgotten. After an hour nobody owes anything, so time forgets only who is as good as new. Numbers forget earlier, those
/// that were quiet longest; who has so many addresses is not held by limits on addresses.
struct AddressLimits: Sendable {
    let creations: Allowance?
    let octets: Allowance?
    /// 0: any number.
    let uploadsAtOnce: Int

    private struct Usage {
        var creations = Allowance.Taken()
        var octets = Allowance.Taken()
        var uploads = 0
    }

    private var younger: [ClientAddress: Usage] = [:]
    private var older: [ClientAddress: Usage] = [:]
    private var youngerSince: Int64 = 0
    private let capacity: Int

    /// - Parameters: for the first three, 0 means no limit.
    ///   - capacity: how many addresses each of the two generations remembers, beside those that are uploading.
    init(creationsPerMinute: Int64, octetsPerHour: Int64, uploadsAtOnce: Int, capacity: Int = 50_000) {
        creations = creationsPerMinute == 0 ? nil : Allowance(amount: creationsPerMinute, period: 60 * second)
        octets = octetsPerHour == 0 ? nil : Allowance(amount: octetsPerHour, period: hour)
        self.uploadsAtOnce = uploadsAtOnce
        self.capacity = capacity
    }

    /// How many addresses are remembered.
    var count: Int { younger.count + older.count }

    /// Somebody wants to create.
    ///
    /// - Returns: whole seconds to wait; nil where they may. Who may is counted as uploading until `leave`.
    mutating func enter(_ address: ClientAddress, at now: Int64) -> Int64? {
        use(address, at: now) { [creations, uploadsAtOnce] usage in
            guard uploadsAtOnce == 0 || usage.uploads < uploadsAtOnce else { return Self.waitForAnUpload }
            if let creations, let wait = usage.creations.take(1, of: creations, at: now) { return seconds(wait) }
            usage.uploads += 1
            return nil
        }
    }

    /// Somebody who entered wants to send so many octets.
    ///
    /// - Returns: whole seconds to wait; nil where they may.
    mutating func reserve(_ count: Int64, for address: ClientAddress, at now: Int64) -> Int64? {
        guard let octets else { return nil }
        return use(address, at: now) { usage in usage.octets.take(count, of: octets, at: now).map(seconds) }
    }

    /// Whole seconds until somebody may send as much as anybody ever may.
    mutating func untilFull(_ address: ClientAddress, at now: Int64) -> Int64 {
        use(address, at: now) { max(1, seconds($0.octets.untilFull(at: now))) }
    }

    /// Somebody who entered is done, and did not send so many of the octets that were reserved.
    mutating func leave(_ address: ClientAddress, unused: Int64, at now: Int64) {
        use(address, at: now) { [octets] usage in
            usage.uploads = max(0, usage.uploads - 1)
            if let octets, unused > 0 { usage.octets.putBack(unused, of: octets, at: now) }
        }
    }

    private mutating func use<Result>(_ address: ClientAddress, at now: Int64, _ body: (inout Usage) -> Result) -> Result {
        let address = address.household
        var usage = younger[address] ?? older.removeValue(forKey: address) ?? Usage()
        defer { younger[address] = usage }
        if younger.count >= capacity || now - youngerSince >= hour { turn(at: now) }
        return body(&usage)
    }

    /// The younger generation becomes the older. Who uploads stays young: a count must come down again where it went up.
    private mutating func turn(at now: Int64) {
        older = younger.filter {
            $0.value.uploads == 0 && !($0.value.creations.isFull(at: now) && $0.value.octets.isFull(at: now))
        }
        younger = younger.filter { $0.value.uploads > 0 }
        youngerSince = now
    }

    /// Nobody knows when an upload ends.
    private static let waitForAnUpload: Int64 = 5
}

private let second: Int64 = 1_000_000_000
private let hour = 3600 * second

/// Whole seconds, never too few.
private func seconds(_ nanoseconds: Int64) -> Int64 { (nanoseconds + second - 1) / second }
