import LatchkeyTokens

extension Services {
    /// Completes what a restored backup or a reset clock still requires. Called at each start before anything is
    /// served, so that a command killed at any instant leaves nothing undone; every step may be repeated.
    /// - Returns: what was done; `nil` when nothing was pending.
    @discardableResult
    package func finishSettlement() async throws -> PendingSettlement? {
        guard let pending = try await store.pendingSettlement() else { return nil }
        var event: AuditEvent?
        switch pending {
        case .restored, .restoredKeepingSessions:
            let endsSessions = pending == .restored
            _ = try await store.revoke(
                RevocationOrder(.all(sessions: endsSessions), reason: .restored, actor: .operator))
            try await keys.emergency(reason: .restored, actor: .operator)
            event = AuditEvent(
                .storeRestored, at: clock.now(), actor: .operator,
                details: ["sessions": endsSessions ? "ended" : "kept"])
        case .clockReset:
            try await keys.emergency(reason: .clockReset, actor: .operator)
        }
        try await store.clearSettlement(event: event)
        return pending
    }
}
