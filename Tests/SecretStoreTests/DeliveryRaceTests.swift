import KeylinkAPI
import Logging
import Sodium
import Synchronization
import SystemPackage
import Testing

@testable import SecretStore

/// A claim and a revocation at the same time.
@Suite struct DeliveryRaceTests {
    /// The claim was granted, then the secret was revoked and its file erased before the answer could open it.
    @Test func anAnswerThatWasCutBeforeItBeganIsNoError() async throws {
        let fixture = try StoreFixture()
        let store = try #require(fixture.store as? SQLiteStore)
        let levels = LevelLog()
        let answer = RunningAnswers.Answer {}
        answer.cut()
        await #expect(throws: Refusal.leaseEnded(.revoked)) {
            _ = try await SQLiteDelivery(
                store: store, files: EnvelopeFiles(folder: fixture.folder.appending("envelopes")), answer: answer, secret: 1,
                keyHash: [], size: 100_000, octets: .file("gone"), logger: Logger(label: "test") { _ in levels })
        }
        #expect(levels.seen == [.debug])
    }

    /// A file that is missing while nothing was revoked stays one.
    @Test func aMissingFileIs() async throws {
        let fixture = try StoreFixture()
        let store = try #require(fixture.store as? SQLiteStore)
        let levels = LevelLog()
        await #expect(throws: Refusal.storageUnavailable) {
            _ = try await SQLiteDelivery(
                store: store, files: EnvelopeFiles(folder: fixture.folder.appending("envelopes")),
                answer: RunningAnswers.Answer {}, secret: 1, keyHash: [], size: 100_000, octets: .file("gone"),
                logger: Logger(label: "test") { _ in levels })
        }
        #expect(levels.seen == [.error])
    }
}

/// Notes the level of each line.
private final class LevelLog: LogHandler {
    private let levels = Mutex<[Logger.Level]>([])

    var seen: [Logger.Level] { levels.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    func log(event: LogEvent) { levels.withLock { $0.append(event.level) } }
}
