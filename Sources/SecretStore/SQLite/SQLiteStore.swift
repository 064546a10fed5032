public import KeylinkAPI
public import Logging
public import SystemPackage

import Foundation
import GRDB
import Sodium

/// The default store: one folder, SQLite for what is small, files for large envelopes, one process.
public final class SQLiteStore: SecretStore {
    private let directory: DataDirectory
    private let queue: DatabaseQueue
    private let clock: any StoreClock
    private let reader: Reader
    private let writer: Writer
    private let index: VerifierIndex
    private let budget: Budget
    private let files: EnvelopeFiles
    private let identifiers: Identifiers
    private let answers = RunningAnswers()
    private let damaged = DamagedRows()
    private let logger: Logger
    let metrics: StoreMetrics

    /// Envelopes up to this many octets stand in the database.
    public static let inlineLimit = 65_536

    /// Opens the folder, makes it where it is missing, and tidies what a crash may have left.
    ///
    /// - Parameter maxBytes: how many octets of envelopes it takes in; nil is as many as the disk holds.
    /// - Throws: ``StoreStartError``, in words for the operator.
    public init(
        folder: FilePath, maxBytes: Int64? = nil, clock: any StoreClock = SystemClock(), logger: Logger,
        metrics: StoreMetrics = StoreMetrics()
    ) throws {
        directory = try DataDirectory(folder)
        let logger = RareLines.thinning(logger, clock)
        files = EnvelopeFiles(folder: directory.envelopes)
        self.clock = clock
        self.logger = logger
        self.metrics = metrics
        let stored: Stored
        let database: OpenedDatabase
        do {
            queue = try Connections.writer(directory.database)
            reader = try Connections.reader(directory.database, logger, metrics)
            stored = try queue.writeWithoutTransaction { db in
                try SecretRecord.rebaseLeases(db, now: clock.now(), logger: logger)
                _ = try db.checkpoint(.truncate)
                return try Stored(db)
            }
            database = try OpenedDatabase(directory.database)
            try files.eraseOrphans(keeping: stored.files)
        } catch {
            throw StoreStartError(error, directory)
        }
        identifiers = Identifiers(key: stored.key)
        index = stored.index
        budget = Budget(limit: maxBytes, folder: folder, holdings: stored.holdings)
        writer = Writer(
            queue, database, clock: clock, index: index, budget: budget, answers: answers, logger: logger, metrics: metrics)
    }

    public func existing(_ verifiers: Verifiers) async throws(Refusal) -> Created? {
        guard index.match(verifiers) != .none else { return nil }
        let earlier = try await writer.run { .success(try SecretRecord.earlier(verifiers, $0)) }
        return try await named(earlier).map(created)
    }

    public func upload(size: Int64?) async throws(Refusal) -> any Upload {
        let reservation = try Reservation(budget, count: size ?? 0)
        return SQLiteUpload(store: self, files: files, expecting: size ?? 0, reservation: reservation, logger: logger)
    }

    /// Makes the row of octets that are all here, or finds that another upload with these verifiers was first.
    func create(_ secret: NewSecret, size: Int64, parameters: [UInt8], octets: OctetsAtRest) async throws(Refusal) -> Creation {
        // Made here: what everybody else does for himself is no work for the one writing thread.
        let nonce = Random.bytes(8)
        let kept = KeptOctets.blob(access: secret.verifiers.access, octets: octets.inline ?? Data(parameters))
        let (earlier, isNew) = try await writer.run { transaction -> Result<(Earlier, Bool), Refusal> in
            let earlier = try SecretRecord.earlier(secret.verifiers, transaction)
            guard case .none = earlier else { return .success((earlier, false)) }
            let lifecycle = Lifecycle(size: size, views: secret.views, ttl: secret.ttl, now: transaction.now)
            let record = try SecretRecord.insert(
                transaction, nonce: nonce, secret, kept: kept, file: octets.file, lifecycle: lifecycle)
            return .success((.living(NamedSecret(record)), true))
        }
        if isNew { metrics.noteCreated() }
        guard let named = try await named(earlier) else { throw .storageUnavailable }
        return Creation(secret: try created(named), isNew: isNew)
    }

