#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
package import SystemPackage

/// Files that arrive: written under temporary names, and given their own only when everything has been verified and synced.
package final class OutputFolder {
    private struct Partial {
        let path: FilePath
        let label: String
    }

    private let folder: FilePath
    private let overwriting: Bool
    private let partials: PartialFiles
    private let tag: String?
    private var finished: [Partial] = []
    private var current: (file: FileDescriptor, partial: Partial)?

    /// - Parameters:
    ///   - overwriting: take a name even where a file has it; otherwise the new one gets a number.
    ///   - tag: names what is being received, for this process alone: what an earlier one left of it is removed by ``check()``.
    package init(_ folder: FilePath, overwriting: Bool, partials: PartialFiles, tag: String? = nil) {
        self.folder = folder
        self.overwriting = overwriting
        self.partials = partials
        self.tag = tag
    }

    /// Finds out now, while nothing has been taken, whether files can be written here.
    package func check() throws {
        let (file, path) = try partials.create(in: folder, tag: tag)
        try file.close()
        try partials.discard([path])
        if let tag { try partials.removeAbandoned(tag: tag, in: folder) }
    }

    /// Begins the next file; what is written from now on is its content.
    package func begin(_ label: String) throws {
        try finishCurrent()
        let (file, path) = try partials.create(in: folder, tag: tag)
        current = (file, Partial(path: path, label: label))
    }

    package func write(_ bytes: [UInt8]) throws {
        guard let current else { preconditionFailure("no file has been begun") }
        try current.file.writeAll(bytes)
    }

    /// Gives every file its name, durably.
    ///
    /// - Returns: the names, in the order in which the files were begun.
    package func commit() throws -> [FilePath] {
        try finishCurrent()
        var names: [FilePath] = []
        try partials.finish {
            var taken: Set<String> = []
            for partial in finished {
                guard chmod(partial.path.string, 0o666 & ~Self.fileModeMask) == 0 else { throw Files.lastError }
                names.append(folder.appending(try place(partial, taken: &taken)))
            }
            return finished.map(\.path)
        }
        finished = []
        try Files.syncFolder(folder)
        return names
    }

    /// Leaves nothing behind.
    package func discard() throws {
        if let current {
            self.current = nil
            finished.append(current.partial)
            try current.file.close()
        }
        try partials.discard(finished.map(\.path))
        finished = []
    }

    private func finishCurrent() throws {
        guard let (file, partial) = current else { return }
        try Files.sync(file)
        try file.close()
        current = nil
        finished.append(partial)
    }

    /// Moves a file to the first name that is free.
    private func place(_ partial: Partial, taken: inout Set<String>) throws -> String {
        let safe = OutputNames.safe(partial.label)
        var number = 1
        while true {
            let name = OutputNames.numbered(safe, number)
            number += 1
            guard !taken.contains(OutputNames.collisionKey(name)), try claim(folder.appending(name)) else { continue }
            try Files.rename(partial.path, to: folder.appending(name))
            taken.insert(OutputNames.collisionKey(name))
            return name
        }
    }

    /// Whether `path` is ours to write to. Creating it exclusively is the one way to find that out that no other process, no
    /// symbolic link and no file system can get between; renaming over our own empty file then overwrites nobody's.
    private func claim(_ path: FilePath) throws -> Bool {
        if overwriting { return !isFolder(path) }
        do {
            try FileDescriptor.open(
                path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite]
            )
            .close()
            return true
        } catch Errno.fileExists {
            return false
        }
    }

    private func isFolder(_ path: FilePath) -> Bool {
        var status = stat()
        return lstat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The bits that this user's new files go without. Asking sets it, so it is asked once.
    private static let fileModeMask: mode_t = {
        let mask = umask(0o077)
        umask(mask)
        return mask
    }()
}
