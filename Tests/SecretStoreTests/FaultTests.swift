import CFaults
import Foundation
import KeylinkAPI
import SecretStore
import Sodium
import SystemPackage
import Testing

/// The store on a disk that fails on purpose: in every call, at every step that it takes on the disk, once and for good.
/// Nothing is acknowledged that did not happen, nothing acknowledged is lost, nothing that is said gone is left, and when
/// the fault passes the same store serves again.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FaultTests {
    /// How the disk fails.
    struct Fault: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let error: Int32
        let kinds: Int
        let lasts: Bool

        static let all = [
            Self(testDescription: "I/O error", error: EIO, kinds: FAULTS_ALL, lasts: false),
            Self(testDescription: "I/O errors", error: EIO, kinds: FAULTS_ALL, lasts: true),
            Self(testDescription: "full for a moment", error: ENOSPC, kinds: growing, lasts: false),
            Self(testDescription: "full", error: ENOSPC, kinds: growing, lasts: true),
        ]
        private static let growing = FAULTS_CREATE | FAULTS_WRITE | FAULTS_SYNC

        func begin(_ scene: Scene, at step: Int) {
            faults_begin(scene.fixture.folder.string, Int32(kinds), step, error, lasts)
        }
    }

    @Test(arguments: FaultScenario.all, Fault.all)
    func whatWasToldIsTrue(_ scenario: FaultScenario, _ fault: Fault) async throws {
        let beginning = try await Scene.Beginning()
        var step = 1
        while try await isReached(step, scenario, fault, beginning) { step += 1 }
        // Or the faults are not seen, and nothing was tested.
        #expect(step > 1 || scenario.mayTakeNoStep)
    }

    /// Mounted read-only under a running server: it looks, takes in nothing and counts nothing, and then it does.
    @Test func aDiskThatCannotBeWritten() async throws {
        let fixture = try StoreFixture()
        let (sample, large) = (Sample(), Sample(size: 70_000))
        let id = try await fixture.create(sample)
        faults_begin(fixture.folder.string, Int32(FAULTS_CREATE | FAULTS_WRITE | FAULTS_REMOVE), 1, EROFS, true)
        defer { faults_end() }
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.create(Sample()) }
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.create(large) }
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.read(.take, sample.claim(id)) }
        await #expect(throws: Refusal.storageUnavailable) {
            try await fixture.read(.take, sample.claim(id, access: Random.bytes(32)))
        }
        #expect(try await fixture.store.look(id, link: verifier(of: sample.link)).viewsLeft == 1)
        await #expect(throws: Refusal.storageUnavailable) { try await fixture.store.check() }
        faults_end()
        #expect(try await fixture.store.receipt(id, receipt: verifier(of: sample.receipt)).failedClaims == 0)
        try await fixture.create(large)
        #expect(try await fixture.read(.take, sample.claim(id)) == sample.envelope)
    }

    /// Without room for what was asked, it is the room that is missing.
    @Test(arguments: [1000, 70_000])
    func aFullDiskIsCalledFull(_ size: Int) async throws {
        let fixture = try StoreFixture()
        faults_begin(fixture.folder.string, Int32(FAULTS_CREATE | FAULTS_WRITE), 1, ENOSPC, true)
        defer { faults_end() }
        await #expect(throws: Refusal.storageFull) { try await fixture.create(Sample(size: size)) }
    }

    /// Runs the scenario with the fault at that step.
    ///
    /// - Returns: whether it takes so many.
    private func isReached(
        _ step: Int, _ scenario: FaultScenario, _ fault: Fault, _ beginning: Scene.Beginning
    ) async throws -> Bool {
        let scene = try Scene(beginning, size: scenario.size, moment: "the fault is at step \(step)")
        try await scenario.prepare(scene)
        fault.begin(scene, at: step)
        defer { faults_end() }
        var refusal: (any Error)?
        do { try await scenario.act(scene) } catch { refusal = error }
        let isReached = faults_steps() >= step
        if refusal != nil, fault.lasts { await #expect(throws: Refusal.self, scene.moment) { try await scene.store.check() } }
        faults_end()
        do {
            if let refusal {
                #expect(isReached && saysStorage(refusal), "\(refusal): \(scene.moment)")
                scene.isRetrying = true
                try await scenario.act(scene)
            }
            try await scenario.after(scene)
            try await scene.nothingElseHappened()
            try await scene.store.check()
            await scene.stop()
            try scene.fixture.start()
            try await scenario.after(scene)
            try await scene.nothingElseHappened()
        } catch {
            Issue.record(error, scene.moment)
        }
        return isReached
    }

    /// Whether the refusal speaks of the storage, and of nothing that is not so.
    private func saysStorage(_ refusal: any Error) -> Bool {
        switch refusal {
        case Refusal.storageUnavailable, Refusal.storageFull, is StoreStartError: true
        default: false
        }
    }
}
