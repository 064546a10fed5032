import Foundation
import KeylinkAPI
import NIOCore
import Sodium
import SystemPackage

/// A folder of pages: built (dist/site, with an index), or as it is in the source tree (WebUI).
struct SiteFolder {
    let index: SiteIndex?
    /// By path, from the slash on.
    let files: [String: SiteFile]

    /// - Throws: ``ConfigurationError`` where the index names what is not there, or not as it says.
    init(_ folder: FilePath) throws {
        var files: [String: SiteFile] = [:]
        let indexPath = folder.appending(SiteIndex.path)
        guard FileManager.default.fileExists(atPath: indexPath.string) else {
            index = nil
            for path in try Self.paths(in: folder) { files["/" + path] = try SiteFile(folder.appending(path)) }
            self.files = files
            return
        }
        let index = try Self.index(indexPath)
        for (path, file) in index.files { files["/" + path] = try Self.file(file, folder.appending(path)) }
        files["/" + SiteIndex.path] = try SiteFile(indexPath)
        (self.index, self.files) = (index, files)
    }

    private static func index(_ path: FilePath) throws -> SiteIndex {
        do {
            return try JSONDecoder().decode(SiteIndex.self, from: Data(contentsOf: URL(fileURLWithPath: path.string)))
        } catch is DecodingError {
            throw ConfigurationError("\(path) is not the index of a built site; make site builds one")
        }
    }

    private static func file(_ expected: SiteIndex.File, _ path: FilePath) throws -> SiteFile {
        let file = try? SiteFile(path, expected)
        guard let file, file.hashes == expected.compressed.merging(["identity": expected.integrity], uniquingKeysWith: { $1 })
        else {
            throw ConfigurationError("\(path) is not the file that its index names; make site builds the pages anew")
        }
        return file
    }

    /// Every file in the folder that a page may need, relative to it: known endings only, nothing hidden.
    private static func paths(in folder: FilePath) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.string).filter { path in
            let names = path.split(separator: "/")
            var isFolder: ObjCBool = false
            return names.allSatisfy { !$0.hasPrefix(".") } && SiteFile.mediaType(of: path) != nil
                && FileManager.default.fileExists(atPath: folder.appending(path).string, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }
}

/// One file, in memory, in each form that it was built in.
struct SiteFile: Sendable {
    struct Form: Sendable {
        /// As `Content-Encoding` names it; nil for the file itself.
        let encoding: String?
        let octets: ByteBuffer
        /// A strong validator: a hash of these very octets.
        let tag: String
        let integrity: String

        init(_ data: Data, encoding: String?) {
            self.encoding = encoding
            octets = ByteBuffer(bytes: data)
            integrity = "sha256-" + Data(sha256(Array(data))).base64EncodedString()
            tag = "\"\(Base64URL.encode(genericHash(Array(data), count: 16)))\""
        }

        /// Whether `If-None-Match` names it, weakened perhaps by a proxy on the way.
        func isKnown(_ tags: String?) -> Bool {
            tags?.split(separator: ",").contains { tag in
                let name = tag.filter { $0 != " " }
                return name == self.tag || name == "W/" + self.tag
            } ?? false
        }
    }

    let mediaType: String
    let isImmutable: Bool
    /// Smallest first, the file itself last.
    private let forms: [Form]

    /// By encoding, `identity` for the file itself.
    var hashes: [String: String] {
        Dictionary(forms.map { ($0.encoding ?? "identity", $0.integrity) }) { first, _ in first }
    }

    /// The file itself.
    var octets: [UInt8] { Array(buffer: forms[forms.count - 1].octets) }

    var isPage: Bool { mediaType.hasPrefix("text/html") }

    /// - Parameter entry: what the index says of it; nil for a file that no index names.
    init(_ path: FilePath, _ entry: SiteIndex.File? = nil) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path.string))
        mediaType = entry?.type ?? Self.mediaType(of: path.string) ?? MediaType.envelope
        isImmutable = entry?.immutable ?? false
        forms =
            [("br", ".br"), ("gzip", ".gz")].compactMap { encoding, ending in
                FileManager.default.contents(atPath: path.string + ending).map { Form($0, encoding: encoding) }
            } + [Form(data, encoding: nil)]
    }

    /// The smallest form that a client takes; without a word of it, the file itself.
    func form(accepting encodings: String?) -> Form {
        let accepted = encodings.map { QualityList($0).names } ?? []
        return forms.first { form in form.encoding.map(accepted.contains) ?? true } ?? forms[forms.count - 1]
    }

    static func mediaType(of path: String) -> String? {
        guard let point = path.lastIndex(of: ".") else { return nil }
        return types[path[path.index(after: point)...].lowercased()]
    }

    private static let types = [
        "html": "text/html; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8",
        "json": "application/json",
        "webmanifest": "application/manifest+json",
        "wasm": "application/wasm",
        "svg": "image/svg+xml",
        "png": "image/png",
        "ico": "image/x-icon",
        "woff2": "font/woff2",
        "txt": "text/plain; charset=utf-8",
        "yaml": "application/yaml",
        "zip": "application/zip",
    ]
}
