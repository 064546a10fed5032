import Foundation
import NIOCore
import NIOPosix
import Sodium
import Synchronization
import SystemPackage

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// swift-system's, not SwiftNIO's of the same name.
typealias FileDescriptor = SystemPackage.FileDescriptor

/// Where the octets of a secret are, once they are all here.
enum OctetsAtRest {
    case inline(Data)
    case file(String)

    var file: String? {
        if case .file(let name) = self { name } else { nil }
    }

    var inline: Data? {
        if case .inline(let data) = self { data } else { nil }
    }
}

/// The folder of large envelopes: one file each, under a random name that has nothing to do with the secret's ID.
///
/// A file is `NAME.part` while it arrives. Nothing here blocks a task: all of it runs on the thread pool.
struct EnvelopeFiles: Sendable {
    let folder: FilePath
    private let pool: NIOThreadPool
    private let leftovers = Leftovers()

    init(folder: FilePath, pool: NIOThreadPool = .singleton) {
        self.folder = folder
        self.pool = pool
    }

    /// A new file to write to.
    func create() async throws -> IncomingFile {
        let name = Random.bytes(16).map { String(format: "%02x", $0) }.joined()
        return try await run {
            let descriptor = try FileDescriptor.open(
                path(of: name + ".part"), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite)
            return IncomingFile(name: name, descriptor: OpenFile(descriptor))
        }
    }

    func append(_ octets: ByteBuffer, to file: IncomingFile) async throws {
        try await run {
            _ = try octets.withUnsafeReadableBytes { try file.descriptor.raw.writeAll($0) }
        }
    }

    /// Octets, name and folder entry survive a power cut from here on.
    func settle(_ file: IncomingFile) async throws {
        try await run {
            try synchronise(file.descriptor.raw)
            try rename(path(of: file.name + ".part"), path(of: file.name))
            try synchronise(folder: folder)
        }
    }

    func open(_ name: String) async throws -> OpenFile {
        try await run { OpenFile(try FileDescriptor.open(path(of: name), .readOnly, options: .closeOnExec)) }
    }

    /// Whether the file is there and whole; asked inside a transaction, so it does not wait for the pool.
    func holds(_ name: String, size: Int64) -> Bool {
        var found = stat()
        return stat(path(of: name).string, &found) == 0 && Int64(found.st_size) == size
    }

    /// Up to so many octets; fewer only at the end.
    func read(_ file: OpenFile, at offset: Int64, upTo count: Int) async throws -> ByteBuffer {
        try await run {
            var buffer = ByteBufferAllocator().buffer(capacity: count)
            _ = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
                try file.raw.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(rebasing: space[..<count]))
            }
            return buffer
        }
    }

    /// Nothing of it is left afterwards: cut to nothing first, so that who has it open reads no more, then unlinked.
    /// A file that is not there is gone already.
    func erase(_ name: String) async throws {
        try await run { try eraseNow(name) }
    }

    /// Everything that no row names: uploads broken off, and files whose row was not committed or is gone.
    func eraseOrphans(keeping names: Set<String>) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.string) where !names.contains(name) {
            try eraseNow(name)
        }
    }

    /// Whether new ones can be made, as far as that is seen without making one.
    func check() throws {
        guard access(folder.string, R_OK | W_OK | X_OK) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Files that belong to nobody, and could not be erased, or must not be yet.
    var left: Set<String> { leftovers.names.withLock { $0 } }

    func leave(_ names: [String]) { leftovers.names.withLock { $0.formUnion(names) } }

    func eraseLeft(_ names: Set<String>) async throws {
        for name in names {
            try await erase(name)
            leftovers.names.withLock { _ = $0.remove(name) }
        }
    }

    func eraseNow(_ name: String) throws {
        do {
            let descriptor = try FileDescriptor.open(path(of: name), .writeOnly, options: .closeOnExec)
            try descriptor.closeAfter {
                try descriptor.resize(to: 0)
                try synchronise(descriptor)
            }
            guard unlink(path(of: name).string) == 0 || errno == ENOENT else { throw Errno(rawValue: errno) }
        } catch Errno.noSuchFileOrDirectory {
            // A try before this one got as far as the unlink.
        }
        try synchronise(folder: folder)
    }

    private func path(of name: String) -> FilePath { folder.appending(name) }

    private func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await pool.runIfActive(work)
    }
}

private final class Leftovers: Sendable {
    let names = Mutex<Set<String>>([])
}

/// A file on its way in.
struct IncomingFile: Sendable {
    let name: String
    let descriptor: OpenFile

    /// What it may be called: where it could not be settled, nobody knows how far that got.
    var names: [String] { [name + ".part", name] }
}

/// Closes what it holds when it is let go.
final class OpenFile: Sendable {
    let raw: FileDescriptor

    init(_ raw: FileDescriptor) { self.raw = raw }

    deinit {
        // Nothing is lost where this fails: what had to be durable was synchronised, and the error reported, before.
        _ = close(raw.rawValue)
    }
}

func synchronise(_ descriptor: FileDescriptor) throws {
    guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
}

/// The entries of a folder: what was made, renamed or removed in it.
func synchronise(folder: FilePath) throws {
    let descriptor = try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
    try descriptor.closeAfter { try synchronise(descriptor) }
}

private func rename(_ old: FilePath, _ new: FilePath) throws {
    guard rename(old.string, new.string) == 0 else { throw Errno(rawValue: errno) }
}
