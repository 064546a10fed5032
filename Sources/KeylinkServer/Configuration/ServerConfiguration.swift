public import Logging
public import NIOCore
public import SystemPackage

import Foundation

/// Everything a server is told when it starts.
public struct ServerConfiguration: Sendable {
    public var host: String
    public var port: Int
    public var data: FilePath
    /// The folder of the pages; nil serves the API alone.
    public var web: FilePath?
    /// The OpenAPI document.
    public var specification: FilePath?
    /// The packed extension.
    public var extensionFile: FilePath?
    /// Octets.
    public var maxEnvelopeBytes: Int64
    /// Octets of all envelopes together; nil is as many as the disk holds.
    public var maxStorageBytes: Int64?
    /// Seconds.
    public var maxTTL: Int64
    /// Creations a minute and address; 0 is any number, as for the next two.
    public var createRate: Int64
    /// Octets an hour and address.
    public var uploadBytesPerHour: Int64
    /// Uploads at once and address.
    public var uploadsAtOnce: Int
    public var trustedProxies: TrustedProxies
    /// Connections at once; nil is a sensible number that open files allow.
    public var maxConnections: Int?
    /// How long a connection may be open without a request.
    public var idleTimeout: TimeAmount
    public var corsOrigins: CORSOrigins
    public var createTokens: CreateTokens?
    /// Where they are read from again when it changes.
    var createTokenFile: CreateTokenFile?
    /// For probes and Prometheus; nil serves them nowhere.
    public var operationsPort: Int?
    /// Its own, so that a public server does not show its numbers to everybody.
    public var operationsHost: String
    /// What TLS is served with; nil serves HTTP without it.
    public var tls: CertificateFiles?
    /// Seconds that what runs may go on once the server has been told to end.
    public var shutdownGrace: Int64
    /// How long the head of a request may take to come, and a body may go on coming after it was refused. Half of how long a
    /// sender that keeps up with the least rate may then send nothing, and a tenth of how long such a reader may take nothing.
    public var patience: TimeAmount
    public var logLevel: Logger.Level
    public var logFormat: LogFormat

    /// The standard settings with this data folder, on a free port, and without limits on addresses: what tests start from.
    public init(data: FilePath) {
        host = "127.0.0.1"
        port = 0
        self.data = data
        maxEnvelopeBytes = 1 << 30
        maxTTL = 30 * 86_400
        createRate = 0
        uploadBytesPerHour = 0
        uploadsAtOnce = 0
        trustedProxies = .none
        idleTimeout = .seconds(75)
        corsOrigins = .any
        operationsHost = "127.0.0.1"
        shutdownGrace = 30
        patience = .seconds(30)
        logLevel = .info
        logFormat = .text
    }

    /// Reads flags, environment and the JSON file.
    ///
    /// - Throws: ``ConfigurationError``
    public init(arguments: [String], environment: [String: String], program: String) async throws {
        let settings = try await SettingsReader(arguments: arguments, environment: environment)
        self.init(data: try settings.required(Setting.data) { FilePath($0) })
        host = try settings.required(Setting.host) { $0 }
        port = try settings.required(Setting.port, Self.port)
        _ = try settings.required(Setting.store) { $0 == "sqlite" ? $0 : nil }
        maxEnvelopeBytes = try settings.required(Setting.maxEnvelopeBytes) { Amount.bytes($0).flatMap { $0 >= 97 ? $0 : nil } }
        maxStorageBytes = try settings.value(Setting.maxStorageBytes) { Amount.bytes($0).flatMap { $0 >= 97 ? $0 : nil } }
        maxTTL = try settings.required(Setting.maxTTL) { Amount.seconds($0).flatMap { $0 >= 60 ? $0 : nil } }
        guard maxTTL <= Self.longestTTL else { throw ConfigurationError("\(Setting.maxTTL.flag): at most 100 years (36525d)") }
        try readLimits(settings)
        corsOrigins = try settings.required(Setting.corsOrigin, CORSOrigins.init)
        createTokenFile = settings.text(Setting.createTokenFile).map(CreateTokenFile.init(path:))
        createTokens = try createTokenFile.map { CreateTokens(hashes: try $0.hashes()) }
        operationsPort = try settings.value(Setting.operationsPort, Self.port)
        operationsHost = try settings.required(Setting.operationsHost) { $0 }
        tls = try Self.certificate(settings)
        shutdownGrace = try settings.required(Setting.shutdownGrace) { Amount.seconds($0).flatMap { $0 <= 86_400 ? $0 : nil } }
        logLevel = try settings.required(Setting.logLevel, Logger.Level.init(rawValue:))
        logFormat = try settings.required(Setting.logFormat, LogFormat.init(rawValue:))

        let places = Places(program: program)
        web = try settings.value(Setting.web) { Places.folder(FilePath($0)) } ?? places.web
        extensionFile = try settings.value(Setting.extensionFile) { Places.file(FilePath($0)) } ?? places.extensionFile
        specification = places.specification
    }

