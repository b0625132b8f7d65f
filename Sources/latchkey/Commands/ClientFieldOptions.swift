import ArgumentParser
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens

/// The options that set a client's fields, the same for a new client and for a change. `ClientSettings` defines names,
/// meanings and limits; a test checks the list against it.
struct ClientFieldOptions: ParsableArguments {
    @Flag(name: .field(\.firstParty), inversion: .prefixedNo, help: .field(\.firstParty)) var firstParty: Bool?
    @Option(name: .field(\.origins), help: .field(\.origins)) var origins: [String] = []
    @Option(name: .field(\.redirectURIs), help: .field(\.redirectURIs)) var redirectURIs: [String] = []
    @Option(name: .field(\.loginURI), help: .field(\.loginURI)) var loginURI: String?
    @Option(name: .field(\.audiences), help: .field(\.audiences)) var audiences: [String] = []
    @Option(name: .field(\.scope), help: .field(\.scope)) var scope: [String] = []
    @Option(name: .field(\.grants), help: .field(\.grants)) var grants: [String] = []
    @Option(name: .field(\.algorithm), help: .field(\.algorithm)) var algorithm: String?
    @Option(name: .field(\.accessLifetime), help: .field(\.accessLifetime)) var accessLifetime: DurationChange?
    @Option(name: .field(\.idleLifetime), help: .field(\.idleLifetime)) var idleLifetime: DurationChange?
    @Option(name: .field(\.absoluteLifetime), help: .field(\.absoluteLifetime)) var absoluteLifetime: DurationChange?
    @Option(name: .field(\.consent), help: .field(\.consent)) var consent: String?
    @Option(name: .field(\.pkce), help: .field(\.pkce)) var pkce: String?
    @Option(name: .field(\.postLogoutRedirectURIs), help: .field(\.postLogoutRedirectURIs))
    var postLogoutRedirectURIs: [String] = []
    @Option(name: .field(\.idTokenAlgorithm), help: .field(\.idTokenAlgorithm)) var idTokenAlgorithm: String?
    @Flag(name: .field(\.idTokenClaims), inversion: .prefixedNo, help: .field(\.idTokenClaims))
    var idTokenClaims: Bool?
    @Option(name: .field(\.accessTokenType), help: .field(\.accessTokenType)) var accessTokenType: String?
    @Flag(name: .field(\.essentialACR), inversion: .prefixedNo, help: .field(\.essentialACR)) var essentialACR: Bool?
    @Option(name: .field(\.name), help: .field(\.name)) var name: String?
    @Option(name: .field(\.clientURI), help: .field(\.clientURI)) var clientURI: String?
    @Option(name: .field(\.policyURI), help: .field(\.policyURI)) var policyURI: String?
    @Option(name: .field(\.termsURI), help: .field(\.termsURI)) var termsURI: String?

    /// The given values, for the request; everything else is absent from it.
    /// - Parameter isChange: whether there may be values to remove, so that `none` and `default` mean that.
    func values(isChange: Bool) -> ClientValues {
        var given = Given(isChange: isChange)
        given.set(\.firstParty, firstParty)
        given.set(\.origins, origins)
        given.set(\.redirectURIs, redirectURIs)
        given.set(\.loginURI, loginURI, empty: "none")
        given.set(\.audiences, audiences)
        given.setWords(\.scope, scope)
        given.set(\.grants, grants)
        given.set(\.algorithm, algorithm, empty: "default")
        given.set(\.accessLifetime, accessLifetime)
        given.set(\.idleLifetime, idleLifetime)
        given.set(\.absoluteLifetime, absoluteLifetime)
        given.set(\.consent, choice: consent)
        given.set(\.pkce, choice: pkce)
        given.set(\.postLogoutRedirectURIs, postLogoutRedirectURIs)
        given.set(\.idTokenAlgorithm, idTokenAlgorithm, empty: "default")
        given.set(\.idTokenClaims, idTokenClaims)
        given.set(\.accessTokenType, choice: accessTokenType)
        given.set(\.essentialACR, essentialACR)
        given.set(\.name, name, empty: "default")
        given.set(\.clientURI, clientURI, empty: "none")
        given.set(\.policyURI, policyURI, empty: "none")
        given.set(\.termsURI, termsURI, empty: "none")
        return given.values
    }

    /// Turns the given values into JSON.
    private struct Given {
        let isChange: Bool
        var values = ClientValues()

        mutating func set(_ field: PartialKeyPath<ClientSettings>, _ flag: Bool?) {
            if let flag { values[field] = .bool(flag) }
        }

        mutating func set(_ field: PartialKeyPath<ClientSettings>, choice: String?) {
            if let choice { values[field] = .string(choice) }
        }

        mutating func set(_ field: PartialKeyPath<ClientSettings>, _ list: [String]) {
            guard !list.isEmpty else { return }
            values[field] = .array(isChange && list == ["none"] ? [] : list.map(JSONValue.string))
        }

        mutating func setWords(_ field: PartialKeyPath<ClientSettings>, _ words: [String]) {
            guard !words.isEmpty else { return }
            set(field, words.joined(separator: " "), empty: "default")
        }

        /// - Parameter empty: the word that removes the value.
        mutating func set(_ field: PartialKeyPath<ClientSettings>, _ text: String?, empty: String) {
            guard let text else { return }
            values[field] = isChange && text == empty ? .null : .string(text)
        }

        mutating func set(_ field: PartialKeyPath<ClientSettings>, _ duration: DurationChange?) {
            guard let duration else { return }
            values[field] = duration.duration.map { .integer($0.seconds) } ?? .null
        }
    }
}

extension NameSpecification {
    /// The option of a client's field.
    fileprivate static func field(_ path: PartialKeyPath<ClientSettings>) -> NameSpecification {
        .customLong(ClientField.of(path).option)
    }
}

extension ArgumentHelp {
    /// The meaning of a client's field, and how to give its option.
    fileprivate static func field(_ path: PartialKeyPath<ClientSettings>) -> ArgumentHelp {
        let field = ClientField.of(path)
        let form =
            switch field.form {
            case .flag, .text: ""
            case .words, .list: " May be repeated."
            case .choices(let known): " May be repeated: \(known.joined(separator: ", "))."
            case .choice(let known): " \(known.joined(separator: ", "))."
            case .seconds(let range):
                " \(DurationText.string(.seconds(range.lowerBound))) to "
                    + "\(DurationText.string(.seconds(range.upperBound)))."
            }
        return ArgumentHelp(field.meaning + form)
    }
}

extension ClientResource {
    /// Prints the client, one property per line.
    /// - Parameter secret: shown this once, at the end.
    func show(secret: String? = nil) {
        var card = TextCard()
        card.add("client", id)
        card.add("kind", kind)
        card.add("state", state)
        for field in ClientSettings.fields { card.add(field.title, text(of: field)) }
        card.add("created", TimeText.string(createdAt))
        if let secret { card.add("secret", secret) }
        for line in card.lines { Terminal.line(line) }
    }

    /// For people: `active`, `disabled`, or that the settings cannot be read.
    var state: String { problem.map { "disabled: \($0)" } ?? (disabled ? "disabled" : "active") }

    /// A field's value for people.
    func text(of field: ClientField) -> String {
        switch values[field] {
        case .bool(let flag): flag ? "yes" : "no"
        case .string(let text): text
        case .integer(let seconds): DurationText.string(.seconds(seconds))
        case .array(let list) where !list.isEmpty: list.compactMap(\.string).joined(separator: ", ")
        case nil, .null, .array, .number, .object: field.unset
        }
    }
}
