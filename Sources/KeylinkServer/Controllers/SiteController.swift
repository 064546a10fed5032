import Foundation
import HTTPTypes
import Hummingbird
import KeylinkAPI
import NIOCore
import Sodium
import SystemPackage

/// The pages, their files, the specification and the extension: a fixed list, read once when the server starts.
///
/// A path is looked up in the list and never leads to the file system, so there is nothing to traverse.
struct SiteController: Sendable {
    private let files: [String: SiteFile]

    /// - Throws: what reading a file throws.
    init(_ configuration: ServerConfiguration) throws {
        var files: [String: SiteFile] = [:]
        if let web = configuration.web {
            for path in try Self.paths(in: web) {
                files["/" + path] = try SiteFile(web.appending(path))
            }
        }
        if let specification = configuration.specification {
            files[Endpoint.specification.pattern] = try SiteFile(specification)
        }
        if let extensionFile = configuration.extensionFile {
            files["/download/keylink-extension.zip"] = try SiteFile(extensionFile)
        }
        self.files = files
    }

    func addRoutes(to router: Router<KeylinkContext>) {
        router.on(.indexPage, .get) { request, _ in try serve("/index.html", request) }
        // The same page whether or not there is such a secret: a page asked for by a scanner tells it nothing.
        router.on(.openPage, .get) { request, _ in try serve("/open.html", request, headers: [.xRobotsTag: "noindex, nofollow"]) }
        router.on(.receiptPage, .get) { request, _ in
            try serve("/receipt.html", request, headers: [.xRobotsTag: "noindex, nofollow"])
        }
        router.on(.specification, .get) { request, _ in try serve(Endpoint.specification.pattern, request) }
        router.on(.asset, .get) { request, _ in try serve(request.uri.path, request) }
    }

    /// What may be done with a path, files of the site included; nil where there is nothing.
    func endpoint(at path: String) -> Endpoint? { Endpoint.matching(path) ?? (files[path] == nil ? nil : .asset) }

    private func serve(_ path: String, _ request: Request, headers: HTTPFields = [:]) throws -> Response {
        guard let file = files[path] else { throw HTTPError(.notFound) }
        var headers = headers
        headers[.eTag] = file.tag
        headers[.cacheControl] = "no-cache"
        if request.headers[.ifNoneMatch] == file.tag { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = file.mediaType
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.octets))
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

/// One file, in memory.
private struct SiteFile: Sendable {
    let octets: ByteBuffer
    let mediaType: String
    /// A strong validator: a hash of the octets.
    let tag: String

    init(_ path: FilePath) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path.string))
        octets = ByteBuffer(bytes: data)
        mediaType = Self.mediaType(of: path.string) ?? MediaType.envelope
        tag = "\"\(Base64URL.encode(genericHash(Array(data), count: 16)))\""
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