    /// The secret that is meant; nil where there is none. Nobody is told that one is gone before its file is.
    private func named(_ earlier: Earlier) async throws(Refusal) -> NamedSecret? {
        switch earlier {
        case .none: return nil
        case .living(let secret): return secret
        case .refused(let refusal, let file):
            if let file { try await eraseFile(file.name, of: file.row) }
            throw refusal
        }
    }

    /// The answer to a creation. Made by who asked: hashing is no work for the one writing thread.
    private func created(_ secret: NamedSecret) throws(Refusal) -> Created {
        guard let id = identifiers.id(row: secret.row, nonce: secret.nonce) else { throw .storageUnavailable }
        return Created(id: id.text, expiresAt: secret.expiresAt, views: secret.views)
    }

    public func look(_ id: SecretID, link: [UInt8]) async throws(Refusal) -> Look {
        try await see(id, .link(link)) { record, db in
            try record.lifecycle.look()
            return Look(
                id: id.text, size: record.lifecycle.size, expiresAt: record.lifecycle.expiresAt,
                viewsLeft: record.lifecycle.viewsLeft, parameters: Base64URL.encode(try record.kept(db).parameters))
        }
    }

    public func open(
        _ call: ClaimCall, _ claim: Claim, onCut: @escaping @Sendable () -> Void
    ) async throws(Refusal) -> any Delivery {
        let answer = RunningAnswers.Answer(onCut: onCut)
        let keyHash = hash(of: claim.key)
        let source = try await step(claim.id, .link(claim.link)) { record, transaction throws(Refusal) in
            // Looked at before the step: a secret whose octets are damaged takes no view.
            let kept = try self.kept(of: record, transaction, withOctets: true)
            let source = try self.source(of: record, kept)
            let viewsLeft = record.lifecycle.viewsLeft
            _ = try self.answer(call, claim, keyHash, &record, kept, transaction)
            if record.lifecycle.viewsLeft == viewsLeft { transaction.afterCommit.append(transaction.metrics.noteResumed) }
            let row = record.row
            transaction.afterCommit.append { [answers = transaction.answers] in
                answers.enter(answer, secret: row, keyHash: keyHash)
            }
            return (row: row, size: record.lifecycle.size, octets: source)
        }
        return try await SQLiteDelivery(
            store: self, files: files, answer: answer, secret: source.row, keyHash: keyHash, size: source.size,
            octets: source.octets, logger: logger)
    }

    public func peek(_ claim: Claim) async throws(Refusal) -> Int64 {
        let keyHash = hash(of: claim.key)
        return try await step(claim.id, .link(claim.link)) { record, transaction throws(Refusal) in
            let kept = try self.kept(of: record, transaction)
            _ = try self.answer(.peek, claim, keyHash, &record, kept, transaction)
            return record.lifecycle.size
        }
    }

    public func acknowledge(_ claim: Claim) async throws(Refusal) {
        let keyHash = hash(of: claim.key)
        try await step(claim.id, .link(claim.link)) { record, transaction throws(Refusal) in
            let kept = try self.kept(of: record, transaction)
            _ = try self.answer(.acknowledge, claim, keyHash, &record, kept, transaction)
        }
    }

    public func receipt(_ id: SecretID, receipt: [UInt8]) async throws(Refusal) -> Receipt {
        try await see(id, .receipt(receipt)) { record, _ in record.lifecycle.receipt(id: id.text) }
    }

    public func revoke(_ id: SecretID, receipt: [UInt8]) async throws(Refusal) {
        try await step(id, .receipt(receipt)) { record, transaction throws(Refusal) in
            try record.lifecycle.revoke(at: transaction.now)
        }
    }

