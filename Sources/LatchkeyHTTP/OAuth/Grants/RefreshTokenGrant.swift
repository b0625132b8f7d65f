import LatchkeyCore
import LatchkeyTokens

/// `grant_type=refresh_token` (RFC 6749 6): the next token of a session whose refresh token travels in bodies.
struct RefreshTokenGrant: Sendable {
    let sessions: SessionService
    let settings: Settings

    /// - Throws: `Refusal` `invalid_grant` with its reason, also for a session that lives by its cookie; `invalid_scope`,
    ///   `invalid_target`.
    func answer(
        token: String, scope: Scope?, resources: [String], client: Client, context: RequestContext
    ) async throws -> TokenReply {
        if !resources.isEmpty { try await check(resources, token: token, scope: scope, client: client) }
        return try await sessions.refresh(
            RefreshRequest(token: token, client: client, scope: scope, transport: .body, network: context.network))
    }

    /// Rare, so one more read is fine. What is wrong with the token itself is told by the refresh.
    private func check(_ resources: [String], token: String, scope: Scope?, client: Client) async throws {
        guard let record = try await sessions.lookup(refreshToken: token)?.record,
            record.session.client == client.id
        else { return }
        let grant = try client.tokenGrant(
            held: record.session.scope, requested: scope, user: record.user, settings: settings)
        try ResourceIndicator.check(resources, within: grant.audience)
    }
}
