package import LatchkeyCore
import LatchkeyTokens

/// A grant of the token endpoint: its name and who may have it stand in `Client.Grant`, how it is answered here.
///
/// To offer another one: a value in `Client.Grant.all`, and one in ``TokenEndpoint/grants`` made by a file of this
/// folder. It reaches no client by that; see `Client.Grant.defaultKinds`.
package struct OfferedGrant: Sendable {
    /// Answers one request, once its client is known and may use the grant.
    package typealias Answer = @Sendable (_ client: Client, _ network: String) async throws -> TokenReply

    package let grant: Client.Grant
    /// Judges the form before anything is looked up.
    /// - Throws: `Refusal` `invalid_request`, `invalid_scope`.
    package let read: @Sendable (RequestParameters) throws(Refusal) -> Answer

    package init(_ grant: Client.Grant, read: @escaping @Sendable (RequestParameters) throws(Refusal) -> Answer) {
        self.grant = grant
        self.read = read
    }

    /// The parameters that may come more than once (RFC 8707 2), whatever the grant.
    static let repeatable: Set<String> = ["resource"]
}

extension [OfferedGrant] {
    /// The grant that a form asks for.
    /// - Throws: `Refusal` `invalid_request`, `unsupported_grant_type`.
    package func asked(by form: RequestParameters) throws(Refusal) -> OfferedGrant {
        let name = try form.required("grant_type")
        guard let offered = first(where: { $0.grant.name.equalsBytes(of: name) }) else {
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
