internal import Foundation
internal import KeylinkClient

/// What a browser asks for a file for: a server sees which it is, and could answer each otherwise. A module is a script that a
/// page names before another one imports it.
enum Purpose: CaseIterable {
    case page, download, style, script, module, image, preload, fetch, worker, importedByWorker, serviceWorker
}

/// A browser as servers see it: which fields it sends, in which order, with which values.
///
/// Chromium's and Firefox's are what those browsers send (Tests/Browser/test_verify_browsers.py compares), Safari's what is known
/// of it. What they do to the connection itself, in TLS and HTTP/2, is beyond this.
struct Browser: Hashable, Sendable {
    enum Engine { case chromium, firefox, safari }

    let name: String
    let engine: Engine
    /// What stands in the first brackets of its name for itself.
    let system: String

    static let all = [
        Browser(name: "Chrome", engine: .chromium, system: "Windows NT 10.0; Win64; x64"),
        Browser(name: "Chrome for Android", engine: .chromium, system: "Linux; Android 10; K"),
        Browser(name: "Firefox", engine: .firefox, system: "Windows NT 10.0; Win64; x64; rv:\(firefoxVersion)"),
        Browser(name: "Safari", engine: .safari, system: "Macintosh; Intel Mac OS X 10_15_7"),
        Browser(name: "Safari for iPhone", engine: .safari, system: "iPhone; CPU iPhone OS 18_7 like Mac OS X"),
    ]

    // As they are at the time of this version. Old ones are common, so that a command which has aged is one of many.
    private static let (chromeVersion, firefoxVersion, safariVersion) = (156, "153.0", "26.6")

    var isMobile: Bool { system.contains("Android") || system.contains("iPhone") }

    private var agent: String {
        switch engine {
        case .chromium:
            "Mozilla/5.0 (\(system)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/\(Self.chromeVersion).0.0.0"
                + (isMobile ? " Mobile" : "") + " Safari/537.36"
        case .firefox: "Mozilla/5.0 (\(system)) Gecko/20100101 Firefox/\(Self.firefoxVersion)"
        case .safari:
            "Mozilla/5.0 (\(system)) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/\(Self.safariVersion)"
                + (isMobile ? " Mobile/15E148 Safari/604.1" : " Safari/605.1.15")
        }
    }

    /// The fields of a request, in this browser's order.
    ///
    /// - Parameters:
    ///   - languages: what its owner reads, as ``languages(of:)`` has it.
    ///   - encodings: what it takes, where that is not what it takes everywhere.
    ///   - tag: of what it has already, so that it asks whether that is still so.
    func fields(
        for purpose: Purpose, of server: ServerAddress, languages: [String], encodings: String? = nil, tag: String? = nil
    ) -> [(name: String, value: String)] {
        order(purpose).split(separator: " ").compactMap { field in
            let name = String(field)
            // To hosts that nobody vouches for they say less.
            if !server.isTrustworthy, name.lowercased().hasPrefix("sec-") { return nil }
            let value =
                switch name {
                case "Host": server.authority
                case "Origin": originIsSent(purpose) ? server.origin : nil
                case "User-Agent": agent
                case "Accept": accepted(purpose)
                case "Accept-Encoding": encodings ?? (server.isTrustworthy ? "gzip, deflate, br, zstd" : "gzip, deflate")
                case "Accept-Language": weighted(languages)
                case "If-None-Match": tag
                case "Priority": priority(purpose)
                case "priority": server.isSecure ? priority(purpose) : nil
                default: Self.hints[name] ?? fixed(name, purpose)
                }
            return value.map { (name, $0) }
        }
    }

    /// What a reader of that language usually has set, the dearest first.
    func languages(of tag: String) -> [String] {
        let full = Locale.Language(identifier: Locale.Language(identifier: tag).maximalIdentifier)
        let code = full.languageCode?.identifier ?? tag
        let local = full.region.map { "\(code)-\($0.identifier)" } ?? code
        switch engine {
        case .chromium: return code == "en" ? [local, code] : [local, code, "en-US", "en"]
        case .firefox: return code == "en" ? [local, code] : [code == "zh" || tag.contains("-") ? local : code, "en-US", "en"]
        case .safari: return [local, code]
        }
    }

    private func weighted(_ languages: [String]) -> String {
        languages.enumerated().map { $0 == 0 ? $1 : "\($1);q=0.\(10 - $0)" }.joined(separator: ",")
    }
}

