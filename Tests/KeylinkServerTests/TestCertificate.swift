import AsyncHTTPClient
import Foundation
import KeylinkServer
import NIOCore
import NIOSSL
import SystemPackage
import Testing

/// A certificate for this machine that signs itself, and its key, made by openssl as operators make theirs.
struct TestCertificate: Sendable {
    let certificate: String
    let key: String

    var files: CertificateFiles { CertificateFiles(certificate: FilePath(certificate), key: FilePath(key)) }
    var flags: [String] { ["--tls-certificate", certificate, "--tls-key", key] }

    /// - Parameter validity: days from now; before 0 is over.
    init(in scratch: Scratch, days validity: Range<Int> = -1..<2) throws {
        let folder = scratch.path + "/" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        certificate = folder + "/certificate.pem"
        key = folder + "/key.pem"
        try Data().write(to: URL(fileURLWithPath: folder + "/index"))
        let settings = """
            [req]
            distinguished_name = name
            [name]
            [ca]
            default_ca = here
            [here]
            database = \(folder)/index
            new_certs_dir = \(folder)
            rand_serial = yes
            default_md = sha256
            policy = policy
            x509_extensions = extensions
            [policy]
            commonName = supplied
            [extensions]
            subjectAltName = IP:127.0.0.1
            """
        try settings.write(toFile: folder + "/settings", atomically: true, encoding: .utf8)
        try openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-config", folder + "/settings",
            "-subj", "/CN=keylink", "-keyout", key, "-out", folder + "/request.pem")
        try openssl(
            "ca", "-batch", "-selfsign", "-notext", "-config", folder + "/settings", "-keyfile", key, "-in",
            folder + "/request.pem",
            "-startdate", Self.date(validity.lowerBound), "-enddate", Self.date(validity.upperBound), "-out", certificate)
    }

    /// The same in other files.
    init(copying other: TestCertificate, in scratch: Scratch) throws {
        certificate = scratch.path + "/" + UUID().uuidString
        key = scratch.path + "/" + UUID().uuidString
        try other.replace(self)
    }

    /// Lends a client that trusts these and nothing else.
    static func client<Value>(
        trusting certificates: [TestCertificate], _ version: HTTPClient.Configuration.HTTPVersion = .automatic,
        _ body: (HTTPClient) async throws -> Value
    ) async throws -> Value {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try certificates.flatMap { try NIOSSLCertificate.fromPEMFile($0.certificate) })
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = version
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let value = try await body(client)
            try await client.shutdown()
            return value
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    /// Whether a server shows this one to a new connection.
    func isShown(on port: Int, _ version: TLSVersion? = nil) async throws -> Bool {
        try await !frames(from: port, version, upTo: { _ in true }).isEmpty
    }

    /// What a server says to a new connection that says nothing; nothing where the handshake fails.
    func frames(
        from port: Int, _ version: TLSVersion? = nil, upTo isEnough: @Sendable (RawHTTP2.Frame) -> Bool = { _ in false }
    ) async throws -> [RawHTTP2.Frame] {
        do {
            return try await RawHTTP2.connect(to: port, trusting: self, version) { (connection) async throws in
                try await connection.frames(upTo: isEnough)
            }
        } catch is NIOSSLError {
            return []
        } catch is ChannelError {
            return []
        }
    }

    /// Takes the place of another one, as a renewal does.
    func replace(_ other: TestCertificate) throws {
        for (mine, theirs) in [(certificate, other.certificate), (key, other.key)] {
            try Data(contentsOf: URL(fileURLWithPath: mine)).write(to: URL(fileURLWithPath: theirs), options: .atomic)
        }
    }

    private static func date(_ days: Int) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "yyyyMMddHHmmss'Z'"
        return formatter.string(from: Date(timeIntervalSinceNow: Double(days) * 86_400))
    }
}

/// Runs Debian's openssl to its end.
func openssl(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = errors
    try process.run()
    let said = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(String(decoding: said, as: UTF8.self))")
}
