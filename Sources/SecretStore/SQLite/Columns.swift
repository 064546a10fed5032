import Foundation
import GRDB
import GRDBSQLite

/// The columns of the row that a statement has found, read straight from it: good until its next step.
///
/// GRDB's own rows are generic and take copies, which is longer than finding them takes. Every look and claim waits for this,
/// and a start reads millions.
///
/// What holds something else than is asked for is ``CorruptRecord``.
struct Columns {
    fileprivate let statement: SQLiteStatement

    func isNull(_ index: Int32) -> Bool { sqlite3_column_type(statement, index) == SQLITE_NULL }

    func integer(_ index: Int32) throws -> Int64 {
        guard let number = try optionalInteger(index) else { throw CorruptRecord() }
        return number
    }

    func optionalInteger(_ index: Int32) throws -> Int64? {
        switch sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: sqlite3_column_int64(statement, index)
        case SQLITE_NULL: nil
        default: throw CorruptRecord()
        }
    }

    func optionalText(_ index: Int32) throws -> String? {
        if isNull(index) { return nil }
        guard sqlite3_column_type(statement, index) == SQLITE_TEXT, let start = sqlite3_column_text(statement, index) else {
            throw CorruptRecord()
        }
        return String(cString: start)
    }

    /// - Parameter count: how many there must be; nil is any number.
    func octets(_ index: Int32, count: Int? = nil) throws -> [UInt8] {
        try withOctets(index) { octets in
            guard count == nil || octets.count == count else { throw CorruptRecord() }
            return Array(octets)
        }
    }

    /// Lends octets where they lie.
    func withOctets<Value>(_ index: Int32, _ body: (UnsafeRawBufferPointer) throws -> Value) throws -> Value {
        guard sqlite3_column_type(statement, index) == SQLITE_BLOB else { throw CorruptRecord() }
        let start = sqlite3_column_blob(statement, index)
        return try body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index))))
    }
}

extension Statement {
    /// What `read` makes of the first row that is found; nil where there is none.
    func first<Value>(_ values: [BoundValue], _ read: (Columns) throws -> Value) throws -> Value? {
        try stepping(values) { try step() ? read(Columns(statement: sqliteStatement)) : nil }
    }

    /// Reads all rows that are found.
    func forEachRow(_ read: (Columns) throws -> Void) throws {
        try stepping([]) { while try step() { try read(Columns(statement: sqliteStatement)) } }
    }
}
