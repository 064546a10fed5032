import Foundation
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

    /// What a person gets at an address where nothing is: a slash too many after an ID leads to the page without it, and all else
    /// is a page that says what to do. Nil for programs, which do not ask for pages first.
    func answerForPeople(_ request: Request) -> Response? {
        guard request.method == .get || request.method == .head else { return nil }
        let path = request.uri.path
        if files["/" + SiteIndex.openPage] != nil, let id = Self.idBeforeSlash(path) {
            // Relative, so that it cannot lead to another host; browsers keep what stands after the #.
            return Response(status: .permanentRedirect, headers: [.location: "../" + id.text])
        }
        let isForPeople = request.headers[.accept].map { QualityList($0).names.first == "text/html" } ?? false
        guard isForPeople, !request.isForAPI, let page = files["/" + SiteIndex.missingPage],
            let root = SiteIndex.root(from: path)
        else { return nil }
        var headers: HTTPFields = [.contentType: page.mediaType, .vary: "Accept, Accept-Language"]
        headers[.link] = preload(request, root: root)
        let octets = SiteIndex.missingPage(page.octets, root: root)
        return Response(status: .notFound, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: octets)))
    }

    /// Of `/s/ID/` and `/r/ID/`.
    private static func idBeforeSlash(_ path: String) -> SecretID? {
        let page = String(path.dropLast())
        guard path.hasSuffix("/"), [Endpoint.openPage, .receiptPage].contains(where: { $0.matches(page) }) else { return nil }
        return SecretID(String(page.dropFirst("/s/".count)))
    }

    private static let unlisted: HTTPFields = [.xRobotsTag: "noindex, nofollow"]

    /// - Parameter below: more headers, of a page that is served one level below the base.
    private func serve(_ path: String, _ request: Request, below: HTTPFields? = nil) throws -> Response {
        guard let file = files[path] else { throw HTTPError(.notFound) }
        let form = file.form(accepting: request.headers[.acceptEncoding])
        var headers = below ?? [:]
        headers[.vary] = "Accept-Encoding"
        headers[.contentEncoding] = form.encoding
        if file.isPage, let link = preload(request, root: below == nil ? "" : "../") {
            headers[.link] = link
            headers[.vary] = "Accept-Encoding, Accept-Language"
        }
        headers[.cacheControl] = PageHeaders.caching(immutable: file.isImmutable)
        if !file.isImmutable {
            headers[.eTag] = form.tag
            if form.isKnown(request.headers[.ifNoneMatch]) { return Response(status: .notModified, headers: headers) }
        }
        headers[.contentType] = file.mediaType
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: form.octets))
    }

    /// Which catalogue it is no page can name beforehand: its script would ask for it a round later.
    ///
    /// - Parameter root: what leads to the base from where the page lies.
    private func preload(_ request: Request, root: String) -> String? {
        catalogues.path(accepting: request.headers[.acceptLanguage]).map { SiteIndex.preload(root + $0) }
    }
}

/// Which catalogue a page is going to ask for, by the rule that it has itself (WebUI/pages/languages.js): the first language
/// wanted that is offered in its script, regions aside, or English.
///
/// Where the two should ever disagree, a catalogue comes that nobody needs, and the right one a little later.
struct Catalogues: Sendable {
    /// By language and script.
    private let paths: [String: String]
    private let standard: String?

    init(_ paths: [String: String]) {
        self.paths = Dictionary(paths.map { (Self.form($0), $1) }) { first, _ in first }
        standard = paths["en"]
    }

    /// Nil for a client that does not say what it reads: none of those shows pages.
    func path(accepting languages: String?) -> String? {
        guard let languages, !paths.isEmpty else { return nil }
        return QualityList(languages).names.prefix(Self.most).lazy.compactMap { paths[Self.form($0)] }.first ?? standard
    }

    /// Browsers send a dozen at most.
    private static let most = 16

    /// Such as `zh-Hant` for `zh-TW`.
    private static func form(_ tag: String) -> String {
        guard tag.utf8.count <= 35 else { return "" }
        let full = Locale.Language(identifier: Locale.Language(identifier: tag).maximalIdentifier)
        let code = full.languageCode?.identifier ?? ""
        return "\(also[code] ?? code)-\(full.script?.identifier ?? "")"
    }

    /// Norwegian by its other names, and Cantonese, which is written as Chinese.
    private static let also = ["no": "nb", "nn": "nb", "yue": "zh"]
}
