public import Hummingbird
public import Logging
public import SecretStore

import Configuration
import HummingbirdCore
import KeylinkAPI
import NIOCore
import ServiceLifecycle

/// The version that `GET /api/v1/limits` tells.
public let serverVersion = "0.1.0"

/// The whole server, for `keylink-server` and for tests: opens the store, and serves once it is run.
///
/// - Parameters:
///   - clock: the store's; tests bring their own.
///   - availability: by which the caller has new work refused before it ends the server.
///   - onListening: called with the port once the server listens.
/// - Throws: `StoreStartError`, ``ConfigurationError`` for a certificate that cannot be served, and what reading the pages
///   throws.
public func buildApplication(
    _ configuration: ServerConfiguration, clock: any StoreClock = SystemClock(), availability: Availability = Availability(),
    logger: Logger, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
) throws -> some ApplicationProtocol {
    if configuration.web == nil { logger.warning("no pages are served; \(Setting.web.flag) names their folder") }
    let site = try SiteController(configuration)
    let certificate = try configuration.tls.map { try ServedCertificate($0, logger: logger) }
    let metrics = ServerMetrics()
    let store = try SQLiteStore(
        folder: configuration.data, maxBytes: configuration.maxStorageBytes, clock: clock, logger: logger,
        metrics: StoreMetrics(factory: metrics.registry))
    var services: [any Service] = [StoreService(store: store), Sweeper(store: store, metrics: metrics, logger: logger)]
    if let file = configuration.createTokenFile, let tokens = configuration.createTokens {
        services.append(CreateTokenReader(file: file, tokens: tokens, logger: logger))
    }
    if let port = configuration.operationsPort {
        let responder = OperationsResponder(
            readiness: Readiness(store: store, availability: availability), metrics: metrics, folder: configuration.data,
            budget: configuration.maxStorageBytes, certificate: certificate)
        services.append(
            operationsListener(
                host: configuration.operationsHost, port: port, responder, availability: availability, logger: logger))
    }
    if let certificate { services.append(certificate) }
    let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
    return Application(
        router: buildRouter(configuration, site: site, store: store, clock: clock, metrics: metrics, availability: availability),
        server: .connections(
            .init(
                additionalChannelHandlers: [
                    RequestCount(availability),
                    HeadGuard(idle: configuration.idleTimeout, patience: configuration.patience),
                    BodyGuard(most: configuration.patience * 2, patience: configuration.patience),
                    ReaderGuard(first: configuration.patience * 2, most: configuration.patience * 10),
                ]),
            certificate: certificate, idle: configuration.idleTimeout, patience: configuration.patience, availability),
        configuration: .init(
            address: .hostname(configuration.host, port: configuration.port),
            availableConnectionsDelegate: CountedConnections(
                most: mostConnections(configuration, logger), metrics: metrics, logger: logger)),
        services: services,
        onServerRunning: { channel in
            let port = channel.localAddress?.port ?? configuration.port
            logger.notice("keylink-server listening on \(certificate == nil ? "http" : "https")://\(host):\(port)")
            await onListening(port)
        },
        logger: logger)
}

private func buildRouter(
    _ configuration: ServerConfiguration, site: SiteController, store: any SecretStore, clock: any StoreClock,
    metrics: ServerMetrics, availability: Availability
) -> Router<KeylinkContext> {
    let router = Router(context: KeylinkContext.self)
    router.add(middleware: ObserveMiddleware(metrics: metrics))
    router.add(middleware: HeadersMiddleware(origins: configuration.corsOrigins, isSecure: configuration.tls != nil))
    router.add(middleware: ProblemMiddleware(site: site, metrics: metrics))
    router.add(middleware: OptionsMiddleware(site: site))
    router.add(middleware: DrainMiddleware(availability: availability))
    let visitors = Visitors(
        AddressLimits(
            creationsPerMinute: configuration.createRate, octetsPerHour: configuration.uploadBytesPerHour,
            uploadsAtOnce: configuration.uploadsAtOnce),
        proxies: configuration.trustedProxies, clock: clock)
    SecretsController(
        store: store, limits: configuration.limits, createTokens: configuration.createTokens, visitors: visitors,
        metrics: metrics
    ).addRoutes(to: router)
    ClaimController(store: store, clock: clock, metrics: metrics).addRoutes(to: router)
    site.addRoutes(to: router)
    return router
}

/// As many connections as are wanted, and never more than open files allow: one that cannot be served is better off waiting.
private func mostConnections(_ configuration: ServerConfiguration, _ logger: Logger) -> Int {
    let possible = OpenFiles.mostConnections
    guard let wanted = configuration.maxConnections else { return min(10_000, possible) }
    if wanted > possible {
        logger.warning(
            "open files allow fewer connections than are configured; ulimit -n shows the limit",
            metadata: ["connections": "\(possible)"])
    }
    return min(wanted, possible)
}

extension ServerConfiguration {
    /// What clients are told, and what creating is held to.
    var limits: Limits {
        let ttl = Limits.TTL(min: 60, max: maxTTL, default: min(86_400, maxTTL))
        return Limits(
            version: serverVersion, maxEnvelopeBytes: maxEnvelopeBytes, ttl: ttl, maxViews: 100, createToken: createTokens != nil)
    }
}
