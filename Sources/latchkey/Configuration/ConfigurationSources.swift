import Configuration
import Synchronization

/// Where configuration comes from, before anything is read.
package struct ConfigurationSources: Sendable {
    /// `--config`.
    package var file: String?
    /// The process's variables; only those that begin with `LATCHKEY_` are looked at.
    package var environment: [String: String]
    /// Values of command-line flags by key name; they win.
    package var flags: [String: String]

    package init(file: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:]) {
        self.file = file
        self.environment = environment
        self.flags = flags
    }
}

/// Every key's text as it stands after the four layers were laid over one another, and who said so.
package struct ConfigurationValues: Sendable {
    /// Which layer a value came from.
    package enum Origin: String, Sendable { case `default`, file, environment, flag }

    package struct Value: Sendable {
        /// Elements of a list; a single text otherwise; empty when the key is not set.
        package let texts: [String]
        package let origin: Origin
    }

    package let values: [String: Value]
    /// Sentences about what was ignored.
    package let warnings: [String]
    /// The configuration file that was read.
    package let file: ConfigurationFile?

    /// Reads all keys: defaults < file < environment < flags.
    /// - Throws: ``ConfigurationError`` for a file that cannot be read or holds an unknown key.
    package static func read(_ sources: ConfigurationSources) async throws -> ConfigurationValues {
        let file = try sources.file.map { try ConfigurationFile(path: $0) }
        try file?.refuseUnknownKeys()

        // An empty variable is the usual way to say "not set" in compose files; it must not hide the file's value.
        let ours = sources.environment.filter { $0.key.hasPrefix(ConfigurationKey.variablePrefix) && !$0.value.isEmpty }
        var layers: [(origin: Origin, provider: any ConfigProvider)] = [
            (.flag, provider(ofTexts: sources.flags)),
            (.environment, EnvironmentVariablesProvider(environmentVariables: ours).prefixKeys(with: "latchkey")),
        ]
        if let file, !file.entries.isEmpty {
            layers.append((.file, try await provider(ofFile: file)))
        }
        let defaults = ConfigurationKey.all.map { ($0.name, $0.defaultText ?? "") }
        layers.append((.default, provider(ofTexts: Dictionary(uniqueKeysWithValues: defaults))))

        let recorder = OriginRecorder(origins: layers.map(\.origin))
        let reader = ConfigReader(providers: layers.map(\.provider), accessReporter: recorder)
        var values: [String: Value] = [:]
        for key in ConfigurationKey.all {
            let texts = try key.texts(in: reader, file: file)
            values[key.name] = Value(texts: texts, origin: recorder.last)
        }
        return ConfigurationValues(values: values, warnings: warnings(about: ours), file: file)
    }

    private static func provider(ofTexts texts: [String: String]) -> InMemoryProvider {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for key in ConfigurationKey.all {
            guard let text = texts[key.name] else { continue }
            let content: ConfigContent
            if case .list = key.shape {
                content = .stringArray(text.listedItems)
            } else {
                content = .string(text)
            }
            let path = AbsoluteConfigKey(key.name.split(separator: ".").map(String.init))
            values[path] = ConfigValue(content, isSecret: key.isSecret)
        }
        return InMemoryProvider(values: values)
    }

    private static func provider(ofFile file: ConfigurationFile) async throws -> any ConfigProvider {
        let location = ConfigReader(provider: InMemoryProvider(values: ["filePath": .init(stringLiteral: file.path)]))
        do {
            return try await FileProvider<YAMLSnapshot>(config: location)
        } catch {
            throw ConfigurationError("The configuration file \(file.path) cannot be used: \(error)")
        }
    }

    private static func warnings(about environment: [String: String]) -> [String] {
        let known = ConfigurationKey.all.map(\.variable) + [ConfigurationKey.masterKeyVariable]
        return environment.keys.sorted().filter { !known.contains($0) }.map { variable in
            let nearest = NearestName.of(variable, among: known).map { " Did you mean \($0)?" } ?? ""
            return "The environment variable \(variable) is not one of ours and is ignored.\(nearest)"
        }
    }
}

extension ConfigurationKey {
    /// The key's value in the topmost layer that has one.
    fileprivate func texts(in reader: ConfigReader, file: ConfigurationFile?) throws -> [String] {
        let key = ConfigKey(name.split(separator: ".").map(String.init))
        let texts: [String]
        do {
            guard case .list = shape else {
                let text = try reader.requiredString(forKey: key, isSecret: isSecret)
                return text.isEmpty ? [] : [text]
            }
            // In a file, `listen: a,b` is as clear as a list.
            texts =
                if let list = try? reader.requiredStringArray(forKey: key, isSecret: isSecret) {
                    list
                } else {
                    try reader.requiredString(forKey: key, isSecret: isSecret).listedItems
                }
        } catch {
            let line = file?.entries.first { $0.name == name }.map { ", line \($0.line)" } ?? ""
            throw ConfigurationError(
                "\(file?.path ?? "The configuration")\(line): `\(name)` must be \(accepted), not a list.")
        }
        return texts.map(\.withoutOuterSpace).filter { !$0.isEmpty }
    }
}

extension String {
    /// The items of a list that is written with commas. By bytes: whatever follows a comma, it separates.
    fileprivate var listedItems: [String] {
        utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
    }

    /// Without the white space of ASCII around it.
    fileprivate var withoutOuterSpace: String {
        let isText = { (byte: UInt8) in byte != 0x20 && !(0x09...0x0D).contains(byte) }
        guard let first = utf8.firstIndex(where: isText), let last = utf8.lastIndex(where: isText) else { return "" }
        return String(Substring(utf8[first...last]))
    }
}

/// Remembers which layer answered the last read.
private final class OriginRecorder: AccessReporter {
    private let origins: [ConfigurationValues.Origin]
    private let state = Mutex(ConfigurationValues.Origin.default)

    init(origins: [ConfigurationValues.Origin]) { self.origins = origins }

    var last: ConfigurationValues.Origin { state.withLock { $0 } }

    func report(_ event: AccessEvent) {
        let answered = event.providerResults.firstIndex { (try? $0.result.get().value) != nil }
        state.withLock { $0 = answered.map { origins[$0] } ?? .default }
    }
}
