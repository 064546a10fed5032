import HTTPTypes
import Hummingbird
import KeylinkAPI

/// The pages, their files, the specification and the extension: a fixed list, read once when the server starts.
///
/// A path is looked up in the list and never leads to the file system, so there is nothing to traverse.
struct SiteController: Sendable {
    private let files: [String: SiteFile]
    private let catalogues: Catalogues

    /// - Throws: ``ConfigurationError`` for a site that is not what its index says, and what reading a file throws.
    init(_ configuration: ServerConfiguration) throws {
        let folder = try configuration.web.map { try SiteFolder($0) }
        var files = folder?.files ?? [:]
        if let specification = configuration.specification {
            files[Endpoint.specification.pattern] = try SiteFile(specification)
        }
        if let extensionFile = configuration.extensionFile {
            files["/download/keylink-extension.zip"] = try SiteFile(extensionFile)
        }
        self.files = files
        catalogues = Catalogues(folder?.index?.catalogues ?? [:])
    }

    func addRoutes(to router: Router<KeylinkContext>) {
        router.on(.indexPage, .get) { request, _ in try serve("/" + SiteIndex.indexPage, request) }
        // The same page whether or not there is such a secret: a page asked for by a scanner tells it nothing.
        router.on(.openPage, .get) { request, _ in try serve("/" + SiteIndex.openPage, request, below: Self.unlisted) }
        router.on(.receiptPage, .get) { request, _ in try serve("/" + SiteIndex.receiptPage, request, below: Self.unlisted) }
        router.on(.specification, .get) { request, _ in try serve(Endpoint.specification.pattern, request) }
        router.on(.asset, .get) { request, _ in try serve(request.uri.path, request) }
    }

    /// What may be done with a path, files of the site included; nil where there is nothing.
    func endpoint(at path: String) -> Endpoint? { Endpoint.matching(path) ?? (files[path] == nil ? nil : .asset) }

    private static let unlisted: HTTPFields = [.xRobotsTag: "noindex, nofollow"]

    /// - Parameter below: more headers, of a page that is served one level below the base.
    private func serve(_ path: String, _ request: Request, below: HTTPFields? = nil) throws -> Response {
        guard let file = files[path] else { throw HTTPError(.notFound) }
        let form = file.form(accepting: request.headers[.acceptEncoding])
        var headers = below ?? [:]
        headers[.vary] = "Accept-Encoding"
        headers[.contentEncoding] = form.encoding
        if file.isPage, let catalogue = catalogues.path(accepting: request.headers[.acceptLanguage]) {
            // Which catalogue it is no page can name beforehand: its script would ask for it a round later.
            let address = (below == nil ? "" : "../") + catalogue
            headers[.link] = "<\(address)>; rel=\"preload\"; as=\"fetch\"; type=\"\(MediaType.json)\"; crossorigin"
            headers[.vary] = "Accept-Encoding, Accept-Language"
        }
        if file.isImmutable {
            headers[.cacheControl] = "public, max-age=31536000, immutable"
        } else {
            headers[.eTag] = form.tag
            headers[.cacheControl] = "no-cache"
            if form.isKnown(request.headers[.ifNoneMatch]) { return Response(status: .notModified, headers: headers) }
        }
        headers[.contentType] = file.mediaType
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: form.octets))
    }
}

/// Which catalogue a page is going to ask for.
struct Catalogues: Sendable {
    /// By language tag in small letters.
    private let paths: [String: String]

    init(_ paths: [String: String]) { self.paths = Dictionary(paths.map { ($0.lowercased(), $1) }) { first, _ in first } }

    /// Nil where it cannot be told: a catalogue too many is worse than one that comes a little later.
    func path(accepting languages: String?) -> String? {
        guard let languages else { return nil }
        for tag in QualityList(languages).names {
            var parts = tag.split(separator: "-")[...]
            while !parts.isEmpty {
                if let path = paths[parts.joined(separator: "-")] { return path }
                parts.removeLast()
            }
            // Chinese or Portuguese of another place than any catalogue's: which it gets is the page's to choose.
            let language = tag.prefix { $0 != "-" }
            if paths.keys.contains(where: { $0.prefix { $0 != "-" } == language }) { return nil }
        }
        return paths["en"]
    }
}