    private mutating func readLimits(_ settings: SettingsReader) throws {
        createRate = Int64(try settings.required(Setting.createRate, Self.number))
        uploadBytesPerHour = try settings.required(Setting.uploadBytesPerHour, Amount.bytes)
        guard uploadBytesPerHour == 0 || uploadBytesPerHour >= maxEnvelopeBytes else {
            throw ConfigurationError(
                "\(Setting.uploadBytesPerHour.flag): at least \(Setting.maxEnvelopeBytes.flag), or the largest could never come")
        }
        uploadsAtOnce = try settings.required(Setting.uploadsAtOnce, Self.number)
        trustedProxies = try settings.value(Setting.trustedProxy, TrustedProxies.init) ?? .none
        maxConnections = try settings.value(Setting.maxConnections) { Self.number($0).flatMap { $0 > 0 ? $0 : nil } }
        idleTimeout = try settings.required(Setting.idleTimeout) { text in
            Amount.seconds(text).flatMap { (1...86_400).contains($0) ? .seconds($0) : nil }
        }
    }

    /// A hundred years in seconds. Beyond lies nobody's secret, and in the end no calendar.
    private static let longestTTL: Int64 = 36_525 * 86_400

    /// What `--help` prints.
    public static var help: String {
        let lines = Setting.all.map { setting in
            let left = "  \(setting.flag) \(setting.placeholder)".padding(toLength: 32, withPad: " ", startingAt: 0)
            return left + setting.help + (setting.standard.map { " (\($0))" } ?? "")
        }
        return """
            keylink-server: keeps sealed secrets until their links are opened

            usage: keylink-server [SETTING VALUE]…

            \(lines.joined(separator: "\n"))
              --config FILE                 settings as JSON, such as {"maxTtl": "7d", "port": 8080}
              --help                        this

            Each setting is an environment variable too: --max-ttl is KEYLINK_MAX_TTL. A flag goes before the environment,
            the environment before the file.
            """
    }

    /// Up to a billion.
    private static func number(_ text: String) -> Int? {
        guard (1...10).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text).flatMap { $0 <= 1_000_000_000 ? $0 : nil }
    }

    private static func certificate(_ settings: SettingsReader) throws -> CertificateFiles? {
        switch (settings.text(Setting.tlsCertificate), settings.text(Setting.tlsKey)) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return CertificateFiles(certificate: FilePath(certificate), key: FilePath(key))
        case (nil, _): throw ConfigurationError("\(Setting.tlsKey.flag) needs \(Setting.tlsCertificate.flag) beside it")
        case (_, nil): throw ConfigurationError("\(Setting.tlsCertificate.flag) needs \(Setting.tlsKey.flag) beside it")
        }
    }

    private static func port(_ text: String) -> Int? { UInt16(text).map(Int.init) }
}

/// The form of the lines on standard error.
public enum LogFormat: String, Sendable {
    case text, json
}

/// Where pages, specification and extension are when nobody says: as `make install` puts them, or in the source tree.
private struct Places {
    let web: FilePath?
    let specification: FilePath?
    let extensionFile: FilePath?

    init(program: String) {
        let executable = URL(fileURLWithPath: program).resolvingSymlinksInPath().path
        let installed = FilePath(executable).removingLastComponent().removingLastComponent().appending("share/keylink")
        let here = FilePath(".")
        web =
            Self.folder(installed.appending("site")) ?? Self.folder(here.appending("dist/site"))
            ?? Self.folder(here.appending("WebUI"))
        specification = Self.file(installed.appending("openapi.yaml")) ?? Self.file(here.appending("Spec/openapi.yaml"))
        extensionFile =
            Self.file(installed.appending("keylink-extension.zip")) ?? Self.file(here.appending("dist/keylink-extension.zip"))
    }

    static func folder(_ path: FilePath) -> FilePath? { exists(path, isFolder: true) }
    static func file(_ path: FilePath) -> FilePath? { exists(path, isFolder: false) }

    private static func exists(_ path: FilePath, isFolder: Bool) -> FilePath? {
        var found: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path.string, isDirectory: &found)
        return exists && found.boolValue == isFolder ? path : nil
    }
}
