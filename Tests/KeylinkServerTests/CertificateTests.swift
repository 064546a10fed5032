import Foundation
import KeylinkServer
import NIOCore
import NIOHTTP1
import Testing

/// The executable's certificate: renewed while it runs, refused where it cannot be served.
@Suite struct CertificateTests {
    private let folder: String
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        folder = scratch.path + "/data"
    }

    /// New connections get the new one, running ones go on; a bad one changes nothing, and the log tells nothing of it.
    @Test func aRenewedCertificateIsTakenUp() async throws {
        let (first, second) = (try TestCertificate(in: scratch), try TestCertificate(in: scratch))
        let server = try await ServerProcess.start(data: folder, first.flags)
        #expect(server.log.text.contains("listening on https://"))
        let original = try TestCertificate(copying: first, in: scratch)
        try await RawHTTP2.connect(to: server.port, trusting: original) { (running) async throws in
            // Its handshake is over: otherwise it would be a new one still.
            #expect(try await !running.frames { _ in true }.isEmpty)
            try second.replace(first)
            server.send(signal: SIGHUP)
            try await eventually(server.log) { $0.contains("the certificate as it is now") }
            #expect(try await second.isShown(on: server.port))
            #expect(try await !original.isShown(on: server.port))
            try await running.send(octets: RawHTTP2.request("GET", "/api/v1/limits", stream: 1))
            #expect(try await running.frames { $0.isLast }.last?.stream == 1)
        }

        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: first.key))
        server.send(signal: SIGHUP)
        try await eventually(server.log) { $0.contains("the one before stays") }
        #expect(try await second.isShown(on: server.port))
        #expect(!server.log.text.contains(scratch.path) && !server.log.text.contains("nonsense"))
        #expect(await server.stop(SIGTERM) == 0)
    }

    @Test func withoutACertificateTheSignalMeansNothing() async throws {
        let server = try await ServerProcess.start(data: folder)
        server.send(signal: SIGHUP)
        #expect(try await server.status(.GET, "/api/v1/limits") == 200)
        #expect(await server.stop(SIGTERM) == 0)
    }

    enum Mistake: String, CaseIterable {
        case noKey = "--tls-certificate needs --tls-key beside it"
        case noCertificate = "--tls-key needs --tls-certificate beside it"
        case missingCertificate = "--tls-certificate: cannot be read: No such file or directory"
        case missingKey = "--tls-key: cannot be read: No such file or directory"
        case certificateIsNone = "--tls-certificate: holds no certificates in PEM; the server's own comes first, then its chain"
        case keyIsNone = "--tls-key: holds no private key in PEM"
        case keyOfAnother = "--tls-key: not the key of the first certificate in --tls-certificate"
        case encrypted = "--tls-key: is encrypted; write it without a passphrase (openssl pkey -in KEY -out NEW)"
        case expired = "--tls-certificate: has expired; renew it"
        case notYet = "--tls-certificate: is not valid yet; is this machine's clock right?"
    }

    @Test(arguments: Mistake.allCases)
    func whatCannotBeServedIsSaidInOneLine(_ mistake: Mistake) async throws {
        let validity = mistake == .expired ? -3 ..< -1 : mistake == .notYet ? 1..<3 : -1..<2
        let good = try TestCertificate(in: scratch, days: validity)
        var (certificate, key) = (good.certificate, good.key)
        switch mistake {
        case .expired, .notYet, .noKey, .noCertificate: break
        case .missingCertificate: certificate += "x"
        case .missingKey: key += "x"
        case .certificateIsNone: certificate = good.key
        case .keyIsNone: key = good.certificate
        case .keyOfAnother: key = try TestCertificate(in: scratch).key
        case .encrypted:
            key += ".encrypted"
            try openssl("pkey", "-in", good.key, "-aes256", "-passout", "pass:secret", "-out", key)
        }
        var arguments = ["--port", "0", "--data", folder]
        if mistake != .noCertificate { arguments += ["--tls-certificate", certificate] }
        if mistake != .noKey { arguments += ["--tls-key", key] }
        let (code, output) = try await ServerProcess.run(arguments)
        #expect(code == 64)
        #expect(output.hasSuffix("error: \(mistake.rawValue)\n"))
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}
