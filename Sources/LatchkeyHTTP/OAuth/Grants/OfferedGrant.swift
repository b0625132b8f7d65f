package import LatchkeyCore
import LatchkeyTokens

/// A grant of the token endpoint: its name and who may have it stand in `Client.Grant`, how it is answered here.
///
/// To offer another one: a value in `Client.Grant.all`, and one in ``TokenEndpoint/grants`` made by a file of this
/// folder. It reaches no client by that; see `Client.Grant.defaultKinds`.
package struct OfferedGrant: Sendable {
    package let grant: Client.Grant
    /// Judges the form before anything is looked up.
    /// - Throws: `Refusal` `invalid_request`, `invalid_scope`.
    package let check: @Sendable (RequestParameters) throws(Refusal) -> Void
    /// Answers a client that is known.
    /// - Throws: what `check` throws, `Refusal` `unauthorized_client` when the client's list lacks the grant, and what
    ///   the grant itself refuses.
    package let answer: @Sendable (RequestParameters, _ client: Client, _ network: String) async throws -> TokenReply

    /// - Parameters:
    ///   - read: judges the form.
    ///   - answer: called only for a client that has the grant. Made once: what it captures is copied for no request.
    package init<Request: Sendable>(
        _ grant: Client.Grant, read: @escaping @Sendable (RequestParameters) throws(Refusal) -> Request,
        answer: @escaping @Sendable (Request, _ client: Client, _ network: String) async throws -> TokenReply
    ) {
        self.grant = grant
        check = { form throws(Refusal) in _ = try read(form) }
        self.answer = { form, client, network in
            let request = try read(form)
            guard client.settings.grants.contains(grant) else {
                throw Refusal(.unauthorizedClient, "This client may not use this grant type.")
            }
            return try await answer(request, client, network)
        }
    }

    /// The parameters that may come more than once (RFC 8707 2), whatever the grant.
    static let repeatable: Set<String> = ["resource"]
}

extension [OfferedGrant] {
    /// The grant that a form asks for.
    /// - Throws: `Refusal` `invalid_request`, `unsupported_grant_type`.
    package func asked(by form: RequestParameters) throws(Refusal) -> OfferedGrant {
        let name = try form.required("grant_type")
        guard let offered = first(where: { $0.grant.name.utf8.elementsEqual(name.utf8) }) else {
            let known = map(\.grant.name).joined(separator: ", ")
            throw Refusal(.unsupportedGrantType, "This grant type does not exist here. Supported: \(known).")
        }
        return offered
    }
}

extension Scope {
    /// A `scope` parameter; nil when absent.
    /// - Throws: `Refusal` `invalid_scope` for text outside RFC 6749 3.3.
    init?(parameter text: String?) throws(Refusal) {
        guard let text else { return nil }
        guard let scope = Scope(text) else {
            throw Refusal(.invalidScope, "The scope must be tokens separated by single spaces (RFC 6749 section 3.3).")
        }
        self = scope
    }
}
