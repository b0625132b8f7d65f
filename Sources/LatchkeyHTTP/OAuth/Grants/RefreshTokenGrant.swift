import LatchkeyCore
import LatchkeyTokens

/// `grant_type=refresh_token` (RFC 6749 6): the next token of a session whose refresh token travels in bodies.
struct RefreshTokenGrant: Sendable {
    let sessions: SessionService
    let settings: Settings

    var offered: OfferedGrant {
        OfferedGrant(.refreshToken, read: Request.init) { try await answer($0, client: $1, network: $2) }
    }

    /// The content of a form.
    struct Request: Sendable, Equatable {
        let token: String
        let scope: Scope?
        let resources: [String]

        init(_ form: RequestParameters) throws(Refusal) {
            token = try form.required("refresh_token")
            scope = try Scope(parameter: form["scope"])
            resources = form.all("resource")
        }
    }

    /// - Throws: `Refusal` `invalid_grant` with its reason, also for a cookie session; `invalid_scope`,
    ///   `invalid_target`.
    private func answer(_ request: Request, client: Client, network: String) async throws -> TokenReply {
        if !request.resources.isEmpty { try await check(request, client: client) }
        return try await sessions.refresh(
            RefreshRequest(
                token: request.token, client: client, scope: request.scope, transport: .body, network: network))
    }

    /// Rare, so one more read is fine. The refresh itself reports what is wrong with the token.
    private func check(_ request: Request, client: Client) async throws {
        guard let record = try await sessions.lookup(refreshToken: request.token)?.record,
            record.session.client == client.id
        else { return }
        let grant = try client.tokenGrant(
            held: record.session.scope, requested: request.scope, user: record.user, settings: settings)
        try ResourceIndicator.check(request.resources, within: grant.audience)
    }
}
