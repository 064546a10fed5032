#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
package import SystemPackage

/// The few things about files that System has no name for, and the rule that what must survive a power cut is synced twice:
/// the file, and the folder that names it.
package enum Files {
    /// Creates `folder` and what leads to it, mode 0700 (the XDG base directory specification asks for it).
    package static func createPrivateFolder(_ folder: FilePath) throws {
        if mkdir(folder.string, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, !folder.removingLastComponent().isEmpty else { throw lastError }
        try createPrivateFolder(folder.removingLastComponent())
        if mkdir(folder.string, 0o700) != 0, errno != EEXIST { throw lastError }
    }

    /// Returns once what was written to `file` would survive a power cut.
    package static func sync(_ file: FileDescriptor) throws {
        guard fsync(file.rawValue) == 0 else {
            // Pipes and the like cannot be synced, and need not be.
            if errno == EINVAL || errno == ENOTSUP || errno == EROFS { return }
            throw lastError
        }
    }

    /// Returns once the names in `folder` would survive a power cut.
    package static func syncFolder(_ folder: FilePath) throws {
        let descriptor = try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
        try descriptor.closeAfter { try sync(descriptor) }
    }

    package static func rename(_ old: FilePath, to new: FilePath) throws {
        // Unqualified it would be this function.
        #if canImport(Glibc)
        let status = Glibc.rename(old.string, new.string)
        #else
        let status = Darwin.rename(old.string, new.string)
        #endif
        guard status == 0 else { throw lastError }
    }

    /// Removes a file; that it is gone already is fine.
    package static func remove(_ path: FilePath) throws {
        guard unlink(path.string) == 0 || errno == ENOENT else { throw lastError }
    }

    /// Everything in a file that is at most `limit` bytes long.
    package static func read(_ path: FilePath, upTo limit: Int = 1 << 20) throws -> [UInt8] {
        let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
        return try descriptor.closeAfter { try readAll(descriptor, upTo: limit) }
    }

    package static func readAll(_ descriptor: FileDescriptor, upTo limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let part = try readSome(descriptor)
            if part.isEmpty { return bytes }
            bytes += part
            guard bytes.count <= limit else { throw Errno.fileTooLarge }
        }
    }

    /// The next bytes of a file, a pipe or a terminal; none at its end.
    package static func readSome(_ descriptor: FileDescriptor, count: Int = 64 << 10) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Writes a small file, private to the user, so that after a crash there is either the old one or the new one.
    package static func replace(_ path: FilePath, with bytes: [UInt8]) throws {
        let partial = FilePath(path.string + ".new")
        let descriptor = try FileDescriptor.open(
            partial, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow], permissions: [.ownerReadWrite])
        try descriptor.closeAfter {
            try descriptor.writeAll(bytes)
            try sync(descriptor)
        }
        try rename(partial, to: path)
        try syncFolder(path.removingLastComponent())
    }

    /// The names in `folder`, in order; none where there is no such folder.
    package static func names(in folder: FilePath) throws -> [String] {
        guard let stream = opendir(folder.string) else {
            if errno == ENOENT { return [] }
            throw lastError
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) {
                    String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package static var lastError: Errno { Errno(rawValue: errno) }
}
