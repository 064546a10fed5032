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
        try stepping(values) {
            guard try !step() else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        }
    }

    /// Binds values for as long as the body takes its steps.
    func stepping<Value>(_ values: [BoundValue], _ body: () throws -> Value) throws -> Value {
        defer {
            sqlite3_reset(sqliteStatement)
            sqlite3_clear_bindings(sqliteStatement)
        }
        for (index, value) in values.enumerated() {
            guard bind(value, at: Int32(index + 1)) == SQLITE_OK else { throw failure }
        }
        return try body()
    }

    /// Whether there is a row, or none any more.
    func step() throws -> Bool {
        switch sqlite3_step(sqliteStatement) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        default: throw failure
        }
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

    private var failure: DatabaseError {
        DatabaseError(resultCode: ResultCode(rawValue: sqlite3_extended_errcode(sqlite3_db_handle(sqliteStatement))))
    }
}
