package import LatchkeyTokens

/// One field of ``ClientSettings``: its names, its possible values and its meaning.
package struct ClientField: Sendable {
    /// How a value is written in JSON and on the command line, and its limits.
    package enum Form: Sendable, Equatable {
        case flag
        case text
        /// Names separated by single spaces, in one string.
        case words
        /// One of these strings.
        case choice([String])
        case list(most: Int)
        /// Some of these strings.
        case choices([String])
        case seconds(ClosedRange<Int64>)
    }

    /// The member in a client's JSON, in the database and in the API.
    package let name: String
    /// The option on the command line, without its hyphens.
    package let option: String
    /// The label beside the value.
    package let title: String
    /// What is shown for a value that is not set.
    package let unset: String
    /// A sentence.
    package let meaning: String
    package let form: Form
    /// Whether the value may be absent. A field that is not optional has an empty list, `false` or its first value
    /// instead.
    package let isOptional: Bool
    /// The property.
    package let path: any PartialKeyPath<ClientSettings> & Sendable
    /// The value; `nil` when it is absent.
    package let write: @Sendable (ClientSettings) -> JSONValue?
    /// Sets a value of the right JSON type; false for any other. A single choice that this version does not know is
    /// false too. Among several choices an unknown one is left out: what this program does not know, it does not allow.
    package let read: @Sendable (JSONValue, inout ClientSettings) -> Bool
    /// Removes the value.
    package let clear: @Sendable (inout ClientSettings) -> Void

    /// The field of this property.
    package static func of(_ path: PartialKeyPath<ClientSettings>) -> ClientField {
        guard let field = ClientSettings.fields.first(where: { $0.path == path }) else {
            preconditionFailure("a property of ClientSettings has no entry in its fields")
        }
        return field
    }

    /// The field of exactly this name.
    package static func named(_ name: String) -> ClientField? {
        ClientSettings.fields.first { $0.name.equalsBytes(of: name) }
    }

    /// The value as JSON; `nil` when it is absent.
    package func value(in settings: ClientSettings) -> JSONValue? { write(settings) }
}

/// The kinds of fields there are.
extension ClientField {
    typealias Property<Value> = any WritableKeyPath<ClientSettings, Value> & Sendable

    static func flag(
        _ name: String, _ path: Property<Bool>, option: String, title: String,
        _ meaning: String
    ) -> ClientField {
        ClientField(
            name: name, option: option, title: title, unset: "", meaning: meaning, form: .flag, isOptional: false,
            path: path, write: { .bool($0[keyPath: path]) },
            read: { Self.set(&$1, path, $0.bool) }, clear: { $0[keyPath: path] = false })
    }

    /// One of a few values, of which one always applies.
    static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable & Equatable>(
        _ name: String, _ path: Property<Value>, option: String, title: String, _ meaning: String
    ) -> ClientField {
        let initial = ClientSettings()[keyPath: path]
        return ClientField(
            name: name, option: option, title: title, unset: initial.rawValue, meaning: meaning,
            form: .choice(Value.allCases.map(\.rawValue)), isOptional: false, path: path,
            write: { .string($0[keyPath: path].rawValue) },
            read: { json, settings in
                let value = json.string.flatMap { text in
                    Value.allCases.first { $0.rawValue.equalsBytes(of: text) }
                }
                return Self.set(&settings, path, value)
            },
            clear: { $0[keyPath: path] = initial })
    }

    static func list(
        _ name: String, _ path: Property<[String]>, most: Int, option: String,
        title: String, unset: String = "", _ meaning: String
    ) -> ClientField {
        ClientField(
            name: name, option: option, title: title, unset: unset, meaning: meaning, form: .list(most: most),
            isOptional: false, path: path, write: { .array($0[keyPath: path].map(JSONValue.string)) },
            read: { Self.set(&$1, path, $0.strings) }, clear: { $0[keyPath: path] = [] })
    }

    static func grants(
        _ name: String, _ path: Property<[Client.Grant]>, option: String,
        title: String, _ meaning: String
    ) -> ClientField {
        ClientField(
            name: name, option: option, title: title, unset: "", meaning: meaning,
            form: .choices(Client.Grant.all.map(\.name)), isOptional: false, path: path,
            write: { .array($0[keyPath: path].map { .string($0.name) }) },
            read: { Self.set(&$1, path, $0.strings?.compactMap { Client.Grant.named($0) }) },
            clear: { $0[keyPath: path] = [] })
    }

    static func text(
        _ name: String, _ path: Property<String?>, option: String, title: String,
        unset: String, _ meaning: String
    ) -> ClientField {
        optional(name, path, .text, option, title, unset, meaning, write: JSONValue.string) { $0.string }
    }

    static func scope(
        _ name: String, _ path: Property<Scope?>, option: String, title: String,
        unset: String, _ meaning: String
    ) -> ClientField {
        optional(name, path, .words, option, title, unset, meaning, write: { .string($0.description) }) {
            $0.string.flatMap { Scope($0) }
        }
    }

    /// - Parameter others: further spellings that are accepted and never written.
    static func choice<Value: Sendable & Equatable>(
        _ name: String, _ path: Property<Value?>, of values: [(String, Value)],
        alsoRead others: [String: Value] = [:], option: String, title: String, unset: String, _ meaning: String
    ) -> ClientField {
        optional(
            name, path, .choice(values.map(\.0)), option, title, unset, meaning,
            write: { value in values.first { $0.1 == value }.map { .string($0.0) } ?? .null },
            read: { json in
                guard let text = json.string else { return nil }
                return (values + others.map { ($0, $1) }).first { $0.0.equalsBytes(of: text) }?.1
            })
    }

    static func seconds(
        _ name: String, _ path: Property<Duration?>, _ range: ClosedRange<Duration>,
        option: String, title: String, unset: String, _ meaning: String
    ) -> ClientField {
        let bounds = range.lowerBound.components.seconds...range.upperBound.components.seconds
        return optional(
            name, path, .seconds(bounds), option, title, unset, meaning, write: { .integer($0.components.seconds) },
            read: { $0.integer.map { .seconds($0) } })
    }

    private static func optional<Value: Sendable>(
        _ name: String, _ path: Property<Value?>, _ form: Form, _ option: String,
        _ title: String, _ unset: String, _ meaning: String, write: @escaping @Sendable (Value) -> JSONValue,
        read: @escaping @Sendable (JSONValue) -> Value?
    ) -> ClientField {
        ClientField(
            name: name, option: option, title: title, unset: unset, meaning: meaning, form: form, isOptional: true,
            path: path, write: { $0[keyPath: path].map(write) },
            read: { Self.set(&$1, path, read($0)) }, clear: { $0[keyPath: path] = nil })
    }

    private static func set<Value>(
        _ settings: inout ClientSettings, _ path: WritableKeyPath<ClientSettings, Value>, _ value: Value?
    ) -> Bool {
        guard let value else { return false }
        settings[keyPath: path] = value
        return true
    }

    /// The same for a property that may be empty: a missing value here is one that could not be read.
    private static func set<Value>(
        _ settings: inout ClientSettings, _ path: WritableKeyPath<ClientSettings, Value?>, _ value: Value?
    ) -> Bool {
        guard let value else { return false }
        settings[keyPath: path] = value
        return true
    }
}
