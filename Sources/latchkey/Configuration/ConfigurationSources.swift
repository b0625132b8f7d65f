/// Where configuration comes from, before anything is read.
package struct ConfigurationSources: Sendable {
    /// `--config`.
    package var file: String?
    /// The process's variables; only those that begin with `LATCHKEY_` are read.
    package var environment: [String: String]
    /// Values of command-line flags by key name; they win.
    package var flags: [String: String]

    package init(file: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:]) {
        self.file = file
        self.environment = environment
        self.flags = flags
    }
}

/// The value of every key after the four layers were combined, and its origin.
package struct ConfigurationValues: Sendable {
    /// Which layer a value came from.
    package enum Origin: Sendable, Equatable {
        case `default`
        case file(path: String, line: Int)
        case environment
        case flag

        /// For `config print`.
        package var name: String {
            switch self {
            case .default: "default"
            case .file: "file"
            case .environment: "environment"
            case .flag: "flag"
            }
        }
    }

    package struct Value: Sendable {
        /// Elements of a list, which may be empty; otherwise a single value.
        package let texts: [String]
        package let origin: Origin
    }

    /// By name; without keys that are not set and have no default.
    package let values: [String: Value]
    /// Sentences about what was ignored.
    package let warnings: [String]

    /// Reads all keys: defaults < file < environment < flags.
    /// - Throws: ``ConfigurationError`` for a file that cannot be read or holds an unknown key.
    package static func read(_ sources: ConfigurationSources) throws(ConfigurationError) -> ConfigurationValues {
        let file = try sources.file.map { path throws(ConfigurationError) in try ConfigurationFile(path: path) }
        try file?.refuseUnknownKeys()
        // An empty variable is the usual way to say "not set" in compose files; it must not hide the file's value.
        let ours = sources.environment.filter { $0.key.hasPrefix(ConfigurationKey.variablePrefix) && !$0.value.isEmpty }
        var values: [String: Value] = [:]
        for key in ConfigurationKey.all {
            if let texts = sources.flags[key.name].flatMap(key.texts(in:)) {
                values[key.name] = Value(texts: texts, origin: .flag)
            } else if let texts = ours[key.variable].flatMap(key.texts(in:)) {
                values[key.name] = Value(texts: texts, origin: .environment)
            } else if let file, let entry = file[key.name], let texts = try file.texts(of: entry, for: key) {
                values[key.name] = Value(texts: texts, origin: .file(path: file.path, line: entry.line))
            } else if let texts = key.defaultText.flatMap(key.texts(in:)) {
                values[key.name] = Value(texts: texts, origin: .default)
            }
        }
        return ConfigurationValues(values: values, warnings: warnings(about: ours))
    }

    private static func warnings(about environment: [String: String]) -> [String] {
        let known = ConfigurationKey.all.map(\.variable) + [ConfigurationKey.masterKeyVariable]
        return environment.keys.sorted().filter { !known.contains($0) }.map { variable in
            let nearest = NearestName.of(variable, among: known).map { " Did you mean \($0)?" } ?? ""
            return "The environment variable \(variable) is not a setting of Latchkey and is ignored.\(nearest)"
        }
    }
}

extension ConfigurationKey {
    /// The values that a text sets: the items of a list, which may be empty, or the text itself; nil for an empty text,
    /// which sets nothing.
    func texts(in text: String) -> [String]? {
        isList ? text.listedItems : text.isEmpty ? nil : [text]
    }
}

extension String {
    /// The items of a list that is written with commas, without ASCII white space around them. By bytes, so that a
    /// comma separates whatever follows it.
    fileprivate var listedItems: [String] {
        utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)).withoutOuterSpace }.filter { !$0.isEmpty }
    }

    fileprivate var withoutOuterSpace: String {
        let isText = { (byte: UInt8) in byte != 0x20 && !(0x09...0x0D).contains(byte) }
        guard let first = utf8.firstIndex(where: isText), let last = utf8.lastIndex(where: isText) else { return "" }
        return String(Substring(utf8[first...last]))
    }
}
