import KeylinkAPI
import SecretStore
import Testing

private let start = Timestamp(milliseconds: 1_700_000_000_000)
private let alice = [UInt8](repeating: 1, count: 32)
private let bob = [UInt8](repeating: 2, count: 32)

/// A life and its time, moved together.
private struct Story {
    var life: Lifecycle
    var now = start

    init(views: Int = 1, ttl: Int64 = 86_400, size: Int64 = 1000) {
        life = Lifecycle(size: size, views: views, ttl: ttl, now: start)
    }

    mutating func wait(_ seconds: Int64) {
        now = now.adding(seconds: seconds)
        life.advance(to: now)
    }

    mutating func call(_ call: ClaimCall, _ key: [UInt8] = alice, right: Bool = true) -> Result<ClaimAnswer, Refusal> {
        life.advance(to: now)
        return Result { () throws(Refusal) in try life.answer(call, keyHash: key, now: now) { right } }
    }

    var what: [SecretEvent.What] { life.events.map(\.what) }
}

@Suite struct LifecycleTests {
    @Test func oneViewFromBeginningToEnd() {
        var story = Story()
        #expect(story.life.state == .waiting)
        #expect(story.call(.take) == .success(.octets))
        #expect(story.life.state == .claimed)
        #expect(story.life.stateSince == start)
        #expect(story.life.endedAt == nil)
        story.wait(60)
        #expect(story.call(.acknowledge) == .success(.acknowledged))
        #expect(story.life.state == .opened)
        #expect(story.life.endedAt == start.adding(seconds: 60))
        #expect(story.what == [.created, .claimed, .acknowledged])
    }

    @Test func aSecondPersonGetsNothingWhileTheFirstHolds() {
        var story = Story()
        _ = story.call(.take)
        for right in [true, false] {
            #expect(story.call(.take, bob, right: right) == .failure(.gone(.claimed, at: start)))
            #expect(story.call(.resume, bob, right: right) == .failure(.gone(.claimed, at: start)))
            #expect(story.call(.acknowledge, bob, right: right) == .failure(.gone(.claimed, at: start)))
        }
        #expect(story.call(.resume) == .success(.octets))
    }

    @Test func theSameKeyIsTheSameClaim() {
        var story = Story(views: 2)
        #expect(story.call(.take) == .success(.octets))
        #expect(story.call(.take) == .success(.octets))
        #expect(story.life.viewsLeft == 1)
        #expect(story.call(.take, bob) == .success(.octets))
        #expect(story.life.viewsLeft == 0)
        #expect(story.life.state == .claimed)
        _ = story.call(.acknowledge)
        #expect(story.life.state == .claimed)
        _ = story.call(.acknowledge, bob)
        #expect(story.life.state == .opened)
    }

    @Test func acknowledgedWithViewsLeftItGoesOnWaiting() {
        var story = Story(views: 2)
        _ = story.call(.take)
        _ = story.call(.acknowledge)
        #expect(story.life.state == .waiting)
        #expect(story.life.endedAt == nil)
        #expect(story.call(.take) == .failure(.leaseEnded(.waiting)))
        #expect(story.call(.resume) == .failure(.leaseEnded(.waiting)))
        #expect(story.call(.acknowledge) == .success(.acknowledged))
    }

    @Test(arguments: [(Int64(299), SecretState.claimed), (Int64(300), .opened)])
    func aLeaseLapsesAfterFiveMinutes(_ seconds: Int64, _ state: SecretState) {
        var story = Story()
        _ = story.call(.take)
        story.wait(seconds)
        #expect(story.life.state == state)
        #expect((story.life.endedAt == start.adding(seconds: 300)) == (state == .opened))
    }

    @Test func aLapseIsNotedWhenItWasDueNotWhenSomebodyLooked() {
        var story = Story()
        _ = story.call(.take)
        story.wait(10_000)
        #expect(story.life.events.last == SecretEvent(at: start.adding(seconds: 300), what: .lapsed))
        #expect(story.call(.resume) == .failure(.leaseEnded(.opened)))
        #expect(story.call(.acknowledge) == .success(.acknowledged))
    }

    @Test func everyRequestRenewsPeekingDoesNot() {
        var story = Story()
        _ = story.call(.take)
        story.wait(200)
        #expect(story.call(.peek) == .success(.octets))
        #expect(story.life.nextDue == start.adding(seconds: 300))
        #expect(story.call(.resume) == .success(.octets))
        #expect(story.life.nextDue == start.adding(seconds: 500))
        story.wait(200)
        #expect(story.call(.take) == .success(.octets))
        #expect(story.life.nextDue == start.adding(seconds: 700))
        story.wait(299)
        #expect(throws: Never.self) { try story.life.renewLease(keyHash: alice, now: story.now) }
        #expect(story.life.nextDue == start.adding(seconds: 400 + 299 + 300))
    }

