import Configuration
import Foundation
import SystemPackage

/// A mistake in the configuration, in one line for the operator.
public struct ConfigurationError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Reads every setting from flags, then the environment, then the JSON file: the first that has it wins.
struct SettingsReader {
    private let reader: ConfigReader

    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - environment: the process's.
    init(arguments: [String], environment: [String: String]) async throws {
        var flags = try Self.flags(arguments)
        let file = flags.removeValue(forKey: "config") ?? environment["KEYLINK_CONFIG"]
        var providers: [any ConfigProvider] = [
            InMemoryProvider(
                name: "flags",
                values: Dictionary(
                    uniqueKeysWithValues: flags.map {
                        (AbsoluteConfigKey([$0.key]), ConfigValue(.string($0.value), isSecret: false))
                    })),
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "keylink"),
        ]
        if let file { providers.append(try await Self.provider(file: file)) }
        reader = ConfigReader(providers: providers)
    }

    /// The value as text, or the setting's standard.
    func text(_ setting: Setting) -> String? {
        let key = ConfigKey([setting.member])
        return reader.string(forKey: key) ?? reader.int(forKey: key).map(String.init) ?? setting.standard
    }

    /// The value as what it means.
    ///
    /// - Throws: ``ConfigurationError`` where it means nothing.
    func value<Value>(_ setting: Setting, _ meaning: (String) -> Value?) throws -> Value? {
        guard let text = text(setting) else { return nil }
        guard let value = meaning(text) else {
            throw ConfigurationError("\(setting.flag): '\(text)' is not one; it is \(setting.help)")
        }
        return value
    }

    /// The value of a setting that has a standard.
    func required<Value>(_ setting: Setting, _ meaning: (String) -> Value?) throws -> Value {
        guard let value = try value(setting, meaning) else { throw ConfigurationError("\(setting.flag) is missing") }
        return value
    }

    /// Flags by the member they set. Ours rather than the library's parser, which lets unknown flags and stray words pass.
    private static func flags(_ arguments: [String]) throws -> [String: String] {
        let known = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.flag, $0.member) } + [("--config", "config")])
        let lists = Set(Setting.all.filter(\.isList).map(\.member))
        var flags: [String: String] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let member = known[parts[0]] else {
                throw ConfigurationError("unknown argument '\(argument)'; --help lists all settings")
            }
            guard flags[member] == nil || lists.contains(member) else { throw ConfigurationError("\(parts[0]) is given twice") }
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst(), !value.isEmpty else {
                throw ConfigurationError("\(parts[0]) needs a value")
            }
            flags[member] = flags[member].map { "\($0),\(value)" } ?? value
        }
        return flags
    }

    private static func provider(file: String) async throws -> any ConfigProvider {
        let members: [String: Scalar]
        do {
            members = try JSONDecoder().decode([String: Scalar].self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            throw ConfigurationError("\(file): not a JSON object of texts and whole numbers")
        }
        let known = Set(Setting.all.map(\.member))
        if let unknown = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw ConfigurationError("\(file): unknown member '\(unknown)'; --help lists all settings")
        }
        return try await FileProvider<JSONSnapshot>(filePath: FilePath(file))
    }
}

/// What a member of the JSON file may be.
private enum Scalar: Decodable {
    case text
    case wholeNumber

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            _ = try container.decode(String.self)
            self = .text
        } catch {
            _ = try container.decode(Int.self)
            self = .wholeNumber
        }
    }
}
