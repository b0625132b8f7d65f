package import LatchkeyTokens

/// Whether a session may still be used: the checks between the client binding and the generation table.
package enum SessionValidity: Sendable, Equatable {
    case valid
    case revoked
    case expired

    /// - Parameters:
    ///   - idleLifetime: time since the last rotation after which the session has expired; `nil` skips that check.
    ///   - now: the store's clock.
    package static func judge(_ record: SessionRecord, idleLifetime: Duration?, now: Timestamp) -> SessionValidity {
        let session = record.session
        if session.endedAt != nil { return .revoked }
        if record.user.disabled || record.client.disabled { return .revoked }
        let watermarks = [record.user.sessionsEndedAt, record.client.sessionsEndedAt, record.allEndedAt]
        if watermarks.contains(where: { $0.map { session.createdAt <= $0 } ?? false }) { return .revoked }
        if now >= session.expiresAt { return .expired }
        if let idleLifetime,
            now.milliseconds - session.lineage.rotatedAt.milliseconds >= idleLifetime.wholeMilliseconds
        {
            return .expired
        }
        return .valid
    }
}
