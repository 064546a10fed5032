import Foundation
import SystemPackage

/// A folder for one test, gone with it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("keylink-server-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, with the folders it needs.
    ///
    /// - Returns: its path.
    @discardableResult
    func write(_ text: String, to name: String = UUID().uuidString) throws -> String {
        let file = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    /// A folder of pages, with what must not be served beside them.
    func pages() throws -> FilePath {
        let files = [
            "index.html": "<!doctype html><title>share</title>", "open.html": "<!doctype html><title>open</title>",
            "receipt.html": "<!doctype html><title>receipt</title>",
            "missing.html": #"<!doctype html><title>missing</title><a href="../"></a><link href="../mark.svg">"#,
            "styles/page.css": "body {}",
            "pages/open.js": "export {}", "keylink/sodium.wasm": "\u{0}asm", "mark.svg": "<svg/>", ".hidden": "hidden",
            ".git/config": "hidden", "notes.md": "notes", "keylink/build.sh": "echo",
        ]
        for (name, text) in files { try write(text, to: "web/" + name) }
        return FilePath(path).appending("web")
    }
}
