import Foundation
import GRDB
import SystemPackage

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The folder that holds everything, for one process at a time: the lock is the kernel's, so it goes with the process.
final class DataDirectory: Sendable {
    let database: FilePath
    let envelopes: FilePath
    private let lock: OpenFile

    /// - Throws: ``StoreStartError``
    init(_ path: FilePath) throws(StoreStartError) {
        database = path.appending("keylink.sqlite")
        envelopes = path.appending("envelopes")
        do {
            for folder in [path, envelopes] { try createFolder(folder) }
            lock = OpenFile(
                try FileDescriptor.open(
                    path.appending("lock"), .readWrite, options: [.create, .closeOnExec], permissions: .ownerReadWrite))
            guard flock(lock.raw.rawValue, LOCK_EX | LOCK_NB) == 0 else { throw Errno(rawValue: errno) }
            // The folder's own entry too: without it a power cut takes everything that was ever acknowledged in it.
            for folder in [path, parent(of: path)] { try synchronise(folder: folder) }
        } catch Errno.wouldBlock {
            throw .inUse(path.string)
        } catch {
            throw .unusable(path.string, "\(error)")
        }
    }

    deinit {
        // Said aloud: a child between its fork and its exec still holds the descriptor, and with it the lock.
        _ = flock(lock.raw.rawValue, LOCK_UN)
    }
}

/// The files that a store has open, and whether its folder still shows them.
///
/// A database that was deleted takes everything that it is given, and goes with the process. One that was moved away and comes
/// back is the same again.
struct OpenedDatabase: Sendable {
    private let files: [(path: String, identity: Identity)]

    private struct Identity: Equatable {
        let device: UInt64
        let file: UInt64

        init?(_ path: String) {
            var found = stat()
            guard stat(path, &found) == 0 else { return nil }
            device = UInt64(found.st_dev)
            file = UInt64(found.st_ino)
        }
    }

    /// - Parameter path: of a database in WAL mode, from which something was read.
    init(_ path: FilePath) throws {
        files = try [path.string, path.string + "-wal"].map { path in
            guard let identity = Identity(path) else { throw Errno(rawValue: errno) }
            return (path, identity)
        }
    }

    /// - Throws: ``Displaced``
    func check() throws {
        guard files.allSatisfy({ Identity($0.path) == $0.identity }) else { throw Displaced() }
    }

    struct Displaced: Error {}
}

/// Makes a folder and those above it, each durably; one that is there already stays as it is.
private func createFolder(_ path: FilePath) throws {
    if mkdir(path.string, 0o700) == 0 { return try synchronise(folder: parent(of: path)) }
    if errno == EEXIST { return }
    guard errno == ENOENT, parent(of: path) != path, path.string != "." else { throw Errno(rawValue: errno) }
    try createFolder(parent(of: path))
    guard mkdir(path.string, 0o700) == 0 else { throw Errno(rawValue: errno) }
    try synchronise(folder: parent(of: path))
}

private func parent(of path: FilePath) -> FilePath {
    let parent = path.removingLastComponent()
    return parent.isEmpty ? FilePath(".") : parent
}

/// Why a store does not start, in words for its operator.
public enum StoreStartError: Error, CustomStringConvertible {
    case inUse(String)
    /// The folder, and what the system says.
    case unusable(String, String)
    /// The database in it, and what SQLite says.
    case unreadable(String, String)
    case newer(found: Int, known: Int)
    case notDurable(setting: String, value: String)

    init(_ error: any Error, _ directory: DataDirectory) {
        switch error {
        case let error as StoreStartError: self = error
        case let error as DatabaseError: self = .unreadable(directory.database.string, error.message ?? "\(error.resultCode)")
        case let error as Errno: self = .unusable(directory.envelopes.string, "\(error)")
        case let error as CocoaError: self = .unusable(directory.envelopes.string, error.localizedDescription)
        default: self = .unreadable(directory.database.string, "it holds what no keylink-server has written")
        }
    }

    public var description: String {
        switch self {
        case .inUse(let path): "another keylink-server uses the data directory \(path)"
        case .unusable(let path, let reason): "the data directory \(path) cannot be used: \(reason)"
        case .unreadable(let path, let reason): "the database \(path) cannot be used: \(reason)"
        case .newer(let found, let known):
            "the database is of version \(found), and this keylink-server knows versions up to \(known): start a newer one"
        case .notDurable(let setting, let value):
            "SQLite refuses the setting \(setting) (it says \(value)); nothing would be safe"
        }
    }
}
