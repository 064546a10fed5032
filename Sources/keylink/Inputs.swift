internal import Envelope
internal import Foundation
internal import KeylinkClient
internal import Synchronization
internal import SystemPackage

/// What is to be sealed: the files named on the command line, or standard input.
enum Inputs {
    /// A standard input up to this many bytes is read before anything is sent: then it has a size, and can be sent again.
    private static let kept = 1 << 20

    /// - Parameters:
    ///   - paths: files; `-` or none stands for standard input.
    ///   - name: what standard input is called. With one it is a file whatever is in it.
    static func shipment(_ paths: [String], name: String?) throws -> Shipment {
        let paths = paths.isEmpty ? ["-"] : paths
        guard paths.count(where: { $0 == "-" }) <= 1 else { throw Failure(.usage, "standard input can be shared once") }
        let sources = try paths.map { path in path == "-" ? try standardInput(name: name) : try file(path) }
        return Shipment(isRepeatable: sources.allSatisfy(\.isRepeatable)) { try sources.map { try $0.item() } }
    }

    /// Whether somebody will be asked to type the secret.
    static func areTyped(_ paths: [String]) -> Bool {
        Console.inputIsTerminal && (paths.isEmpty || paths.contains("-"))
    }

    private struct Source: Sendable {
        let isRepeatable: Bool
        let item: @Sendable () throws -> Item
    }

    /// A file is opened when its turn comes, and again for another try; that it can be read is found out now. A pipe is opened
    /// only when its turn comes: opened and closed before, it would lose what its writer has written.
    private static func file(_ path: String) throws -> Source {
        let label = FilePath(path).lastComponent?.string ?? path
        let shown = printable(path)
        try checkReadable(path)
        guard let status = Status(path) else { throw Failure(.failed, "\(shown): \(Errno(rawValue: errno))") }
        guard !status.isFolder else {
            throw Failure(.usage, "\(shown) is a folder", hint: "pack it: tar c \(shown) | keylink share --name \(label).tar")
        }
        try checkName(label, shown: shown)
        return Source(isRepeatable: status.isRegular) {
            let size = Status(path).flatMap { $0.isRegular ? $0.size : nil }
            return .file(name: label, type: mediaType(of: label), size: size, bytes: FileBytes(path: FilePath(path)))
        }
    }

    /// Which of many names it is, nobody could tell from the error of the whole.
    private static func checkName(_ name: String, shown: String) throws {
        do {
            _ = try Sealing([.file(name: name, size: 0, bytes: ByteSequence([]))])
        } catch SealingError.invalidName {
            throw Failure(.failed, "\(shown): this name cannot be shared: control characters, or too long")
        }
    }

    /// Finds out whether a file can be read, without opening it.
    static func checkReadable(_ path: String) throws {
        guard access(path, R_OK) == 0 else { throw Failure(.failed, "\(printable(path)): \(Errno(rawValue: errno))") }
    }

    private static func standardInput(name: String?) throws -> Source {
        if let name { try checkName(name, shown: printable(name)) }
        if Console.inputIsTerminal { Console.line("Type or paste the secret, then press Ctrl-D on a line of its own.") }
        var bytes: [UInt8] = []
        while bytes.count <= kept {
            let part = try Files.readSome(.standardInput)
            if part.isEmpty { return try whole(bytes, name: name) }
            bytes += part
        }
        let (start, label) = (bytes, name ?? standardName)
        return Source(isRepeatable: false) {
            .file(name: label, type: mediaType(of: label), size: nil, bytes: FileBytes(prefix: start, .standardInput))
        }
    }

    private static func whole(_ read: [UInt8], name: String?) throws -> Source {
        var bytes = read
        // At a terminal the last line must be ended before Ctrl-D; in a pipe every byte counts.
        if Console.inputIsTerminal, bytes.last == 0x0A { bytes.removeLast() }
        guard !bytes.isEmpty else { throw Failure(.usage, "there is nothing to share: standard input is empty") }
        if name == nil, !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) {
            return Source(isRepeatable: true) { .text(text) }
        }
        let (content, label) = (bytes, name ?? standardName)
        return Source(isRepeatable: true) {
            .file(name: label, type: mediaType(of: label), size: UInt64(content.count), bytes: ByteSequence([content]))
        }
    }

    /// What a standard input that is not text is called.
    private static let standardName = "stdin"

    private struct Status {
        let isRegular, isFolder: Bool
        let size: UInt64

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            isRegular = status.st_mode & S_IFMT == S_IFREG
            isFolder = status.st_mode & S_IFMT == S_IFDIR
            size = UInt64(max(0, status.st_size))
        }
    }

    /// What an extension usually means; for those that a browser can show, so that the page offers to.
    private static func mediaType(of name: String) -> String? {
        guard let point = name.lastIndex(of: ".") else { return nil }
        return mediaTypes[name[name.index(after: point)...].lowercased()]
    }

    private static let mediaTypes = [
        "txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "json": "application/json", "pdf": "application/pdf",
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
        "avif": "image/avif",
        "mp3": "audio/mpeg", "mp4": "video/mp4", "webm": "video/webm", "zip": "application/zip",
    ]
}
