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
    package func create(in folder: FilePath) throws -> (FileDescriptor, FilePath) {
        let path = folder.appending(".keylink-" + Random.bytes(8).map { hex($0) }.joined() + ".part")
        return try state.withLock { state in
            guard !state.hasEnded else { throw Ended() }
            let file = try FileDescriptor.open(
                path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec, .noFollow], permissions: [.ownerReadWrite])
            state.paths.insert(path)
            return (file, path)
        }
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
