internal import ArgumentParser
internal import Foundation
internal import KeylinkClient
internal import SystemPackage

/// What the user has settled once for all: `$XDG_CONFIG_HOME/keylink/config.json`, else `~/.config/keylink/config.json`.
///
///     {"server": "https://keylink.example", "ttl": "1d", "views": 1, "createTokenFile": "token"}
struct Settings: Decodable, Equatable {
    /// Where a server on this machine listens that was started without saying where.
    static let standardServer = "http://127.0.0.1:8080"

    var server: String?
    var ttl: String?
    var views: Int?
    /// Relative to the folder of the file.
    var createTokenFile: String?

    enum CodingKeys: String, CodingKey, CaseIterable { case server, ttl, views, createTokenFile }

    init() {}

    /// A member that is not known is refused: a slip of the pen would otherwise send secrets to another server than meant.
    init(from decoder: any Decoder) throws {
        let names = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        if let unknown = names.first(where: { CodingKeys(rawValue: $0) == nil }) {
            throw Failure(.usage, "config.json: there is no setting \(printable(unknown, limit: 40))")
        }
        let members = try decoder.container(keyedBy: CodingKeys.self)
        server = try members.decodeIfPresent(String.self, forKey: .server)
        ttl = try members.decodeIfPresent(String.self, forKey: .ttl)
        views = try members.decodeIfPresent(Int.self, forKey: .views)
        createTokenFile = try members.decodeIfPresent(String.self, forKey: .createTokenFile)
    }

    static func load(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Settings {
        guard let file = file(environment: environment) else { return Settings() }
        do {
            var settings = try JSON.decode(Settings.self, from: Files.read(file))
            if let token = settings.createTokenFile {
                settings.createTokenFile = file.removingLastComponent().pushing(FilePath(token)).string
            }
            return settings
        } catch Errno.noSuchFileOrDirectory {
            return Settings()
        } catch let error as Errno {
            throw Failure(.failed, "\(file.string): \(error)")
        } catch is DecodingError {
            throw Failure(
                .usage, "\(file.string) is not JSON as expected", hint: "it looks like {\"server\": \"https://keylink.example\"}")
        }
    }

    private static func file(environment: [String: String]) -> FilePath? {
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") {
            return FilePath(folder).appending("keylink/config.json")
        }
        return environment["HOME"].map { FilePath($0).appending(".config/keylink/config.json") }
    }
}

/// Any member's name.
struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        nil
    }
}

/// Which server to share with.
struct ServerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server's address.", valueName: "url"))
    var server: String?

    @OptionGroup var connection: ConnectionOptions

    func address(_ settings: Settings, environment: [String: String] = ProcessInfo.processInfo.environment) throws
        -> ServerAddress
    {
        let named = server ?? environment["KEYLINK_SERVER"].flatMap { $0.isEmpty ? nil : $0 } ?? settings.server
        return try ServerAddress(named ?? Settings.standardServer, insecure: connection.insecure)
    }
}

/// How to talk to a server that a link names.
struct ConnectionOptions: ParsableArguments {
    @Flag(help: "Also speak plain http with another machine. Whoever listens on the way can claim what is meant for you.")
    var insecure = false
}