    /// In all an hour, or what the octets take at 32 KiB/s.
    @Test(arguments: [(1000, 3600), (3600 * 32_768, 3600), (3600 * 32_768 + 1, 3601), (1 << 30, 32_768)] as [(Int64, Int64)])
    func aLeaseHasACap(_ size: Int64, _ cap: Int64) {
        var story = Story(size: size)
        _ = story.call(.take)
        while story.now < start.adding(seconds: cap - 100) {
            story.wait(100)
            #expect(story.call(.resume) == .success(.octets))
        }
        #expect(story.life.nextDue <= start.adding(seconds: cap))
        story.now = start.adding(seconds: cap)
        story.life.advance(to: story.now)
        #expect(story.life.endedAt == start.adding(seconds: cap))
    }

    @Test(arguments: [(Int64(86_399), SecretState.waiting), (Int64(86_400), .expired)])
    func theTTLExpires(_ seconds: Int64, _ state: SecretState) {
        var story = Story()
        story.wait(seconds)
        #expect(story.life.state == state)
        if state == .expired {
            #expect(story.life.endedAt == story.life.expiresAt)
            #expect(story.what == [.created, .expired])
            #expect(story.call(.take) == .failure(.gone(.expired, at: story.life.expiresAt)))
            #expect(throws: Refusal.gone(.expired, at: story.life.expiresAt)) { try story.life.look() }
        }
    }

    @Test func aLeaseOutlivesTheTTL() {
        var story = Story(views: 2, ttl: 100)
        _ = story.call(.take)
        story.wait(150)
        #expect(story.life.state == .expired)
        #expect(story.life.endedAt == nil)
        #expect(story.call(.resume) == .success(.octets))
        #expect(story.call(.take, bob) == .failure(.gone(.expired, at: start.adding(seconds: 100))))
        _ = story.call(.acknowledge)
        #expect(story.life.endedAt == story.now)
        #expect(story.life.stateSince == start.adding(seconds: 100))
        #expect(story.what == [.created, .claimed, .expired, .acknowledged])
    }

    @Test func withoutViewsTheTTLChangesNothing() {
        var story = Story(ttl: 100)
        _ = story.call(.take)
        story.wait(200)
        #expect(story.life.state == .claimed)
        story.wait(200)
        #expect(story.life.state == .opened)
        #expect(!story.what.contains(.expired))
    }

    @Test func revokingCutsEverything() throws {
        var story = Story(views: 3)
        _ = story.call(.take)
        _ = story.call(.take, bob)
        story.wait(10)
        try story.life.revoke(at: story.now)
        #expect(story.life.state == .revoked)
        #expect(story.life.endedAt == story.now)
        #expect(!story.life.hasRunningLease)
        #expect(story.call(.resume) == .failure(.leaseEnded(.revoked)))
        try story.life.revoke(at: story.now.adding(seconds: 5))
        #expect(story.life.revokedAt == story.now)
        #expect(story.what == [.created, .claimed, .claimed, .revoked])
    }

    @Test func whatEndedByItselfCannotBeRevoked() {
        var opened = Story()
        _ = opened.call(.take)
        _ = opened.call(.acknowledge)
        #expect(throws: Refusal.gone(.opened, at: start)) { try opened.life.revoke(at: opened.now) }
        var expired = Story(ttl: 100)
        expired.wait(100)
        #expect(throws: Refusal.gone(.expired, at: expired.now)) { try expired.life.revoke(at: expired.now) }
    }

    /// Octets that are still there are the sender's to take back.
    @Test func anExpiredSecretWithALeaseCanBeRevoked() throws {
        var story = Story(views: 2, ttl: 100)
        _ = story.call(.take)
        story.wait(150)
        try story.life.revoke(at: story.now)
        #expect(story.life.state == .revoked)
        #expect(story.life.endedAt == story.now)
    }

    @Test func aTombstoneLastsSevenDays() {
        var story = Story()
        _ = story.call(.take)
        _ = story.call(.acknowledge)
        #expect(!story.life.isForgotten(at: start.adding(seconds: 7 * 86_400 - 1)))
        #expect(story.life.isForgotten(at: start.adding(seconds: 7 * 86_400)))
        #expect(story.life.nextDue == start.adding(seconds: 7 * 86_400))
    }

    @Test func afterAStartLeasesHoldFiveMinutesMoreWithinTheirCap() {
        var story = Story()
        _ = story.call(.take)
        story.now = start.adding(seconds: 3000)
        story.life.rebaseLeases(now: story.now)
        #expect(story.life.nextDue == start.adding(seconds: 3300))
        story.now = start.adding(seconds: 3500)
        story.life.rebaseLeases(now: story.now)
        #expect(story.life.nextDue == start.adding(seconds: 3600))
        story.now = start.adding(seconds: 4000)
        story.life.rebaseLeases(now: story.now)
        story.life.advance(to: story.now)
        #expect(story.life.endedAt == start.adding(seconds: 3600))
    }

