import Foundation
import KeylinkAPI
import Logging
import NIOCore
import Synchronization

/// Octets on their way into a ``SQLiteStore``: in memory as long as they are few, then in a file that no row names.
///
/// Unchecked: `append`, `commit` and `abandon` are called by one task, one after another.
final class SQLiteUpload: Upload, @unchecked Sendable {
    private let store: SQLiteStore
    private let files: EnvelopeFiles
    private let reservation: Reservation
    private let logger: Logger
    private var buffer = ByteBuffer()
    private var parameters: [UInt8] = []
    private var size: Int64 = 0
    /// While it arrives under its first name, which a crash leaves to the next start to erase.
    private var file: IncomingFile?

    /// - Parameter size: how many octets will come; 0 where that is not known.
    init(store: SQLiteStore, files: EnvelopeFiles, expecting size: Int64, reservation: Reservation, logger: Logger) {
        self.store = store
        self.files = files
        self.reservation = reservation
        self.logger = logger
        buffer.reserveCapacity(Int(min(size, Int64(SQLiteStore.inlineLimit))))
    }

    deinit {
        guard let file else { return }
        // Only where a task was cancelled between its steps; every other way leads through commit or abandon.
        do {
            for name in file.names { try files.eraseNow(name) }
        } catch {
            leave(file.names)
        }
    }

    func append(_ octets: ByteBuffer) async throws(Refusal) {
        size += Int64(octets.readableBytes)
        try reservation.cover(size)
        if parameters.count < EnvelopeRules.parameterCount {
            parameters += octets.readableBytesView.prefix(EnvelopeRules.parameterCount - parameters.count)
        }
        buffer.writeImmutableBuffer(octets)
        if buffer.readableBytes > SQLiteStore.inlineLimit { try await spill() }
    }

    func commit(_ secret: NewSecret) async throws(Refusal) -> Created {
        let octets: OctetsAtRest
        if file == nil {
            octets = .inline(Data(buffer.readableBytesView))
        } else {
            octets = .file(try await settle())
        }
        let creation: Creation
        do {
            creation = try await store.create(secret, size: size, parameters: parameters, octets: octets)
        } catch {
            switch error {
            case .storageFull, .storageUnavailable:
                // Whether the row is in the journal nobody knows, and a crash now would bring it back. So the octets stay
                // until the sweeper has truncated that.
                if let name = octets.file { files.leave([name]) }
            default: await erase(octets.file.map { [$0] })
            }
            throw error
        }
        if !creation.isNew { await erase(octets.file.map { [$0] }) }
        return creation.secret
    }

    func abandon() async {
        let names = file?.names
        file = nil
        await erase(names)
    }

    private func spill() async throws(Refusal) {
        do {
            let file = if let file { file } else { try await files.create() }
            self.file = file
            try await files.append(buffer, to: file)
            reservation.wrote(Int64(buffer.readableBytes))
            buffer.clear(minimumCapacity: 0)
        } catch {
            throw Refusal(storage: error, logger, store.metrics)
        }
    }

    /// The rest is written, the file gets its name; it is durable.
    private func settle() async throws(Refusal) -> String {
        if buffer.readableBytes > 0 { try await spill() }
        guard let file else { throw .storageUnavailable }
        do {
            try await files.settle(file)
        } catch {
            throw Refusal(storage: error, logger, store.metrics)
        }
        self.file = nil
        return file.name
    }

    private func erase(_ names: [String]?) async {
        guard let names else { return }
        do {
            for name in names { try await files.erase(name) }
        } catch {
            leave(names)
        }
    }

    /// What cannot be erased now: the sweeper tries again, and so does the next start, since no row names it.
    private func leave(_ names: [String]) {
        files.leave(names)
        logger.warning("an upload broken off could not be erased yet")
    }
}
