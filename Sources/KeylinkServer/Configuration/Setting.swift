/// One setting: a flag, an environment variable and a member of the JSON file, all from one name.
struct Setting {
    /// The member of the JSON file, such as `maxEnvelopeBytes`.
    let member: String
    /// What stands for the value in the help.
    let placeholder: String
    let standard: String?
    let help: String
    /// Several values, separated by commas; the flag may then be given several times.
    var isList = false

    /// `--max-envelope-bytes`
    var flag: String { "--" + words.joined(separator: "-") }
    /// `KEYLINK_MAX_ENVELOPE_BYTES`
    var variable: String { "KEYLINK_" + words.joined(separator: "_").uppercased() }

    private var words: [String] {
        var words = [""]
        for letter in member {
            if letter.isUppercase { words.append("") }
            words[words.count - 1] += letter.lowercased()
        }
        return words
    }

    /// All of them. Each does something: a setting that is not here is a mistake and is refused.
    static let all: [Setting] = [
        host, port, data, store, web, extensionFile, maxEnvelopeBytes, maxStorageBytes, maxTTL, createRate, uploadBytesPerHour,
        uploadsAtOnce, trustedProxy, maxConnections, idleTimeout, corsOrigin, createTokenFile, operationsPort,
        operationsHost, tlsCertificate, tlsKey, shutdownGrace, logLevel, logFormat,
    ]

    static let host = Setting(member: "host", placeholder: "ADDRESS", standard: "127.0.0.1", help: "the address to listen on")
    static let port = Setting(
        member: "port", placeholder: "N", standard: "8080", help: "the port to listen on; 0 picks a free one")
    static let data = Setting(member: "data", placeholder: "DIR", standard: "./data", help: "the folder that holds everything")
    static let store = Setting(member: "store", placeholder: "KIND", standard: "sqlite", help: "where secrets wait: sqlite")
    static let web = Setting(
        member: "web", placeholder: "DIR", standard: nil, help: "the folder of the pages; otherwise found beside the program")
    static let extensionFile = Setting(
        member: "extension", placeholder: "FILE", standard: nil, help: "the packed Chrome extension to offer for download")
    static let maxEnvelopeBytes = Setting(
        member: "maxEnvelopeBytes", placeholder: "SIZE", standard: "1GiB", help: "the largest envelope, such as 500MB or 1GiB")
    static let maxStorageBytes = Setting(
        member: "maxStorageBytes", placeholder: "SIZE", standard: nil,
        help: "the octets of all envelopes together, such as 50GiB; otherwise as many as the disk holds")
    static let maxTTL = Setting(
        member: "maxTtl", placeholder: "TIME", standard: "30d", help: "the longest a secret may wait, such as 12h or 7d")
    static let createRate = Setting(
        member: "createRate", placeholder: "N", standard: "120",
        help: "secrets an address may create a minute; 0 is any number, as for the next two")
    static let uploadBytesPerHour = Setting(
        member: "uploadBytesPerHour", placeholder: "SIZE", standard: "10GiB",
        help: "how much an address may upload an hour; at least the largest envelope")
    static let uploadsAtOnce = Setting(
        member: "uploadsAtOnce", placeholder: "N", standard: "32", help: "uploads an address may have under way at once")
    static let trustedProxy = Setting(
        member: "trustedProxy", placeholder: "CIDR", standard: nil,
        help: "proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8 or ::1, separated by commas", isList: true)
    static let maxConnections = Setting(
        member: "maxConnections", placeholder: "N", standard: nil,
        help: "connections at once; others wait; 10000 unless set, or as many as open files allow")
    static let idleTimeout = Setting(
        member: "idleTimeout", placeholder: "TIME", standard: "75s",
        help: "how long a connection may be open without a request; longer than a proxy in front keeps it")
    static let corsOrigin = Setting(
        member: "corsOrigin", placeholder: "ORIGIN", standard: "*",
        help: "the web origins that may call the API, separated by commas; * is any", isList: true)
    static let createTokenFile = Setting(
        member: "createTokenFile", placeholder: "FILE", standard: nil,
        help: "tokens, one a line, one of which creating a secret then needs; read again when it changes")
    static let operationsPort = Setting(
        member: "operationsPort", placeholder: "N", standard: nil,
        help: "a second port, for /healthz, /readyz and /metrics; none unless set")
    static let operationsHost = Setting(
        member: "operationsHost", placeholder: "ADDRESS", standard: "127.0.0.1", help: "the address of that second port")
    static let tlsCertificate = Setting(
        member: "tlsCertificate", placeholder: "FILE", standard: nil,
        help: "serve HTTPS with this certificate and its chain, in PEM; read again on SIGHUP")
    static let tlsKey = Setting(
        member: "tlsKey", placeholder: "FILE", standard: nil, help: "the certificate's private key, in PEM, not encrypted")
    static let shutdownGrace = Setting(
        member: "shutdownGrace", placeholder: "TIME", standard: "30s",
        help: "how long what runs may go on after SIGTERM, such as 30s or 5m")
    static let logLevel = Setting(
        member: "logLevel", placeholder: "LEVEL", standard: "info", help: "trace, debug, info, notice, warning, error or critical"
    )
    static let logFormat = Setting(member: "logFormat", placeholder: "FORMAT", standard: "text", help: "text or json")
}
