import KeylinkAPI
import SecretStore
import Testing

/// Random lives, and what must hold in every one of them.
@Suite struct LifecyclePropertyTests {
    @Test(arguments: 0..<300)
    func whateverHappens(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        let views = Int.random(in: 1...4, using: &random)
        let start = Timestamp(milliseconds: 1_700_000_000_000)
        var now = start
        var life = Lifecycle(size: Int64.random(in: 97...1 << 31, using: &random), views: views, ttl: 4000, now: now)
        var served: Set<[UInt8]> = []
        var ended: Lifecycle?

        for _ in 0..<120 {
            now = now.adding(milliseconds: [0, 1, 999, 60_000, 299_999, 300_000, 2_000_000].randomElement(using: &random) ?? 0)
            life.advance(to: now)
            let key = [UInt8](repeating: UInt8.random(in: 0..<8, using: &random), count: 32)
            let right = Bool.random(using: &random) || Bool.random(using: &random)
            let call = [ClaimCall.take, .take, .resume, .peek, .acknowledge].randomElement(using: &random) ?? .take
            let before = life
            if UInt8.random(in: 0..<60, using: &random) == 0 {
                _ = Result { () throws(Refusal) in try life.revoke(at: now) }
            } else {
                let answer = Result { () throws(Refusal) in try life.answer(call, keyHash: key, now: now) { right } }
                if answer == .success(.octets) {
                    #expect(right)
                    #expect(before.endedAt == nil)
                    served.insert(key)
                }
                if call == .peek { #expect(life == before) }
                if !right { #expect(life.viewsLeft == before.viewsLeft) }
            }

            #expect(served.count <= views)
            #expect(life.leases.count == views - life.viewsLeft)
            #expect(Set(life.leases.map(\.keyHash)).count == life.leases.count)
            #expect(life.events.count <= 100)
            #expect(life.events.map(\.at) == life.events.map(\.at).sorted())
            #expect((life.endedAt != nil) == (life.state != .waiting && !life.hasRunningLease))
            #expect((life.state == .claimed) == (life.revokedAt == nil && life.viewsLeft == 0 && life.hasRunningLease))
            for lease in life.leases where lease.isRunning {
                #expect(lease.deadline <= now.adding(seconds: 300))
                #expect(lease.deadline > now)
            }
            // What has ended stays as it is.
            if let ended { #expect(life == ended) }
            if life.endedAt != nil { ended = life }
        }
    }
}

/// Small, fast, and the same on every machine: a failing seed fails everywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
