import Foundation
import KeylinkAPI
import SecretStore
import Sodium
import SystemPackage
import Testing

/// A call to a store whose disk may fail in the middle of it: what there is before, the call, and what is true once it was
/// answered without an error. After a refusal it is made again, as a client does.
struct FaultScenario: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var size = 1000
    /// Where it only reads what is in memory already, there is no step to fail at.
    var mayTakeNoStep = false
    let prepare: @Sendable (Scene) async throws -> Void
    let act: @Sendable (Scene) async throws -> Void
    let after: @Sendable (Scene) async throws -> Void

    /// In the database and in a file, where that makes a difference.
    static let all =
        [creating, creatingAgain, givingUp, taking, resuming, acknowledging, revoking, expiring, lapsing, starting].flatMap {
            [$0.sized(1000), $0.sized(70_000)]
        } + [looking, guessing, renewing, forgetting, startingAnew, jumping, manyAtOnce]

    private func sized(_ size: Int) -> Self {
        var sized = self
        sized.size = size
        sized.testDescription += " (\(size))"
        return sized
    }

    static let creating = Self(
        testDescription: "creating", prepare: { _ in }, act: { try await $0.create(views: 9) },
        after: { try await $0.isWaiting() })

    static let creatingAgain = Self(
        testDescription: "creating again", mayTakeNoStep: true, prepare: { try await $0.create(views: 9) },
        act: { scene in
            let earlier = try scene.known
            #expect(try await scene.store.existing(scene.sample.verifiers)?.id == earlier.text)
            try await scene.create()
            #expect(try scene.known == earlier)
        }, after: { try await $0.isWaiting() })

    /// The client does not come back: of what was refused nothing stays, once the sweeper has passed.
    static let givingUp = Self(
        testDescription: "creating, given up", prepare: { _ in },
        act: { scene in
            if scene.isRetrying { try await scene.sweepLater() } else { try await scene.create(views: 9) }
        },
        after: { scene in
            if scene.id != nil { return try await scene.isWaiting() }
            let remembered = try await scene.store.existing(scene.sample.verifiers)
            #expect(remembered == nil, scene.moment)
            #expect(try scene.fixture.leftovers(of: scene.sample.envelope) == [], scene.moment)
        })

    static let looking = Self(
        testDescription: "looking", mayTakeNoStep: true, prepare: { try await $0.create(views: 9) }, act: { try await $0.look() },
        after: { try await $0.isWaiting() })

    static let guessing = Self(
        testDescription: "a wrong try", prepare: { try await $0.create(views: 9) },
        act: { scene in
            let guess = scene.sample.claim(try scene.known, access: Random.bytes(32))
            do throws(Refusal) {
                _ = try await scene.store.open(.take, guess) {}
                Issue.record("a wrong try was right")
            } catch {
                guard error == .wrongKey else { throw error }
            }
        },
        after: { scene in
            #expect(try await scene.receipt.failedClaims >= 1, scene.moment)
            try await scene.isWaiting()
        })

    static let taking = Self(
        testDescription: "taking a view", prepare: { try await $0.create(views: 2) }, act: { try await $0.read(.take) },
        after: { scene in
            #expect(try await scene.receipt.viewsLeft == 1, scene.moment)
            try await scene.read(.resume)
        })

    static let resuming = Self(
        testDescription: "resuming", mayTakeNoStep: true, prepare: { try await $0.createAndTake() },
        act: { try await $0.read(.resume) },
        after: { try await $0.read(.resume) })

    static let renewing = Self(
        testDescription: "renewing",
        prepare: { scene in
            try await scene.createAndTake()
            scene.fixture.clock.advance(seconds: 200)
        }, act: { try await $0.delivery?.renew() },
        after: { scene in
            scene.fixture.clock.advance(seconds: 200)
            try await scene.read(.resume)
        })

    /// The clock was set: the first to write after it gives running leases their time again.
    static let jumping = Self(
        testDescription: "after the clock was set",
        prepare: { scene in
            try await scene.createAndTake()
            scene.fixture.clock.jump(seconds: 7200)
        }, act: { try await $0.store.check() }, after: { try await $0.read(.resume) })

    static let acknowledging = Self(
        testDescription: "acknowledging", prepare: { try await $0.createAndTake() },
        act: { try await $0.store.acknowledge(try $0.claim) }, after: { try await $0.isGone(.opened) })

    static let revoking = Self(
        testDescription: "revoking", prepare: { try await $0.create() }, act: { try await $0.revoke() },
        after: { try await $0.isGone(.revoked) })

    static let expiring = Self(
        testDescription: "expiring",
        prepare: { scene in
            try await scene.create(ttl: 60)
            scene.fixture.clock.advance(seconds: 60)
        }, act: { try await $0.sweepLater() }, after: { try await $0.isGone(.expired) })

    static let lapsing = Self(
        testDescription: "lapsing",
        prepare: { scene in
            try await scene.createAndTake()
            scene.fixture.clock.advance(seconds: 300)
        }, act: { try await $0.sweepLater() }, after: { try await $0.isGone(.opened) })

    static let forgetting = Self(
        testDescription: "forgetting a tombstone",
        prepare: { scene in
            try await scene.create()
            try await scene.revoke()
            scene.fixture.clock.advance(seconds: 8 * 86_400)
        }, act: { try await $0.sweepLater() },
        after: { scene in
            let remembered = try await scene.store.existing(scene.sample.verifiers)
            #expect(remembered == nil, scene.moment)
            await #expect(throws: Refusal.notFound, scene.moment) { try await scene.look() }
        })

    static let starting = Self(
        testDescription: "starting",
        prepare: { scene in
            try await scene.createAndTake()
            await scene.stop()
        }, act: { try $0.fixture.start() }, after: { try await $0.read(.resume) })

    static let startingAnew = Self(
        testDescription: "starting in a new folder",
        prepare: { scene in
            await scene.stop()
            try FileManager.default.removeItem(atPath: scene.fixture.folder.string)
            scene.bystanders = []
        }, act: { try $0.fixture.start() },
        after: { scene in
            try await scene.create(views: 9)
            try await scene.isWaiting()
        })

    /// In one transaction: what was told of each is true, whatever became of the others.
    static let manyAtOnce = Self(
        testDescription: "many at once", prepare: { try await $0.create() },
        act: { scene in
            let store = scene.store
            let samples = scene.isRetrying ? [] : (0..<6).map { _ in Sample() }
            async let made = withTaskGroup { group in
                for sample in samples {
                    group.addTask { (try? await store.create(sample, ttl: Scene.long, views: 2)).map { (sample, $0) } }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let (id, receipt) = (try scene.known, verifier(of: scene.sample.receipt))
            async let revoked: Void = store.revoke(id, receipt: receipt)
            scene.bystanders += await made.compactMap { $0 }
            try await revoked
        }, after: { try await $0.isGone(.revoked) })
}

/// A store, and the secret that the call is about.
final class Scene {
    /// Seconds; longer than any scenario lasts.
    static let long: Int64 = 30 * 86_400

    let fixture: StoreFixture
    let sample: Sample
    let moment: Comment
    var bystanders: [Bystander]
    var id: SecretID?
    var delivery: (any Delivery)?
    /// The first call was refused.
    var isRetrying = false
    private let key = newKey()

    typealias Bystander = (sample: Sample, id: SecretID)

    /// What every scene begins with: a closed store, and in it two secrets that the call has nothing to do with.
    struct Beginning {
        let fixture: StoreFixture
        let bystanders: [Bystander]

        init() async throws {
            fixture = try StoreFixture()
            var bystanders: [Bystander] = []
            for sample in [Sample(), Sample(size: 70_000)] {
                bystanders.append((sample, try await fixture.create(sample, ttl: long, views: 2)))
            }
            self.bystanders = bystanders
            await fixture.stop()
        }
    }

    init(_ beginning: Beginning, size: Int, moment: Comment) throws {
        fixture = try StoreFixture(copying: beginning.fixture)
        bystanders = beginning.bystanders
        sample = Sample(size: size)
        self.moment = moment
    }

    var store: any SecretStore { fixture.store }
    var known: SecretID { get throws { try #require(id) } }
    var claim: Claim { get throws { sample.claim(try known, key: key) } }
    var receipt: Receipt {
        get async throws { try await store.receipt(try known, receipt: verifier(of: sample.receipt)) }
    }

    /// Nothing that is open keeps the store.
    func stop() async {
        delivery = nil
        await fixture.stop()
    }

    func create(ttl: Int64 = Scene.long, views: Int = 1) async throws {
        id = try await store.create(sample, ttl: ttl, views: views, pieces: 40_000)
    }

    func createAndTake() async throws {
        try await create()
        try await read(.take)
    }

    func look() async throws {
        #expect(try await store.look(try known, link: verifier(of: sample.link)).size == Int64(sample.envelope.count), moment)
    }

    /// Claims or goes on, and keeps the answer open.
    func read(_ call: ClaimCall) async throws {
        let opened = try await store.open(call, try claim) {}
        delivery = opened
        #expect(try await opened.whole() == sample.envelope, moment)
    }

    func revoke() async throws { try await store.revoke(try known, receipt: verifier(of: sample.receipt)) }

    /// A minute later: what a sweep could not do it puts off that long.
    func sweepLater() async throws {
        fixture.clock.advance(seconds: 60)
        try await fixture.sweep()
    }

    /// Each time it is asked it takes a view, under a key of its own.
    func isWaiting() async throws {
        try await look()
        #expect(try await store.open(.take, sample.claim(try known)) {}.whole() == sample.envelope, moment)
    }

    func isGone(_ state: SecretState) async throws {
        #expect(try fixture.leftovers(of: sample.envelope) == [], moment)
        #expect(try await receipt.state == state, moment)
        #expect(try fixture.leftovers(of: sample.envelope) == [], moment)
    }

    /// Whatever the call was: the others are whole, and there is no file that belongs to nobody.
    func nothingElseHappened() async throws {
        for (sample, id) in bystanders {
            #expect(try await store.open(.take, sample.claim(id)) {}.whole() == sample.envelope, moment)
        }
        try await sweepLater()
        var living = bystanders.map(\.sample)
        do throws(Refusal) {
            if try await store.existing(sample.verifiers) != nil { living.append(sample) }
        } catch {
            guard case .gone = error else { throw error }
        }
        #expect(try fixture.envelopeFiles.count == living.count { $0.envelope.count > SQLiteStore.inlineLimit }, moment)
    }
}
