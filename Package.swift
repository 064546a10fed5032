// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every target: Swift 6 mode comes with the tools version, the rest is named here.
let rules: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// Who may import whom (Spec/decisions): CSodium ← Sodium ← Envelope ← KeylinkClient ← keylink;
/// KeylinkAPI ← KeylinkClient, KeylinkServer; SecretStore ← KeylinkServer ← keylink-server.
/// The server's side never lists Envelope: that it cannot open a secret is visible here, and Scripts/check-imports holds it so.
let package = Package(
    name: "keylink",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Envelope", targets: ["Envelope"]),
    ],
    targets: [
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),

        .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: rules),
        .target(name: "Envelope", dependencies: ["Sodium"], swiftSettings: rules),
        .testTarget(name: "SodiumTests", dependencies: ["Sodium"], swiftSettings: rules),
        .testTarget(name: "EnvelopeTests", dependencies: ["Envelope", "Sodium"], swiftSettings: rules),
    ]
)
