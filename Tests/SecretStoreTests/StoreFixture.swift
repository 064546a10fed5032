import Foundation
import KeylinkAPI
import Logging
import NIOCore
import SecretStore
import Sodium
import SystemPackage
import Testing

/// The stores that the conformance suite runs over. Another store joins by another case.
enum StoreKind: CaseIterable, Sendable {
    case sqlite
}

/// A store in a folder of its own, with a clock that the test moves.
final class StoreFixture {
    let clock = TestClock()
    let folder: FilePath
    private(set) var store: any SecretStore
    private let maxBytes: Int64?

    init(_ kind: StoreKind = .sqlite, maxBytes: Int64? = nil) throws {
        self.maxBytes = maxBytes
        folder = Self.newFolder()
        store = try Self.open(folder, clock, maxBytes: maxBytes)
    }

    /// Another one that begins with what a stopped one holds.
    init(copying other: StoreFixture) throws {
        maxBytes = other.maxBytes
        folder = Self.newFolder()
        try FileManager.default.copyItem(atPath: other.folder.string, toPath: folder.string)
        store = try Self.open(folder, clock, maxBytes: maxBytes)
    }

    private static func newFolder() -> FilePath {
        FilePath(FileManager.default.temporaryDirectory.path).appending("keylink-store-test-\(UUID().uuidString)")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.string) }

    /// Ends the store and opens it again, as after a restart.
    func restart(afterSeconds seconds: Int64 = 0) async throws {
        await stop()
        clock.advance(seconds: seconds)
        try start()
    }

    func stop() async {
        await store.close()
        store = Closed()
    }

    func start() throws { store = try Self.open(folder, clock, maxBytes: maxBytes) }

    static func open(_ folder: FilePath, _ clock: any StoreClock, maxBytes: Int64? = nil) throws -> any SecretStore {
        try SQLiteStore(
            folder: folder, maxBytes: maxBytes, clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Stores a sample in pieces.
    @discardableResult
    func create(_ sample: Sample, ttl: Int64 = 3600, views: Int = 1, pieces: Int = 10_000) async throws -> SecretID {
        try await store.create(sample, ttl: ttl, views: views, pieces: pieces)
    }

    /// Claims or goes on, and reads everything.
    func read(_ call: ClaimCall, _ claim: Claim, from start: Int64 = 0) async throws -> [UInt8] {
        try await store.open(call, claim) {}.whole(from: start)
    }

    /// Runs the sweeper until nothing is due.
    func sweep() async throws {
        while try await store.sweep() {}
    }

    /// Files under the data folder that hold any of these octets, in whole or in a piece of 24.
    func leftovers(of envelope: [UInt8]) throws -> [String] {
        let pieces = stride(from: 48, to: envelope.count - 24, by: max(1, envelope.count / 40)).map {
            Data(envelope[$0..<($0 + 24)])
        }
        return try FileManager.default.subpathsOfDirectory(atPath: folder.string).filter { name in
            guard let data = FileManager.default.contents(atPath: folder.appending(name).string) else { return false }
            return pieces.contains { data.range(of: $0) != nil }
        }
    }

    var envelopeFiles: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.appending("envelopes").string) }
    }
}

extension SecretStore {
    /// Stores a sample in pieces, as a server does.
    func create(_ sample: Sample, ttl: Int64, views: Int, pieces: Int = 10_000) async throws -> SecretID {
        let upload = try await upload(size: nil)
        do {
            for start in stride(from: 0, to: sample.envelope.count, by: pieces) {
                let end = min(start + pieces, sample.envelope.count)
                try await upload.append(ByteBuffer(bytes: sample.envelope[start..<end]))
            }
            let created = try await upload.commit(NewSecret(verifiers: sample.verifiers, ttl: ttl, views: views))
            return try #require(SecretID(created.id))
        } catch {
            await upload.abandon()
            throw error
        }
    }
}

extension Delivery {
    /// Everything from there on.
    func whole(from start: Int64 = 0) async throws -> [UInt8] {
        var octets: [UInt8] = []
        while start + Int64(octets.count) < size {
            octets += Array(try await read(at: start + Int64(octets.count), upTo: 50_000).readableBytesView)
        }
        return octets
    }
}

/// An envelope of random octets, and tokens.
struct Sample {
    let envelope: [UInt8]
    let link = Random.bytes(32)
    let access = Random.bytes(32)
    let receipt = Random.bytes(32)

    init(size: Int = 1000) { envelope = EnvelopeRules.magic + Random.bytes(size - 4) }

    var verifiers: Verifiers {
        guard let verifiers = Verifiers(link: verifier(of: link), access: verifier(of: access), receipt: verifier(of: receipt))
        else { preconditionFailure("random octets are all different") }
        return verifiers
    }

    func claim(_ id: SecretID, key: ClaimKey = newKey(), access wrong: [UInt8]? = nil, link other: [UInt8]? = nil) -> Claim {
        Claim(id: id, link: verifier(of: other ?? link), access: verifier(of: wrong ?? access), key: key)
    }
}

func newKey() -> ClaimKey {
    guard let key = ClaimKey(Base64URL.encode(Random.bytes(16))) else { preconditionFailure("22 letters are a key") }
    return key
}

/// What stands in a fixture between two runs, so that nothing keeps the old store's lock.
private struct Closed: SecretStore {
    func existing(_ verifiers: Verifiers) async throws(Refusal) -> Created? { throw .storageUnavailable }
    func upload(size: Int64?) async throws(Refusal) -> any Upload { throw .storageUnavailable }
    func look(_ id: SecretID, link: [UInt8]) async throws(Refusal) -> Look { throw .storageUnavailable }
    func open(
        _ call: ClaimCall, _ claim: Claim, onCut: @escaping @Sendable () -> Void
    ) async throws(Refusal) -> any Delivery { throw .storageUnavailable }
    func peek(_ claim: Claim) async throws(Refusal) -> Int64 { throw .storageUnavailable }
    func acknowledge(_ claim: Claim) async throws(Refusal) { throw .storageUnavailable }
    func receipt(_ id: SecretID, receipt: [UInt8]) async throws(Refusal) -> Receipt { throw .storageUnavailable }
    func revoke(_ id: SecretID, receipt: [UInt8]) async throws(Refusal) { throw .storageUnavailable }
    func sweep() async throws(Refusal) -> Bool { throw .storageUnavailable }
    func check() async throws(Refusal) { throw .storageUnavailable }
    func holdings() async throws(Refusal) -> Holdings { throw .storageUnavailable }
    func close() async {}
}
