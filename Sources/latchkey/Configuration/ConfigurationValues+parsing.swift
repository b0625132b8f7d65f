import LatchkeyHTTP

extension ConfigurationValues {
    /// Elements of a list key; empty when it is not set.
    func texts(_ key: ConfigurationKey) -> [String] {
        values[key.name]?.texts ?? []
    }

    /// A single text; `nil` when the key is not set.
    func text(_ key: ConfigurationKey) -> String? {
        texts(key).first
    }

    /// A single text of a key that has a default. An empty value in a file means the default.
    func required(_ key: ConfigurationKey) throws(ConfigurationError) -> String {
        guard let text = text(key) ?? key.defaultText else {
            throw ConfigurationError("`\(key.name)` must be set.")
        }
        return text
    }

    func duration(_ key: ConfigurationKey) throws(ConfigurationError) -> Duration {
        guard case .duration(let range) = key.shape, let value = DurationText.parse(try required(key)),
            range.contains(value)
        else { throw refusal(of: key) }
        return value
    }

    func integer(_ key: ConfigurationKey) throws(ConfigurationError) -> Int {
        let text = try required(key)
        guard case .integer(let range) = key.shape, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int(text), range.contains(value)
        else { throw refusal(of: key) }
        return value
    }

    func choice(_ key: ConfigurationKey) throws(ConfigurationError) -> String {
        let text = try required(key)
        guard case .choice(let words) = key.shape, words.contains(text) else { throw refusal(of: key) }
        return text
    }

    func addresses(_ key: ConfigurationKey) throws(ConfigurationError) -> [ListenAddress] {
        var addresses: [ListenAddress] = []
        for text in texts(key) {
            guard let address = ListenAddress(text) else {
                throw ConfigurationError(
                    "`\(key.name)` has \(text)\(source(of: key)), but must hold addresses like 127.0.0.1:8080 "
                        + "or [::1]:8080.")
            }
            addresses.append(address)
        }
        return addresses
    }

    /// Two keys that make sense only together; `nil` when neither is set.
    func pair(_ first: ConfigurationKey, _ second: ConfigurationKey) throws(ConfigurationError) -> (String, String)? {
        switch (text(first), text(second)) {
        case (nil, nil): return nil
        case (let one?, let two?): return (one, two)
        case (let one, _):
            let (given, missing) = one == nil ? (second, first) : (first, second)
            throw ConfigurationError("`\(given.name)` is set, so `\(missing.name)` must be set too.")
        }
    }

    /// What is wrong with a key's value: key, value, where it stands, and what is accepted.
    func refusal(of key: ConfigurationKey) -> ConfigurationError {
        let value = key.isSecret ? "not usable" : texts(key).joined(separator: ",")
        let shown = value.isEmpty ? "empty" : value
        return ConfigurationError("`\(key.name)` is \(shown)\(source(of: key)), but must be \(key.accepted).")
    }

    /// " (line 12 of FILE)", " (from LATCHKEY_…)" or nothing.
    func source(of key: ConfigurationKey) -> String {
        switch values[key.name]?.origin {
        case .file:
            guard let file, let entry = file.entries.first(where: { $0.name == key.name }) else { return "" }
            return " (line \(entry.line) of \(file.path))"
        case .environment: return " (from \(key.variable))"
        default: return ""
        }
    }
}
