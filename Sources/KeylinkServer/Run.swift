import CHardening
import Foundation
import Hummingbird
import Logging
import NIOCore
import SecretStore
import ServiceLifecycle
import SystemPackage
import UnixSignals

/// What `keylink-server` does: configuration in, service group up.
///
/// - Returns: the exit code. 0 after an orderly end, 64 for a mistake in the configuration, 1 for everything else.
public func runServer(arguments: [String], environment: [String: String]) async -> Int32 {
    // Before the first line is written: a reader of the log that goes away must not take the server with it.
    signal(SIGPIPE, SIG_IGN)
    // It means that a certificate was renewed, where there is one, and nothing otherwise.
    signal(SIGHUP, SIG_IGN)
    if arguments.dropFirst().contains("--help") {
        print(ServerConfiguration.help)
        return 0
    }
    keylink_keep_freed_memory()
    keylink_crash_silently()
    guard keylink_forbid_dumps() == 0 else {
        complain("core dumps cannot be switched off: \(Errno(rawValue: errno))")
        return 1
    }
    do {
        let configuration = try await ServerConfiguration(
            arguments: Array(arguments.dropFirst()), environment: environment, program: CommandLine.arguments.first ?? "")
        var logger = Logger(label: "keylink-server") { _ in
            ServerLog(level: configuration.logLevel, format: configuration.logFormat)
        }
        logger.logLevel = configuration.logLevel
        OpenFiles.raiseLimit()
        try await serve(configuration, logger)
        return 0
    } catch let error as ConfigurationError {
        complain("\(error)")
        return 64
    } catch let error as IOError {
        complain("cannot listen: \(Errno(rawValue: error.errnoCode))")
        return 1
    } catch {
        complain("\(error)")
        return 1
    }
}

/// Runs until SIGTERM or SIGINT has ended it in order.
private func serve(_ configuration: ServerConfiguration, _ logger: Logger) async throws {
    let availability = Availability()
    let application = try buildApplication(configuration, availability: availability, logger: logger)
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [application], logger: logger))
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            let grace = Duration.seconds(configuration.shutdownGrace)
            await Shutdown(group: group, availability: availability, grace: grace, logger: logger).run(on: signals)
        }
        defer { tasks.cancelAll() }
        try await group.run()
    }
}

private func complain(_ sentence: String) { ServerLog.standardError("error: \(sentence)\n") }
