public import SystemPackage

import Foundation
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Sodium
import Synchronization
import UnixSignals

/// Where the server's certificate and its private key lie, both PEM; the certificate's chain follows it in its file.
public struct CertificateFiles: Hashable, Sendable {
    public let certificate: FilePath
    public let key: FilePath

    public init(certificate: FilePath, key: FilePath) {
        self.certificate = certificate
        self.key = key
    }
}

/// The certificate that new connections are shown; read anew on SIGHUP, while running connections keep theirs.
final class ServedCertificate: Service {
    private let files: CertificateFiles
    private let logger: Logger
    private let current: Mutex<Pair>

    /// - Throws: ``ConfigurationError``, which says what is wrong with the files.
    init(_ files: CertificateFiles, logger: Logger) throws(ConfigurationError) {
        self.files = files
        self.logger = logger
        current = Mutex(try Pair(files))
    }

    /// What connections are set up with: asked for the certificate at each handshake.
    var configuration: TLSConfiguration {
        let pair = current.withLock { $0 }
        var configuration = pair.configuration
        configuration.sslContextCallback = { [self] _, promise in
            var shown = NIOSSLContextConfigurationOverride()
            let pair = current.withLock { $0 }
            shown.certificateChain = pair.chain
            shown.privateKey = pair.key
            promise.succeed(shown)
        }
        return configuration
    }

    /// When the one that is shown now ends.
    var expiry: Date { current.withLock { $0.expiry } }

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { renew() }
    }

    private func renew() {
        do {
            let pair = try Pair(files)
            current.withLock { $0 = pair }
            logger.notice(
                "new connections get the certificate as it is now", metadata: ["expires": "\(pair.expiry.formatted(.iso8601))"])
        } catch {
            logger.error("the certificate could not be read anew, and the one before stays", metadata: ["error": "\(error)"])
        }
    }
}

/// A certificate with its chain, and the key that belongs to it.
private struct Pair: Sendable {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource
    let expiry: Date

    /// Says what is wrong by the setting, which names the file and repeats nothing of it.
    init(_ files: CertificateFiles) throws(ConfigurationError) {
        let certificates = try Self.certificates(in: files.certificate)
        chain = certificates.map { .certificate($0) }
        key = .privateKey(try Self.key(in: files.key))
        expiry = Date(timeIntervalSince1970: TimeInterval(certificates[0].notValidAfter))
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw ConfigurationError(
                "\(Setting.tlsKey.flag): not the key of the first certificate in \(Setting.tlsCertificate.flag)")
        }
    }

    /// TLS 1.3, and 1.2 with forward secrecy and authenticated encryption only.
    var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        return configuration
    }

    private static func certificates(in file: FilePath) throws(ConfigurationError) -> [NIOSSLCertificate] {
        let flag = Setting.tlsCertificate.flag
        let certificates: [NIOSSLCertificate]
        do {
            certificates = try NIOSSLCertificate.fromPEMBytes(try SecretFile.octets(of: file))
        } catch let error as Errno {
            throw ConfigurationError("\(flag): cannot be read: \(error)")
        } catch {
            throw ConfigurationError("\(flag): holds no certificates in PEM; the server's own comes first, then its chain")
        }
        guard let own = certificates.first else { throw ConfigurationError("\(flag): holds no certificate") }
        let now = time(nil)
        guard own.notValidAfter >= now else { throw ConfigurationError("\(flag): has expired; renew it") }
        guard own.notValidBefore <= now else {
            throw ConfigurationError("\(flag): is not valid yet; is this machine's clock right?")
        }
        return certificates
    }

    private static func key(in file: FilePath) throws(ConfigurationError) -> NIOSSLPrivateKey {
        let flag = Setting.tlsKey.flag
        do {
            var pem = try SecretFile.octets(of: file)
            defer { pem.withUnsafeMutableBytes(wipe) }
            guard !String(decoding: pem, as: UTF8.self).contains("ENCRYPTED") else { throw Encrypted() }
            return try NIOSSLPrivateKey(bytes: pem, format: .pem)
        } catch let error as Errno {
            throw ConfigurationError("\(flag): cannot be read: \(error)")
        } catch is Encrypted {
            throw ConfigurationError("\(flag): is encrypted; write it without a passphrase (openssl pkey -in KEY -out NEW)")
        } catch {
            throw ConfigurationError("\(flag): holds no private key in PEM")
        }
    }

    private struct Encrypted: Error {}
}
