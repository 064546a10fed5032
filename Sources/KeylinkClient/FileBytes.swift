internal import Dispatch
package import SystemPackage

/// The bytes of a file, a pipe or a terminal, read as they are asked for, on a thread of its own: a pipe may keep its reader
/// waiting for hours, which a thread of the cooperative pool must not. To be iterated once.
package struct FileBytes: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private let prefix: [UInt8]
    private let reader: Reader

    /// - Parameters:
    ///   - prefix: bytes that were read before, handed out first.
    ///   - file: read from where it stands, and left open.
    package init(prefix: [UInt8] = [], _ file: FileDescriptor) {
        self.prefix = prefix
        reader = Reader(path: nil, file: file)
    }

    /// A file that is opened when the first byte is asked for: a thousand of them need not be open at once.
    package init(path: FilePath) {
        prefix = []
        reader = Reader(path: path, file: nil)
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(reader: reader, prefix: prefix)
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let reader: Reader
        fileprivate var prefix: [UInt8]

        package mutating func next() async throws -> [UInt8]? {
            if !prefix.isEmpty {
                defer { prefix = [] }
                return prefix
            }
            let bytes = try await reader.read()
            return bytes.isEmpty ? nil : bytes
        }
    }

    /// @unchecked: `file` is touched on `queue` alone, and by the last owner.
    fileprivate final class Reader: @unchecked Sendable {
        private let path: FilePath?
        private var file: FileDescriptor?
        private var hasEnded = false
        private let queue = DispatchQueue(label: "keylink.read")

        init(path: FilePath?, file: FileDescriptor?) {
            self.path = path
            self.file = file
        }

        deinit {
            // Nothing was written to it: a failing close loses nothing.
            if path != nil { try? file?.close() }
        }

        func read() async throws -> [UInt8] {
            try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Result { try self.readSome() }) }
            }
        }

        private func readSome() throws -> [UInt8] {
            guard !hasEnded else { return [] }
            if file == nil, let path { file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) }
            guard let file else { return [] }
            let bytes = try Files.readSome(file, count: 256 << 10)
            if bytes.isEmpty {
                hasEnded = true
                self.file = nil
                if path != nil { try file.close() }
            }
            return bytes
        }
    }
}
