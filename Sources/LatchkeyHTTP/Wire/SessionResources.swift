/// One sign-in, as administrators see it. Never with a token: there is none to show.
package struct SessionResource: Codable, Sendable, Equatable {
    /// The `sid` of its tokens.
    package let id: String
    package let sub: String
    package let userName: String
    package let clientID: String
    /// `active`, `expired` or `ended` (revoked one by one or by a watermark).
    package let state: String
    /// `body`, `cookie` or `session`.
    package let transport: String
    package let scope: String
    /// How often its refresh token was issued; 1 at login.
    package let generation: Int64
    package let deviceName: String?
    /// The source network at login, and that of the last rotation.
    package let network: String
    package let lastNetwork: String
    /// Unix seconds, as all times here.
    package let createdAt: Int64
    package let refreshedAt: Int64
    /// The earlier of idle and absolute end.
    package let expiresAt: Int64
    package let endedAt: Int64?
    package let endReason: String?

    package init(
        id: String, sub: String, userName: String, clientID: String, state: String, transport: String, scope: String,
        generation: Int64, deviceName: String?, network: String, lastNetwork: String, createdAt: Int64,
        refreshedAt: Int64, expiresAt: Int64, endedAt: Int64?, endReason: String?
    ) {
        self.id = id
        self.sub = sub
        self.userName = userName
        self.clientID = clientID
        self.state = state
        self.transport = transport
        self.scope = scope
        self.generation = generation
        self.deviceName = deviceName
        self.network = network
        self.lastNetwork = lastNetwork
        self.createdAt = createdAt
        self.refreshedAt = refreshedAt
        self.expiresAt = expiresAt
        self.endedAt = endedAt
        self.endReason = endReason
    }

    enum CodingKeys: String, CodingKey {
        case id, sub, state, transport, scope, generation, network
        case userName = "user_name"
        case clientID = "client_id"
        case deviceName = "device_name"
        case lastNetwork = "last_network"
        case createdAt = "created_at"
        case refreshedAt = "refreshed_at"
        case expiresAt = "expires_at"
        case endedAt = "ended_at"
        case endReason = "end_reason"
    }
}

/// `GET /api/v1/admin/sessions/{sid}/explain`: what the audit trail knows of a session.
package struct SessionExplanationResource: Codable, Sendable {
    /// Absent when the row is gone.
    package let session: SessionResource?
    /// One sentence: why the session is refused, or that it lives.
    package let verdict: String
    /// Absent while it lives, and when it expired.
    package let ending: SessionEndingResource?
    /// Newest first, at most 200, and the one that ended it.
    package let events: [AuditResource]

    package init(
        session: SessionResource?, verdict: String, ending: SessionEndingResource?, events: [AuditResource]
    ) {
        self.session = session
        self.verdict = verdict
        self.ending = ending
        self.events = events
    }
}

/// What ended a session, as far as the audit trail goes back.
package struct SessionEndingResource: Codable, Sendable, Equatable {
    /// From the closed list of reasons.
    package let reason: String?
    /// Unix seconds.
    package let at: Int64?
    /// `operator`, `system`, `user:<sub>` or `client:<client_id>`.
    package let actor: String?
    /// What the user who acted was called then.
    package let actorName: String?
    /// What an administrator wrote.
    package let note: String?
    /// The entry of the revocation log.
    package let seq: Int64?

    package init(reason: String?, at: Int64?, actor: String?, actorName: String?, note: String?, seq: Int64?) {
        self.reason = reason
        self.at = at
        self.actor = actor
        self.actorName = actorName
        self.note = note
        self.seq = seq
    }

    enum CodingKeys: String, CodingKey {
        case reason, at, actor, note, seq
        case actorName = "actor_name"
    }
}
