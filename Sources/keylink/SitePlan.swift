internal import Foundation
internal import KeylinkAPI
internal import Sodium

/// One file, as one browser asks for it.
struct SiteAsk: Sendable {
    /// Relative to the server's address.
    let path: String
    /// As it is told: an ID that was made up for one request is nobody's business.
    let shown: String
    let file: SiteIndex.File
    let browser: Browser
    let purpose: Purpose
    /// Of one of the catalogues.
    let language: String
    /// Nil for what the browser takes everywhere.
    var encodings: String?
    var status = 200
    /// Whether a server may do without it.
    var isOptional = false
    /// Asked for a second time, with the tag of the first answer.
    var isRepeated = false
    /// What leads to the base, as the catalogue is named in a page's `Link`.
    var root = ""
}

/// Everything that is asked for, so that a server which answers one of it otherwise is found out: what browsers ask for first
/// comes first, since what only a check asks for gives it away. Within that the order is anybody's guess.
struct SitePlan {
    let index: SiteIndex
    /// The page of a link that exists, such as `s/ID`: a server knows which do.
    let linkPage: String?

    /// Each page at its addresses, as every browser and for a reader of every language.
    func pages() throws -> [SiteAsk] {
        let kinds = [("", SiteIndex.indexPage), ("s/", SiteIndex.openPage), ("r/", SiteIndex.receiptPage)]
        return try kinds.flatMap { folder, name in
            guard let file = index.files[name] else { throw Failure(.failed, "this command has no page \(name)") }
            let every = Browser.all.flatMap { browser in
                // Two IDs for each, and the one that exists.
                (folder.isEmpty
                    ? [""] : [newPath(folder), newPath(folder)] + [linkPage].compactMap { $0 }.filter { $0.hasPrefix(folder) })
                    .map { page($0, below: folder, file, browser, anyLanguage(), isRepeated: true) }
            }
            return every + tags.map { page(folder.isEmpty ? "" : newPath(folder), below: folder, file, anyBrowser(), $0) }
        }.shuffled()
    }

    /// Every file in every way that browsers ask for such.
    func files() -> [SiteAsk] {
        index.files.flatMap { path, file in
            purposes(file).flatMap { purpose, browsers in browsers.map { ask(path, file, $0, purpose) } }
        }.shuffled()
    }

    /// In forms that few browsers ask for, and what a server may offer besides.
    func rest() -> [SiteAsk] {
        let forms = index.files.flatMap { path, file in
            ["gzip, deflate", "identity"].map { encodings in
                var ask = ask(path, file, anyBrowser(), purposes(file).first?.purpose ?? .fetch)
                ask.encodings = encodings
                return ask
            }
        }
        let downloads = (index.downloads ?? [:]).flatMap { path, file in
            Browser.all.flatMap { browser in
                [Purpose.page, .download].map { purpose in
                    var ask = ask(path, file, browser, purpose)
                    ask.isOptional = true
                    return ask
                }
            }
        }
        return (forms + downloads).shuffled()
    }

    /// Addresses where nothing is, given the page that says so.
    ///
    /// The server writes it for each depth and so does not pack it; a proxy may, in the form that can be taken apart here.
    func missing(_ page: [UInt8]) -> [SiteAsk] {
        ["", "s/cut/"].flatMap { folder in
            Browser.all.map { browser in
                let path = newPath(folder)
                let root = SiteIndex.root(from: "/" + path) ?? ""
                let octets = SiteIndex.missingPage(page, root: root)
                let file = SiteIndex.File(
                    integrity: integrity(octets), size: octets.count, type: "text/html; charset=utf-8", immutable: false)
                return SiteAsk(
                    path: path, shown: folder + "…", file: file, browser: browser, purpose: .page, language: anyLanguage(),
                    encodings: "gzip, deflate", status: 404, root: root)
            }
        }.shuffled()
    }

    func anyBrowser() -> Browser { Browser.all.randomElement() ?? Browser.all[0] }

    private var tags: [String] { index.catalogues.keys.sorted() }
    private func anyLanguage() -> String { tags.randomElement() ?? "en" }

    /// Of an ID that was never given.
    private func newPath(_ folder: String) -> String { folder + Base64URL.encode(Random.bytes(16)) }

    private func page(
        _ path: String, below folder: String, _ file: SiteIndex.File, _ browser: Browser, _ language: String,
        isRepeated: Bool = false
    ) -> SiteAsk {
        SiteAsk(
            path: path, shown: folder.isEmpty ? "" : path == linkPage ? path : folder + "…", file: file, browser: browser,
            purpose: .page,
            language: language, isRepeated: isRepeated, root: folder.isEmpty ? "" : "../")
    }

    private func ask(_ path: String, _ file: SiteIndex.File, _ browser: Browser, _ purpose: Purpose) -> SiteAsk {
        SiteAsk(path: path, shown: path, file: file, browser: browser, purpose: purpose, language: anyLanguage())
    }

    /// The first is the one that the pages have; the rarer ones are asked for by one browser.
    private func purposes(_ file: SiteIndex.File) -> [(purpose: Purpose, browsers: [Browser])] {
        switch file.type.prefix(while: { $0 != ";" }) {
        case "text/html": [(.page, Browser.all)]
        case "text/css": [(.style, Browser.all)]
        case "text/javascript" where file.worker == true:
            [(.worker, Browser.all), (.serviceWorker, Browser.all), (.script, [anyBrowser()])]
        case "text/javascript":
            // Firefox alone asks otherwise for a script that it comes to later.
            [
                (.module, Browser.all), (.script, Browser.all.filter { $0.engine == .firefox }),
                (.importedByWorker, [anyBrowser()]),
            ]
        case let type where type.hasPrefix("image/"): [(.image, Browser.all)]
        default: [(.preload, Browser.all), (.fetch, [anyBrowser()])]
        }
    }
}

/// As HTML's attribute of that name has it.
func integrity(_ octets: [UInt8]) -> String {
    "sha256-" + Data(sha256(octets)).base64EncodedString()
}
