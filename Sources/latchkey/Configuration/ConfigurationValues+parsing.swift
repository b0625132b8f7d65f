extension ConfigurationValues {
    /// The value of a key that has a default, which applies if nothing is set.
    func value<Value>(of key: ConfigurationKey.Typed<Value>) throws(ConfigurationError) -> Value {
        guard let value = try optional(key) else { throw ConfigurationError("`\(key.name)` must be set.") }
        return value
    }

    /// The value of a key; nil when it is not set and has no default.
    /// - Throws: ``ConfigurationError`` with the key, the value, its place, and the accepted values.
    func optional<Value>(_ key: ConfigurationKey.Typed<Value>) throws(ConfigurationError) -> Value? {
        guard let found = values[key.name] else { return nil }
        switch key.form.read(found.texts) {
        case .value(let value): return value
        case .unusable(let text):
            let shown = key.key.isSecret ? "not usable" : text
            let verbs = key.key.isList ? ("has", "must hold") : ("is", "must be")
            throw ConfigurationError(
                "`\(key.name)` \(verbs.0) \(shown)\(source(of: key.key)), but \(verbs.1) \(key.key.accepted).")
        }
    }

    /// Two keys that are useful only together; `nil` when neither is set.
    func pair<Value>(
        _ first: ConfigurationKey.Typed<Value>, _ second: ConfigurationKey.Typed<Value>
    ) throws(ConfigurationError) -> (Value, Value)? {
        switch (try optional(first), try optional(second)) {
        case (nil, nil): return nil
        case (let one?, let two?): return (one, two)
        case (let one, _):
            let (given, missing) = one == nil ? (second, first) : (first, second)
            throw ConfigurationError("`\(given.name)` is set, so `\(missing.name)` must be set too.")
        }
    }

    /// A key's values as they were written.
    func shown(_ key: ConfigurationKey) -> String {
        key.isSecret ? "<redacted>" : (values[key.name]?.texts ?? []).joined(separator: ",")
    }

    /// " (line 12 of FILE)", " (from LATCHKEY_…)" or nothing.
    func source(of key: ConfigurationKey) -> String {
        switch values[key.name]?.origin {
        case .file(let path, let line): " (line \(line) of \(path))"
        case .environment: " (from \(key.variable))"
        case .flag, .default, nil: ""
        }
    }
}
