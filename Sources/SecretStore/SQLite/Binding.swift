import Foundation
import GRDB
import GRDBSQLite

/// A value on its way into a row.
enum BoundValue {
    case integer(Int64)
    case octets(Data)
    case text(String)
    case null

    init(_ value: Int64?) { self = value.map(Self.integer) ?? .null }
    init(_ value: String?) { self = value.map(Self.text) ?? .null }
    init(_ value: [UInt8]) { self = .octets(Data(value)) }
}

extension Statement {
    /// Runs a statement that gives no rows, with values bound straight to it: what everybody's creation and claim waits for.
    /// GRDB's own binding is generic, and takes longer than the insert itself.
    func run(_ values: [BoundValue]) throws {
        defer {
            sqlite3_reset(sqliteStatement)
            sqlite3_clear_bindings(sqliteStatement)
        }
        for (index, value) in values.enumerated() { try expect(SQLITE_OK, bind(value, at: Int32(index + 1))) }
        try expect(SQLITE_DONE, sqlite3_step(sqliteStatement))
    }

    private func bind(_ value: BoundValue, at index: Int32) -> Int32 {
        // SQLite takes a copy, for as long as it needs one.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        return switch value {
        // No octets are not no value: their address would be none.
        case .octets(let data) where data.isEmpty: sqlite3_bind_zeroblob(sqliteStatement, index, 0)
        case .integer(let number): sqlite3_bind_int64(sqliteStatement, index, number)
        case .octets(let data):
            data.withUnsafeBytes { sqlite3_bind_blob(sqliteStatement, index, $0.baseAddress, Int32($0.count), copied) }
        case .text(let text): sqlite3_bind_text(sqliteStatement, index, text, -1, copied)
        case .null: sqlite3_bind_null(sqliteStatement, index)
        }
    }

    private func expect(_ wanted: Int32, _ code: Int32) throws {
        guard code != wanted else { return }
        throw DatabaseError(resultCode: ResultCode(rawValue: sqlite3_extended_errcode(sqlite3_db_handle(sqliteStatement))))
    }
}
