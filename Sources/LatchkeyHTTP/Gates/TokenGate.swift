import LatchkeyCore
import LatchkeyTokens

/// Access tokens at our own API. Pages of the client that a token names may read the response, even when the token has
/// expired: a page must see that 401 to know that it must refresh.
final class TokenGate: Sendable {
    private let bearer: BearerVerifier
    private let directory: ClientDirectory

    init(bearer: BearerVerifier, directory: ClientDirectory) {
        self.bearer = bearer
        self.directory = directory
    }

    /// Any live token of ours, with the current state of its session: the index does not know about a session that
    /// ended without an entry.
    /// - Throws: `Refusal` `bearer_missing`, `invalid_token`.
    func bearer(_ request: Request, _ context: RequestContext) async throws -> AuthorisedCaller {
        let token = try bearer.verify(try await text(request, context))
        let record = token.claims.sessionID == nil ? nil : try await bearer.session(of: token)
        return AuthorisedCaller(token: token, record: record)
    }

    /// The user behind a token with `openid`, whatever its audience: the client got it to ask who the user is (OpenID
    /// Connect Core 5.3.1).
    /// - Throws: `Refusal` `bearer_missing`, `invalid_request`, `invalid_token`, `insufficient_scope`.
    func userInfo(_ request: Request, _ context: RequestContext) async throws -> UserInfoCaller {
        let token = try BearerToken.required(anywhereIn: request)
        await context.browser.note(token, directory)
        return try await bearer.authoriseUserInfo(token.text)
    }

    /// The user behind a token with `latchkey:account`, its session read again.
    /// - Throws: `Refusal` `bearer_missing`, `invalid_token`, `insufficient_scope`.
    func account(_ request: Request, _ context: RequestContext) async throws -> SessionRecord {
        let caller = try await bearer.authorise(try await text(request, context), scope: Scope.latchkeyAccount)
        guard let record = caller.record else {
            throw Refusal(.insufficientScope, "This needs an access token from a user's sign-in.")
        }
        return record
    }

    /// Over the Unix socket and inside the process, the operator. Every other caller needs a live token with
    /// `latchkey:admin`, whose session row is read again on every request.
    /// - Throws: `Refusal` `bearer_missing`, `invalid_token`, `insufficient_scope`.
    func administrator(_ request: Request, _ context: RequestContext) async throws -> Actor {
        if context.isLocalOperator { return .operator }
        return try await bearer.authorise(try await text(request, context), scope: Scope.latchkeyAdmin).actor
    }

    /// The client behind a token of its own with `latchkey:events`, its row read again on every request. Such a client
    /// sees only its own stream.
    /// - Throws: `Refusal` `bearer_missing`, `invalid_token`, `insufficient_scope`.
    func receiver(_ request: Request) async throws -> ClientID {
        let token = try BearerToken.required(request.headers)
        let caller = try await bearer.authorise(token.text, scope: Scope.latchkeyEvents)
        guard caller.record == nil else {
            throw Refusal(.insufficientScope, "Events are for services: use a token of the client itself.")
        }
        return caller.token.claims.clientID
    }

    /// The text of the token that the request carries, unchecked.
    /// - Throws: `Refusal` `bearer_missing`, `invalid_request`.
    private func text(_ request: Request, _ context: RequestContext) async throws -> String {
        let token = try BearerToken.required(request.headers)
        await context.browser.note(token, directory)
        return token.text
    }
}

extension BrowserExchange {
    /// The claims of an unchecked token decide only which registered origins may read the response.
    func note(_ token: BearerToken, _ directory: ClientDirectory) async {
        guard let claims = try? UnverifiedToken(parsing: token.text).unverifiedClaims(),
            let client = try? await directory.client(claims.clientID)
        else { return }
        note(client)
    }
}
