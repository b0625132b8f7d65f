package import LatchkeyTokens

extension SessionService {
    /// Ends a session: its access tokens through the list, its refresh token at once. Idempotent. Durable on return.
    package func end(
        _ session: SessionID, reason: RevocationReason, actor: Actor
    ) async throws -> RevocationOutcome {
        try await store.revoke(RevocationOrder(.session(session), reason: reason, actor: actor))
    }

    /// Ends every session of a user but the one that asks.
    /// - Returns: how many ended.
    package func revokeOthers(user: UserID, keeping session: SessionID) async throws -> Int {
        let outcome = try await store.revoke(
            RevocationOrder(.otherSessions(user, keeping: session), reason: .user, actor: .user(user)))
        guard case .revoked(_, let ended) = outcome else { return 0 }
        return ended
    }
}
