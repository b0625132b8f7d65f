import LatchkeyCore
import LatchkeyTokens

extension ClientDraft {
    /// Reads the JSON form; what the values may be is the domain's to judge.
    /// - Throws: `Refusal` `invalid_request`.
    init(_ body: ClientCreate) throws(Refusal) {
        guard let id = ClientID(body.id) else {
            throw Refusal(
                .invalidRequest,
                "The member id must be 1 to 64 of A-Z a-z 0-9 . _ - and not have the form of a UUID.")
        }
        guard let kind = Client.Kind(rawValue: body.kind) else {
            throw Refusal(.invalidRequest, "The member kind must be public or confidential.")
        }
        self.init(id: id, kind: kind)
        firstParty = body.firstParty ?? false
        origins = body.origins ?? []
        redirectURIs = body.redirectURIs ?? []
        audiences = body.audiences ?? []
        if let text = body.scope { scope = try Self.scope(text) }
        if let names = body.grants { grants = try Self.grants(names) }
        if let name = body.algorithm { algorithm = try AdminKeys.algorithm(name) }
        accessLifetime = body.accessLifetime.map { .seconds($0) }
        idleLifetime = body.idleLifetime.map { .seconds($0) }
        absoluteLifetime = body.absoluteLifetime.map { .seconds($0) }
        secret = body.clientSecret.map { ClientSecret($0.exposed) }
    }

    static func scope(_ text: String) throws(Refusal) -> Scope {
        guard let scope = Scope(text) else {
            throw Refusal(.invalidRequest, "The member scope must be scope names separated by single spaces.")
        }
        return scope
    }

    static func grants(_ names: [String]) throws(Refusal) -> [Client.Grant] {
        var grants: [Client.Grant] = []
        for name in names {
            guard let grant = Client.Grant(rawValue: name) else {
                let known = Client.Grant.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(.invalidRequest, "The member grants may list: \(known).")
            }
            grants.append(grant)
        }
        return grants
    }
}

extension ClientChange {
    /// Reads the JSON form.
    /// - Throws: `Refusal` `invalid_request`.
    init(_ body: ClientUpdate) throws(Refusal) {
        self.init()
        firstParty = body.firstParty
        origins = body.origins
        redirectURIs = body.redirectURIs
        audiences = body.audiences
        if let names = body.grants { grants = try ClientDraft.grants(names) }
        scope = try Self.field(body.scope, ClientDraft.scope)
        algorithm = try Self.field(body.algorithm, AdminKeys.algorithm)
        accessLifetime = Self.field(body.accessLifetime) { .seconds($0) }
        idleLifetime = Self.field(body.idleLifetime) { .seconds($0) }
        absoluteLifetime = Self.field(body.absoluteLifetime) { .seconds($0) }
    }

    private static func field<Text, Value, Failure: Error>(
        _ change: FieldChange<Text>, _ read: (Text) throws(Failure) -> Value
    ) throws(Failure) -> Field<Value> {
        switch change {
        case .keep: .keep
        case .clear: .set(nil)
        case .set(let text): .set(try read(text))
        }
    }
}
