import SystemPackage

/// A file whose content is secret: read whole, into one place that its reader zeroes.
enum SecretFile {
    /// - Throws: `Errno`. A file of more than a MiB is none of ours, and a device never ends.
    static func octets(of path: FilePath) throws -> [UInt8] {
        let descriptor = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        return try descriptor.closeAfter {
            var octets = [UInt8](repeating: 0, count: 1 << 20)
            var count = 0
            while true {
                let more = try octets.withUnsafeMutableBytes { space in
                    try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: space[count...]))
                }
                guard more > 0 else { break }
                count += more
            }
            guard count < octets.count else { throw Errno.fileTooLarge }
            octets.removeLast(octets.count - count)
            return octets
        }
    }
}
