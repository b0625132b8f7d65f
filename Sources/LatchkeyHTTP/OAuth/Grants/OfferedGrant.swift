package import LatchkeyCore
import LatchkeyTokens

/// A grant of the token endpoint: `Client.Grant` says its name and who may have it, and this type how it is answered.
///
/// To offer another grant, add a value to `Client.Grant.all`, and one to ``TokenEndpoint/grants`` from a file in this
/// folder. That gives it to no client; see `Client.Grant.defaultKinds`.
package struct OfferedGrant: Sendable {
    package let grant: Client.Grant
    /// Checks the form before anything is looked up.
    /// - Throws: `Refusal` `invalid_request`, `invalid_scope`.
    package let check: @Sendable (RequestParameters) throws(Refusal) -> Void
    /// Answers a known client.
    /// - Throws: the errors of `check`, `Refusal` `unauthorized_client` when the client's list lacks the grant, and the
    ///   refusals of the grant itself.
    package let answer: @Sendable (RequestParameters, _ client: Client, _ network: String) async throws -> TokenReply

    /// - Parameters:
    ///   - read: checks the form.
    ///   - answer: called only for a client that has the grant. Created once, so that its captures are not copied for
    ///     each request.
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

    /// The parameters that may be repeated (RFC 8707 2), whatever the grant.
    static let repeatable: Set<String> = ["resource"]
}

extension [OfferedGrant] {
    /// The grant that a form requests.
    /// - Throws: `Refusal` `invalid_request`, `unsupported_grant_type`.
    package func asked(by form: RequestParameters) throws(Refusal) -> OfferedGrant {
        let name = try form.required("grant_type")
        guard let offered = first(where: { $0.grant.name.utf8.elementsEqual(name.utf8) }) else {
            let known = map(\.grant.name).joined(separator: ", ")
            throw Refusal(.unsupportedGrantType, "This grant type is not supported. Supported are: \(known).")
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
