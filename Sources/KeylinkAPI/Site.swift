/// What `site.json` says of the pages and their files: written by Scripts/build-site, served from, and compared with.
public struct SiteIndex: Codable, Hashable, Sendable {
    /// One file.
    public struct File: Codable, Hashable, Sendable {
        /// `sha256-` and base64, as Subresource Integrity writes it.
        public var integrity: String
        /// Octets.
        public var size: Int
        /// Its media type, as a `Content-Type` says it.
        public var type: String
        /// Its name holds its hash: under that name there will never be anything else.
        public var immutable: Bool
        /// By `Content-Encoding`, the integrity of each compressed form. None is larger than the file.
        public var compressed: [String: String]
        /// Whether pages start it as a worker.
        public var worker: Bool?

        public init(integrity: String, size: Int, type: String, immutable: Bool, compressed: [String: String] = [:]) {
            self.integrity = integrity
            self.size = size
            self.type = type
            self.immutable = immutable
            self.compressed = compressed
        }
    }

    public var version: String
    /// By language tag, the path of each catalogue of messages.
    public var catalogues: [String: String]
    /// By the path that each is served at, relative to the server's base.
    public var files: [String: File]
    /// What a server may offer besides; said only in the copy that a command is built with.
    public var downloads: [String: File]?

    public init(version: String, catalogues: [String: String], files: [String: File]) {
        self.version = version
        self.catalogues = catalogues
        self.files = files
    }

    /// Its own path.
    public static let path = "site.json"
    /// What is served at the base itself, for a link and for a receipt link.
    public static let (indexPage, openPage, receiptPage) = ("index.html", "open.html", "receipt.html")
    /// What people see where nothing is.
    public static let missingPage = "missing.html"

    /// The missing page for where it is asked for: it lies anywhere, and its addresses are written for one level below the base.
    ///
    /// - Parameter root: what leads to the base from there.
    public static func missingPage(_ octets: [UInt8], root: String) -> [UInt8] {
        Array(String(decoding: octets, as: UTF8.self).replacing("=\"../", with: "=\"" + root).utf8)
    }

    /// What leads to the base from a path, such as `../` from `/s/ID`; nil for what lies deeper than anybody mistypes.
    public static func root(from path: String) -> String? {
        switch path.utf8.count(where: { $0 == UInt8(ascii: "/") }) - 1 {
        case 0: "./"
        case let depth where (1...8).contains(depth): String(repeating: "../", count: depth)
        default: nil
        }
    }

    /// The `Link` with which a page comes, for the catalogue that its reader needs.
    public static func preload(_ address: String) -> String {
        "<\(address)>; rel=\"preload\"; as=\"fetch\"; type=\"\(MediaType.json)\"; crossorigin"
    }
}

/// What pages and their files come with, and whoever checks a server insists on.
public enum PageHeaders {
    /// Nothing but our own files, no inline script or style, no frame around us, no form that posts anywhere; no text becomes
    /// a script but addresses that keylink/trusted.js vouches for. Framed is only what our service worker hands to downloads.
    public static let policy = [
        "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self' blob: data:",
        "connect-src 'self'", "worker-src 'self'", "frame-src 'self'", "form-action 'none'", "frame-ancestors 'none'",
        "base-uri 'none'", "require-trusted-types-for 'script'", "trusted-types keylink",
    ].joined(separator: "; ")

    /// Of files that are no documents: what a worker, which is one of them, may do. Short, because a page has many.
    private static let filePolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"

    /// By media type; pages are everything that a browser may show by itself.
    public static func of(_ type: String?) -> [(name: String, value: String)] {
        let isFile = type.map { type in fileTypes.contains { type.hasPrefix($0) } } ?? false
        return isFile ? files : pages
    }

    /// How long a copy may be taken for the file: for ever where the name holds the hash, else only once the server has been asked.
    public static func caching(immutable: Bool) -> String {
        immutable ? "public, max-age=31536000, immutable" : "no-cache"
    }

    private static let fileTypes = ["text/javascript", "text/css", "application/wasm", "application/json"]

    private static let pages: [(name: String, value: String)] =
        [
            ("Content-Security-Policy", policy),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ] + everywhere

    private static let files: [(name: String, value: String)] = [("Content-Security-Policy", filePolicy)] + everywhere

    private static let everywhere: [(name: String, value: String)] = [
        ("Cross-Origin-Embedder-Policy", "require-corp"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
    ]
}