/// The fields one by one.
extension Browser {
    private func order(_ purpose: Purpose) -> String {
        let fetched = "Sec-Fetch-Site Sec-Fetch-Mode"
        let ending = "Accept-Encoding Accept-Language If-None-Match priority"
        switch (engine, purpose) {
        case (.chromium, .page):
            return "Host Connection sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform Upgrade-Insecure-Requests User-Agent Accept "
                + "\(fetched) Sec-Fetch-User Sec-Fetch-Dest \(ending)"
        case (.chromium, .download): return "Host Connection \(fetched) Sec-Fetch-Dest User-Agent \(ending)"
        case (.chromium, .worker), (.chromium, .serviceWorker):
            return "Host Connection Cache-Control Accept Service-Worker \(fetched) Sec-Fetch-Dest User-Agent \(ending)"
        case (.chromium, .importedByWorker):
            return "Host Connection User-Agent Origin Accept \(fetched) Sec-Fetch-Dest \(ending)"
        case (.chromium, _):
            return "Host Connection Origin sec-ch-ua-platform User-Agent sec-ch-ua sec-ch-ua-mobile Accept "
                + "\(fetched) Sec-Fetch-Dest \(ending)"
        case (.firefox, _):
            return "Host User-Agent Accept Accept-Language Accept-Encoding Service-Worker Connection Upgrade-Insecure-Requests "
                + "Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User If-None-Match Priority Pragma Cache-Control"
        case (.safari, _):
            return
                "Host Origin Sec-Fetch-Dest User-Agent Accept Service-Worker \(fetched) Accept-Language If-None-Match Priority "
                + "Accept-Encoding Connection"
        }
    }

    private func fixed(_ name: String, _ purpose: Purpose) -> String? {
        let opens = purpose == .page || purpose == .download
        switch name {
        case "Connection": return "keep-alive"
        case "Upgrade-Insecure-Requests": return opens ? "1" : nil
        case "Service-Worker": return purpose == .serviceWorker ? "script" : nil
        case "Pragma", "Cache-Control":
            guard purpose == .serviceWorker else { return nil }
            return engine == .firefox ? "no-cache" : "max-age=0"
        case "Sec-Fetch-User": return purpose == .page ? "?1" : nil
        case "Sec-Fetch-Site": return purpose == .page ? "none" : "same-origin"
        case "Sec-Fetch-Mode":
            switch purpose {
            case .page, .download: return "navigate"
            case .style, .image: return "no-cors"
            case .worker, .serviceWorker: return "same-origin"
            case .script, .module, .preload, .fetch, .importedByWorker: return "cors"
            }
        case "Sec-Fetch-Dest":
            switch purpose {
            case .page: return "document"
            case .download: return engine == .chromium ? "empty" : "document"
            case .style: return "style"
            case .script, .module: return "script"
            case .image: return "image"
            case .preload, .fetch: return "empty"
            case .worker, .importedByWorker: return "worker"
            case .serviceWorker: return "serviceworker"
            }
        case "sec-ch-ua-mobile": return isMobile ? "?1" : "?0"
        case "sec-ch-ua-platform": return isMobile ? "\"Android\"" : "\"Windows\""
        default: return nil
        }
    }

    private func originIsSent(_ purpose: Purpose) -> Bool {
        [.script, .module, .preload, .importedByWorker].contains(purpose)
    }

    private func accepted(_ purpose: Purpose) -> String {
        switch (purpose, engine) {
        case (.page, .chromium):
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/jxl,image/avif,image/webp,image/apng,*/*;q=0.8,"
                + "application/signed-exchange;v=b3;q=0.7"
        case (.page, _), (.download, _): "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        case (.style, _): "text/css,*/*;q=0.1"
        case (.image, .chromium): "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
        case (.image, .firefox): "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
        case (.image, .safari):
            "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,"
                + "image/*;q=0.8,*/*;q=0.5"
        default: "*/*"
        }
    }

    private func priority(_ purpose: Purpose) -> String? {
        switch (engine, purpose) {
        case (_, .page), (_, .download): "u=0, i"
        case (.chromium, .style): "u=0"
        case (.chromium, .script), (_, .module): "u=1"
        case (.chromium, .image), (.chromium, .preload), (.chromium, .fetch): "u=1, i"
        case (.chromium, _): "u=4, i"
        case (.firefox, .style): "u=2"
        case (.firefox, .image): "u=6"
        case (.firefox, .preload), (.firefox, .script): nil
        case (.firefox, _): "u=4"
        case (.safari, .style), (.safari, .script): "u=1"
        case (.safari, .image): "u=5, i"
        case (.safari, _): "u=3, i"
        }
    }

    /// Which of its brands stands where, and what it calls the one that is made up, goes by the version in Chromium.
    private static let hints: [String: String] = {
        let marks = Array(" (:-./);=?_").map(String.init)
        let version = chromeVersion
        let made = "\"Not\(marks[version % 11])A\(marks[(version + 1) % 11])Brand\";v=\"\(["8", "99", "24"][version % 3])\""
        let brands = [made, "\"Chromium\";v=\"\(version)\"", "\"Google Chrome\";v=\"\(version)\""]
        let places = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]][version % 6]
        let placed = zip(places, brands).sorted { $0.0 < $1.0 }.map(\.1)
        return ["sec-ch-ua": placed.joined(separator: ", ")]
    }()
}
