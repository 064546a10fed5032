#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
package import Envelope
package import KeylinkAPI
internal import Sodium
internal import SystemPackage

/// What must be known to go on with a claim after a crash. Worthless without the link key, which is never on disk.
package struct ClaimRecord: Codable, Equatable, Sendable {
    package let base: String
    package let id: String
    /// The claim's key.
    package let key: String
    /// base64url of the envelope's first 48 octets: once the last view is taken the server no longer shows them.
    package let parameters: String

    package init(base: String, id: String, key: ClaimKey, parameters: Parameters) {
        self.base = base
        self.id = id
        self.key = key.text
        self.parameters = Base64URL.encode(parameters.bytes)
    }

    /// Both parts, checked; nil where the file was tampered with or is from another time.
    package var content: (key: ClaimKey, parameters: [UInt8])? {
        guard let key = ClaimKey(key), let bytes = Base64URL.decode(parameters), bytes.count == Parameters.count else {
            return nil
        }
        return (key, bytes)
    }
}

/// The record of one link's claim, locked for this process as long as the value lives.
///
/// The file is its own lock: two commands on one link would otherwise draw two keys and take two views, or cut each other's
/// downloads. The system gives the lock back when the process ends, however it ends.
package final class ClaimRecords: Sendable {
    /// Another process is opening the same link.
    package struct Busy: Error {}

    private let file: FileDescriptor
    private let path: FilePath

    /// Locks the record of `link`, creating an empty one where there is none.
    ///
    /// - Throws: ``Busy``, or an `Errno`.
    package init(_ link: borrowing Link, in state: StateFolder) throws {
        try Files.createPrivateFolder(state.claims)
        // Hexadecimal, since some file systems take `a` and `A` for the same; hashed, since bases hold slashes.
        let name = genericHash(Array("\(link.base)/s/\(link.id)".utf8), count: 16).map { hex($0) }.joined()
        path = state.claims.appending(name + ".json")
        file = try Self.lock(path)
    }

    deinit {
        // An empty file says nothing. Removed while locked: whoever waited for it sees that the name is gone and begins again.
        let isEmpty = (try? file.seek(offset: 0, from: .end)) == 0
        if isEmpty { unlink(path.string) }
        close(file.rawValue)
    }

    /// The claim begun earlier; nil where there is none. A file that was never finished counts as none: nothing was sent then.
    package func read() throws -> ClaimRecord? {
        try file.seek(offset: 0, from: .start)
        return try? JSON.decode(ClaimRecord.self, from: Files.readAll(file, upTo: 64 << 10))
    }

    /// Returns once the record would survive a power cut: only then may the claim be sent.
    package func write(_ record: ClaimRecord) throws {
        let bytes = try JSON.encode(record)
        try empty()
        try file.writeAll(toAbsoluteOffset: 0, bytes)
        try Files.sync(file)
        try Files.syncFolder(path.removingLastComponent())
    }

    /// The claim is at its end.
    package func remove() throws {
        try empty()
    }

    private func empty() throws {
        guard ftruncate(file.rawValue, 0) == 0 else { throw Files.lastError }
    }

    private static func lock(_ path: FilePath) throws -> FileDescriptor {
        while true {
            let file = try FileDescriptor.open(
                path, .readWrite, options: [.create, .closeOnExec, .noFollow], permissions: [.ownerReadWrite])
            do {
                guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                    throw errno == EWOULDBLOCK ? Busy() as any Error : Files.lastError
                }
                if isNamed(file, path) { return file }
                close(file.rawValue)
            } catch {
                close(file.rawValue)
                throw error
            }
        }
    }

    /// Whether `path` still names the locked file: its last owner may have removed it in between.
    private static func isNamed(_ file: FileDescriptor, _ path: FilePath) -> Bool {
        var (open, named) = (stat(), stat())
        guard fstat(file.rawValue, &open) == 0, lstat(path.string, &named) == 0 else { return false }
        return open.st_ino == named.st_ino && open.st_dev == named.st_dev
    }
}

/// Two lower-case digits.
func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
