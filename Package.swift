// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every target: Swift 6 mode comes with the tools version, the rest is named here.
let rules: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]
/// On the server a call stays on its connection's event loop: each way elsewhere and back costs as much as the call.
let serverRules = rules + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

/// Who may import whom (Spec/decisions): CSodium ← Sodium ← Envelope ← KeylinkClient ← keylink;
/// KeylinkAPI ← KeylinkClient, KeylinkServer; SecretStore ← KeylinkServer ← keylink-server.
/// The server's side never lists Envelope: that it cannot open a secret is visible here, and Scripts/check-imports holds it so.
let package = Package(
    name: "keylink",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Envelope", targets: ["Envelope"]),
        .library(name: "KeylinkClient", targets: ["KeylinkClient"]),
        .executable(name: "keylink", targets: ["keylink"]),
        .executable(name: "keylink-server", targets: ["keylink-server"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["JSON", "CommandLineArguments"]),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.29.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CUnistring", providers: [.apt(["libunistring-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),

        // Header only: what Swift cannot call by itself.
        .systemLibrary(name: "CHardening"),

        .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: rules),
        .target(name: "Envelope", dependencies: ["CUnistring", "Sodium"], swiftSettings: rules),
        .target(name: "KeylinkAPI", swiftSettings: rules),
        .target(
            name: "KeylinkClient",
            dependencies: [
                "Envelope", "KeylinkAPI", "Sodium",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: rules),
        .executableTarget(
            name: "keylink",
            dependencies: [
                "CQREncode", "CZlib", "Envelope", "KeylinkAPI", "KeylinkClient", "Sodium",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: rules),

        .target(
            name: "SecretStore",
            dependencies: [
                "KeylinkAPI", "Sodium",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: serverRules),
        .target(
            name: "KeylinkServer",
            dependencies: [
                "CHardening", "KeylinkAPI", "SecretStore", "Sodium",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: serverRules),
        .executableTarget(
            name: "keylink-server",
            dependencies: ["KeylinkServer"],
            swiftSettings: rules),

        // Not a part of anything that is installed: what stands between the store's tests and their disk.
        .target(name: "CFaults", path: "Tests/Reliability/Faults"),
        .testTarget(name: "SodiumTests", dependencies: ["Sodium"], swiftSettings: rules),
        .testTarget(name: "EnvelopeTests", dependencies: ["Envelope", "Sodium"], swiftSettings: rules),
        .testTarget(name: "KeylinkAPITests", dependencies: ["KeylinkAPI"], swiftSettings: rules),
        .testTarget(
            name: "KeylinkClientTests",
            dependencies: [
                "Envelope", "KeylinkAPI", "KeylinkClient", "Sodium", .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: rules),
        .testTarget(
            name: "SecretStoreTests",
            dependencies: [
                "CFaults", "KeylinkAPI", "SecretStore", "Sodium",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: rules),
        .testTarget(
            name: "KeylinkServerTests",
            dependencies: [
                "KeylinkAPI", "KeylinkServer", "SecretStore", "Sodium", "keylink-server",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: rules),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "Envelope", "KeylinkAPI", "KeylinkClient", "keylink", "keylink-server",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: rules),
    ]
)
