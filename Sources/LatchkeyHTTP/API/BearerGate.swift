import LatchkeyCore
import LatchkeyTokens

/// Access tokens at the user's own API. The client that a token names may have its pages read the answer, even when the
/// token has expired: a page has to see that 401 to know that it must refresh.
struct BearerGate: Sendable {
    private let bearer: BearerVerifier
    private let directory: ClientDirectory

    init(_ services: Services) {
        bearer = services.bearer
        directory = services.clientDirectory
    }

    /// Any live token of ours.
    /// - Throws: `Refusal` `bearer_missing`, `invalid_token`.
    func verify(_ request: Request, _ context: RequestContext) async throws -> VerifiedToken {
        try bearer.verify(try await token(request, context))
    }

    /// The user behind a token with `latchkey:account`, its session read again.
    /// - Throws: `Refusal` `bearer_missing`, `invalid_token`, `insufficient_scope`.
    func account(_ request: Request, _ context: RequestContext) async throws -> SessionRecord {
        let caller = try await bearer.authorise(try await token(request, context), scope: Scope.latchkeyAccount)
        guard let record = caller.record else {
            throw Refusal(.insufficientScope, "This needs an access token that a user signed in for.")
        }
        return record
    }

    /// The text of the token that the request carries, unchecked.
    /// - Throws: `Refusal` `bearer_missing`, `invalid_request`.
    func token(_ request: Request, _ context: RequestContext) async throws -> String {
        let token = try BearerToken.required(request.headers)
        await note(token.text, context)
        return token.text
    }

    /// What an unchecked token claims decides nothing but which registered origins may read the answer to it.
    private func note(_ token: String, _ context: RequestContext) async {
        guard let claims = try? UnverifiedToken(parsing: token).unverifiedClaims(),
            let client = try? await directory.client(claims.clientID)
        else { return }
        context.browser.note(client)
    }
}