    @Test(arguments: [-86_400, -61, 61, 86_400] as [Int64])
    func aClockThatWasSetCostsNobodyTheirLease(_ seconds: Int64) {
        var story = Story()
        _ = story.call(.take)
        story.now = start.adding(seconds: 100 + seconds)
        story.life.rebaseLeases(jump: seconds * 1000, now: story.now)
        #expect(story.life.nextDue == story.now.adding(seconds: 300))
        #expect(story.call(.resume) == .success(.octets))
    }

    @Test func anUnknownKeyHasNoLease() {
        var story = Story()
        #expect(story.call(.resume) == .failure(.noLease))
        #expect(story.call(.peek) == .failure(.noLease))
        #expect(story.call(.acknowledge) == .failure(.noLease))
        #expect(story.life.viewsLeft == 1)
        #expect(story.life.failedClaims == 0)
    }

    @Test func aHundredEventsAreKept() {
        var story = Story(views: 100)
        for number in 0..<100 {
            let key = [UInt8](repeating: UInt8(number + 10), count: 32)
            #expect(story.call(.take, key) == .success(.octets))
            #expect(story.call(.acknowledge, key) == .success(.acknowledged))
        }
        #expect(story.life.events.count == 100)
        #expect(story.what.first == .created)
        #expect(story.what.last == .acknowledged)
        #expect(story.life.state == .opened)
    }
}

@Suite struct ThrottleTests {
    @Test func aWrongKeyTakesNoViewAndIsCounted() {
        var story = Story()
        #expect(story.call(.take, right: false) == .failure(.wrongKey))
        #expect(story.life.viewsLeft == 1)
        #expect(story.life.failedClaims == 1)
        #expect(story.what == [.created, .failed])
        #expect(story.call(.take) == .success(.octets))
        #expect(story.life.wrongInARow == 0)
        #expect(story.life.failedClaims == 1)
    }

    @Test func theHolderOfALeaseIsNeverThrottledNorCounted() {
        var story = Story(views: 2)
        _ = story.call(.take)
        for _ in 0..<30 { #expect(story.call(.resume, right: false) == .failure(.wrongKey)) }
        #expect(story.life.failedClaims == 0)
        for _ in 0..<10 { _ = story.call(.take, bob, right: false) }
        #expect(story.call(.take, bob) == .failure(.tooManyAttempts(retryAfterMilliseconds: 1000)))
        #expect(story.call(.take) == .success(.octets))
        #expect(story.call(.acknowledge) == .success(.acknowledged))
    }

    /// Ten are free; then 1 s, doubling to an hour. What is throttled is not even compared.
    @Test func theWaitDoubles() {
        var story = Story()
        for _ in 0..<10 { #expect(story.call(.take, right: false) == .failure(.wrongKey)) }
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600] as [Int64] {
            #expect(story.call(.take) == .failure(.tooManyAttempts(retryAfterMilliseconds: wait * 1000)))
            story.now = story.now.adding(milliseconds: wait * 1000 - 1)
            let throttled = Result { () throws(Refusal) in
                try story.life.answer(.take, keyHash: alice, now: story.now) {
                    Issue.record("compared while throttled")
                    return true
                }
            }
            #expect(throttled == .failure(.tooManyAttempts(retryAfterMilliseconds: 1)))
            story.now = story.now.adding(milliseconds: 1)
            #expect(story.call(.take, right: false) == .failure(.wrongKey))
        }
        #expect(story.life.failedClaims == 24)
        story.now = story.now.adding(seconds: 3600)
        #expect(story.call(.take) == .success(.octets))
    }

    @Test func aRightKeyResets() {
        var story = Story(views: 3)
        for _ in 0..<9 { _ = story.call(.take, right: false) }
        _ = story.call(.take)
        for _ in 0..<10 { #expect(story.call(.take, bob, right: false) == .failure(.wrongKey)) }
        #expect(story.call(.take, bob) == .failure(.tooManyAttempts(retryAfterMilliseconds: 1000)))
    }

    @Test func aClockSetBackLocksNobodyOut() {
        var story = Story()
        for _ in 0..<10 { _ = story.call(.take, right: false) }
        story.now = start.adding(seconds: -86_400)
        #expect(story.call(.take) == .failure(.tooManyAttempts(retryAfterMilliseconds: 1000)))
    }

    @Test func wrongTriesDoNotPushOutWhatMatters() {
        var story = Story(views: 2, ttl: 10_000_000)
        _ = story.call(.take)
        for _ in 0..<200 {
            story.now = story.now.adding(seconds: 3600)
            _ = story.call(.take, bob, right: false)
        }
        #expect(story.life.failedClaims == 200)
        #expect(story.life.events.count == 100)
        #expect(story.what.prefix(3) == [.created, .claimed, .lapsed])
    }
}