    public func sweep() async throws(Refusal) -> Bool {
        let limit = 50
        let left = files.left
        let (count, ended) = try await writer.run { [damaged, logger] transaction in
            let (count, records) = try SecretRecord.sweep(transaction, limit: limit, damaged: damaged, logger: logger)
            // Also where nothing was due: a truncation that failed is made up for here.
            transaction.saysGone = true
            return .success((count, records.filter { $0.lifecycle.endedAt != nil && $0.file != nil }.map { ($0.row, $0.file) }))
        }
        var failure: Refusal?
        for case (let row, let file?) in ended {
            do {
                try await eraseFile(file, of: row)
            } catch {
                // One bad file must not keep the others; put off, so that a hundred of them do not either.
                failure = error
                try await writer.run { .success(try SecretRecord.postpone($0, row: row, seconds: 60)) }
            }
        }
        do {
            // After the journal was truncated, which may have said that they are needed.
            try await files.eraseLeft(left)
        } catch {
            failure = Refusal(storage: error, logger, metrics)
        }
        if let failure { throw failure }
        return count == limit
    }

    public func check() async throws(Refusal) {
        // A disk that is full or read-only still answers questions. There and back, for SQLite writes no page that is as it was.
        try await writer.run { transaction in
            for change in [1, -1] {
                try transaction.db.execute(sql: "UPDATE server SET secrets = secrets + ?", arguments: [change])
            }
            return .success(())
        }
        do { try files.check() } catch { throw Refusal(storage: error, logger, metrics) }
    }

    public func holdings() async -> Holdings { budget.holdings }

    public func close() async {
        do {
            try reader.close()
            try queue.close()
        } catch {
            logger.error("the database could not be closed", metadata: ["error": "\(type(of: error))"])
        }
    }
}

/// A step in a life, committed; its file goes before anybody hears of it.
private struct Step<Value: Sendable>: Sendable {
    let result: Result<Value, Refusal>
    let row: Int64
    let fileToErase: String?
}

/// What a creation came to.
struct Creation {
    let secret: Created
    /// Otherwise another creation with the same verifiers was first, and these octets are not needed.
    let isNew: Bool
}

/// What verifiers made before.
enum Earlier: Sendable {
    case none
    case living(NamedSecret)
    /// It is another's, or has ended; then its file may still have to be erased.
    case refused(Refusal, (row: Int64, name: String)?)
}

/// What a creation's answer is made of.
struct NamedSecret: Sendable {
    let row: Int64
    let nonce: [UInt8]
    let expiresAt: Timestamp
    let views: Int

    init(_ record: SecretRecord) {
        row = record.row
        nonce = record.nonce
        expiresAt = record.lifecycle.expiresAt
        views = record.lifecycle.views
    }
}

extension SQLiteStore {
    /// One step in the life of one secret, for who shows the right verifier: time passes, the step is done, the row is
    /// stored, and what the end of the secret leaves to be destroyed is destroyed, all before this returns.
    private func step<Value: Sendable>(
        _ id: SecretID, _ proof: Proof,
        _ body: @escaping @Sendable (inout SecretRecord, Transaction) throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        let location = identifiers.location(of: id)
        return try await step(finding: { try SecretRecord.find($0, at: location, proof) }, body)
    }

    /// A look at one secret, for who shows the right verifier. Nobody waits for the writer here, unless there is something
    /// for it to do: where time has brought something about, and where octets must be gone before anybody hears so.
    private func see<Value: Sendable>(
        _ id: SecretID, _ proof: Proof, _ body: @escaping @Sendable (SecretRecord, Database) throws -> Value
    ) async throws(Refusal) -> Value {
        let location = identifiers.location(of: id)
        let seen: Result<Value, Refusal>? = try await reader.run { [clock] db in
            guard let record = try SecretRecord.find(db, at: location, proof) else { return .failure(.notFound) }
            var lifecycle = record.lifecycle
            lifecycle.advance(to: clock.now())
            guard lifecycle == record.lifecycle, lifecycle.endedAt == nil else { return nil }
            do {
                return .success(try body(record, db))
            } catch let refusal as Refusal {
                return .failure(refusal)
            }
        }
        if let seen { return try seen.get() }
        return try await step(id, proof) { [logger, metrics] record, transaction throws(Refusal) in
            do {
                return try body(record, transaction.db)
            } catch {
                throw Refusal(storage: error, logger, metrics)
            }
        }
    }

