#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Sodium
internal import Synchronization
package import SystemPackage

/// The files of this process that are not finished, so that none is left behind: neither by an error nor by Ctrl-C.
package final class PartialFiles: Sendable {
    /// The process was told to end: no file may be begun any more.
    package struct Ended: Error {}

    private struct State {
        var paths: Set<FilePath> = []
        var hasEnded = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Creates a file of a random name in `folder`, mode 0600: nobody else reads what is not yet verified to its end.
    ///
    /// - Parameter tag: what ``removeAbandoned(tag:in:)`` will know it by.
    package func create(in folder: FilePath, tag: String? = nil) throws -> (FileDescriptor, FilePath) {
        let name = Self.prefix(tag) + Random.bytes(8).map { hex($0) }.joined() + Self.suffix
        let path = folder.appending(name)
        return (try create(path), path)
    }

    /// Creates `path`, mode 0600, which must not be there yet, and counts it as partial.
    package func create(_ path: FilePath) throws -> FileDescriptor {
        try state.withLock { state in
            guard !state.hasEnded else { throw Ended() }
            let file = try FileDescriptor.open(
                path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec, .noFollow], permissions: [.ownerReadWrite])
            state.paths.insert(path)
            return file
        }
    }

    /// Removes what a process left in `folder` that was killed outright. Only for who knows that no other process is using `tag`.
    package func removeAbandoned(tag: String, in folder: FilePath) throws {
        for name in try Files.names(in: folder) where name.hasPrefix(Self.prefix(tag)) && name.hasSuffix(Self.suffix) {
            try Files.remove(folder.appending(name))
        }
    }

    private static let suffix = ".part"

    private static func prefix(_ tag: String?) -> String {
        ".keylink-" + (tag.map { $0 + "-" } ?? "")
    }

    /// Runs `body`, which makes some of the files final and returns what is no longer partial. A signal waits for it, so
    /// that of several files either none or all appear.
    package func finish(_ body: () throws -> [FilePath]) throws {
        try state.withLock { state in
            guard !state.hasEnded else { throw Ended() }
            state.paths.subtract(try body())
        }
    }

    /// Removes these files, which somebody gave up.
    package func discard(_ paths: [FilePath]) throws {
        try state.withLock { state in
            for path in paths where state.paths.remove(path) != nil { try Files.remove(path) }
        }
    }

    /// Removes all of them and begins no other: what is done when the process must end.
    package func end() {
        state.withLock { state in
            state.hasEnded = true
            for path in state.paths { unlink(path.string) }
            state.paths = []
        }
    }
}
