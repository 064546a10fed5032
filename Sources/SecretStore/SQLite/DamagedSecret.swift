import GRDB
import KeylinkAPI
import Logging
import Sodium
import Synchronization
import SystemPackage

/// A secret of which the storage does not hold what was put there: its row, its octets, or their file. Who asks for it is
/// answered that the storage does not work; everything else goes on.
struct DamagedSecret: Error {
    let row: Int64
    /// In a word; nothing of what is stored.
    let cause: String

    /// What it is called in the log, where no ID may stand: the beginning of BLAKE2b-128 of its row number in decimal.
    private var name: String {
        genericHash(Array("\(row)".utf8), count: 16).prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    func note(_ logger: Logger) {
        logger.error("a secret is damaged", metadata: ["secret": "\(name)", "error": "\(cause)"])
    }

    /// What it means that the file of one secret cannot be read. That too many files are open is nobody's damage.
    static func inFile(_ row: Int64, _ error: any Error) -> any Error {
        guard let error = error as? Errno, error != .tooManyOpenFiles, error != .tooManyOpenFilesInSystem else { return error }
        return DamagedSecret(row: row, cause: "its file cannot be read: \(error)")
    }

    /// Reads or changes what is stored of one secret, and says of which where that makes no sense.
    static func naming<Value>(_ row: Int64, _ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch is CorruptRecord {
            throw DamagedSecret(row: row, cause: "it is not what was stored")
        } catch is RowDecodingError {
            throw DamagedSecret(row: row, cause: "it is not what was stored")
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            throw DamagedSecret(row: row, cause: "a page of the database is damaged")
        }
    }
}

/// Rows that time has come for and that make no sense; looked at again later.
final class DamagedRows: Sendable {
    private let rows = Mutex<[Int64: Timestamp]>([:])

    func passed(at now: Timestamp) -> Set<Int64> {
        rows.withLock { rows in
            rows = rows.filter { $0.value > now }
            return Set(rows.keys)
        }
    }

    func passOver(_ row: Int64, until later: Timestamp) { rows.withLock { $0[row] = later } }
}