    private func step<Value: Sendable>(
        finding find: @escaping @Sendable (Database) throws -> SecretRecord?,
        _ body: @escaping @Sendable (inout SecretRecord, Transaction) throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        let done: Step<Value> = try await writer.run { transaction in
            guard let found = try find(transaction.db),
                var record = try DamagedSecret.naming(found.row, { try found.advanced(transaction) })
            else {
                return .failure(.notFound)
            }
            let before = record.lifecycle
            let result = Result { () throws(Refusal) in try body(&record, transaction) }
            try DamagedSecret.naming(record.row) { try record.save(transaction, after: before) }
            transaction.saysGone = record.lifecycle.endedAt != nil
            let file = record.lifecycle.endedAt == nil ? nil : record.file
            return .success(Step(result: result, row: record.row, fileToErase: file))
        }
        if let file = done.fileToErase { try await eraseFile(file, of: done.row) }
        return try done.result.get()
    }

    /// A sign of life for a lease, from an answer that hands out its octets.
    func renew(secret row: Int64, keyHash: [UInt8]) async throws(Refusal) {
        try await step(finding: { try SecretRecord.fetch($0, row: row) }) { record, transaction throws(Refusal) in
            try record.lifecycle.renewLease(keyHash: keyHash, now: transaction.now)
        }
    }

    func leave(_ answer: RunningAnswers.Answer, secret row: Int64, keyHash: [UInt8]) {
        answers.leave(answer, secret: row, keyHash: keyHash)
    }

    private func answer(
        _ call: ClaimCall, _ claim: Claim, _ keyHash: [UInt8], _ record: inout SecretRecord, _ kept: KeptOctets?,
        _ transaction: Transaction
    ) throws(Refusal) -> ClaimAnswer {
        try record.lifecycle.answer(call, keyHash: keyHash, now: transaction.now) {
            constantTimeEqual(kept?.access ?? [], claim.access)
        }
    }

    /// What has ended has nothing, and there nothing is compared.
    private func kept(
        of record: SecretRecord, _ transaction: Transaction, withOctets: Bool = false
    ) throws(Refusal) -> KeptOctets? {
        guard record.lifecycle.endedAt == nil else { return nil }
        do {
            return try record.kept(transaction.db, withOctets: withOctets)
        } catch {
            throw Refusal(storage: error, logger, metrics)
        }
    }

    /// Where the octets are; nil of what has ended.
    private func source(of record: SecretRecord, _ kept: KeptOctets?) throws(Refusal) -> OctetsAtRest? {
        guard let kept else { return nil }
        do {
            guard let file = record.file else { return .inline(kept.envelope) }
            guard files.holds(file, size: record.lifecycle.size) else {
                throw DamagedSecret(row: record.row, cause: "its file is missing or short")
            }
            return .file(file)
        } catch {
            throw Refusal(storage: error, logger, metrics)
        }
    }

    /// Truncates and unlinks, then says in the row that it is done. Until it is, everybody who asks is kept waiting or
    /// sent away, and the sweeper tries again.
    private func eraseFile(_ file: String, of row: Int64) async throws(Refusal) {
        do {
            try await files.erase(file)
        } catch {
            throw Refusal(storage: error, logger, metrics)
        }
        try await writer.run { transaction in
            if var record = try SecretRecord.fetch(transaction.db, row: row), record.file == file {
                record.file = nil
                try record.update(transaction.db, at: transaction.now)
            }
            return .success(())
        }
    }

    /// What is kept of a claim's key.
    private func hash(of key: ClaimKey) -> [UInt8] { genericHash(Array(key.text.utf8), count: 32) }
}
