/// One line of the audit trail.
package struct AuditResource: Codable, Sendable, Equatable {
    package let id: Int64
    /// For instance `refresh.replayed`; the closed list of `AuditEvent.Kind`.
    package let kind: String
    /// Unix seconds.
    package let at: Int64
    /// `operator`, `system`, `user:<sub>` or `client:<client_id>`.
    package let actor: String
    /// What the user who acted was called then.
    package let actorName: String?
    package let sub: String?
    /// What the user was called then.
    package let userName: String?
    package let sid: String?
    package let clientID: String?
    package let network: String?
    package let details: [String: String]
    /// How many like events the line stands for.
    package let count: Int

    package init(
        id: Int64, kind: String, at: Int64, actor: String, actorName: String?, sub: String?, userName: String?,
        sid: String?, clientID: String?, network: String?, details: [String: String], count: Int
    ) {
        self.id = id
        self.kind = kind
        self.at = at
        self.actor = actor
        self.actorName = actorName
        self.sub = sub
        self.userName = userName
        self.sid = sid
        self.clientID = clientID
        self.network = network
        self.details = details
        self.count = count
    }

    enum CodingKeys: String, CodingKey {
        case id, kind, at, actor, sub, sid, network, details, count
        case actorName = "actor_name"
        case userName = "user_name"
        case clientID = "client_id"
    }
}
