import Foundation
import KeylinkAPI
import Logging
import NIOCore

/// The octets of one secret, for one answer.
final class SQLiteDelivery: Delivery {
    let size: Int64
    private let store: SQLiteStore
    private let files: EnvelopeFiles
    private let answer: RunningAnswers.Answer
    private let secret: Int64
    private let keyHash: [UInt8]
    private let octets: Octets
    private let logger: Logger

    private enum Octets {
        case memory(ByteBuffer)
        case file(OpenFile)
    }

    init(
        store: SQLiteStore, files: EnvelopeFiles, answer: RunningAnswers.Answer, secret: Int64, keyHash: [UInt8], size: Int64,
        octets: OctetsAtRest?, logger: Logger
    ) async throws(Refusal) {
        self.store = store
        self.files = files
        self.answer = answer
        self.secret = secret
        self.keyHash = keyHash
        self.size = size
        self.logger = logger
        do {
            switch octets {
            case .inline(let data): self.octets = .memory(ByteBuffer(bytes: data))
            case .file(let name): self.octets = .file(try await files.open(name))
            case nil: throw CorruptRecord()
            }
        } catch  where answer.isCut {
            // Revoked or over between the claim and here; the file went with it.
            logger.debug("an answer was cut before it began")
            throw .leaseEnded(.revoked)
        } catch {
            store.leave(answer, secret: secret, keyHash: keyHash)
            throw Refusal(storage: DamagedSecret.inFile(secret, error), logger, store.metrics)
        }
    }

    deinit { finish() }

    func finish() { store.leave(answer, secret: secret, keyHash: keyHash) }

    func read(at offset: Int64, upTo count: Int) async throws(Refusal) -> ByteBuffer {
        guard !answer.isCut else { throw .leaseEnded(.revoked) }
        switch octets {
        case .memory(let buffer):
            let count = min(count, buffer.readableBytes - Int(offset))
            guard count > 0, let slice = buffer.getSlice(at: Int(offset), length: count) else { throw .storageUnavailable }
            return slice
        case .file(let file):
            let piece: ByteBuffer
            do {
                piece = try await files.read(file, at: offset, upTo: count)
            } catch {
                throw Refusal(storage: DamagedSecret.inFile(secret, error), logger, store.metrics)
            }
            // A file cut to nothing under our hands: the secret was destroyed, and so is this answer.
            guard piece.readableBytes > 0, !answer.isCut else { throw .leaseEnded(.revoked) }
            return piece
        }
    }

    func renew() async throws(Refusal) { try await store.renew(secret: secret, keyHash: keyHash) }
}
