/// One entry of the revocation log, with what the published list leaves out.
package struct RevocationResource: Codable, Sendable, Equatable {
    package let seq: Int64
    /// `token`, `session`, `user`, `client`, `key` or `all`.
    package let kind: String
    /// What it names; absent for `all`.
    package let id: String?
    /// Matches tokens issued up to then (Unix seconds); absent for `token`, `session` and `key`.
    package let issuedBefore: Int64?
    /// When the entry leaves the list, Unix seconds.
    package let expiresAt: Int64
    /// Unix seconds.
    package let revokedAt: Int64
    /// From the closed list of reasons.
    package let reason: String
    /// What the administrator wrote.
    package let note: String?
    /// `operator`, `system`, `user:<sub>` or `client:<client_id>`.
    package let actor: String

    package init(
        seq: Int64, kind: String, id: String?, issuedBefore: Int64?, expiresAt: Int64, revokedAt: Int64,
        reason: String, note: String?, actor: String
    ) {
        self.seq = seq
        self.kind = kind
        self.id = id
        self.issuedBefore = issuedBefore
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.reason = reason
        self.note = note
        self.actor = actor
    }

    enum CodingKeys: String, CodingKey {
        case seq, kind, id, reason, note, actor
        case issuedBefore = "iat_before"
        case expiresAt = "exp"
        case revokedAt = "revoked_at"
    }
}

/// `POST /api/v1/admin/revocations`. Answers 201 with the ``RevocationResource`` that was written, or 200 with a
/// ``RevocationUnchanged`` when nothing live was left to revoke.
package struct RevocationCreate: Codable, Sendable {
    /// `token`, `session`, `user`, `client`, `key` or `all`.
    package let kind: String
    /// `jti`, `sid`, user (id or name), `client_id` or `kid`; absent for `all`.
    package let id: String?
    /// With kind `token`, instead of the id: the token itself, access or refresh token. It has to be one of this server.
    package let token: SecretText?
    /// Free text for the log, at most 200 characters, not published.
    package let reason: String?
    /// With kind `all`: end every session too. Absent: false.
    package let sessions: Bool?

    package init(
        kind: String, id: String? = nil, token: SecretText? = nil, reason: String? = nil, sessions: Bool? = nil
    ) {
        self.kind = kind
        self.id = id
        self.token = token
        self.reason = reason
        self.sessions = sessions
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, id, token, reason, sessions
    }
}

/// A revocation that had nothing left to do: repeating one is harmless and writes nothing.
package struct RevocationUnchanged: Codable, Sendable {
    package let kind: String
    package let id: String?
    package let detail: String

    package init(kind: String, id: String?, detail: String) {
        self.kind = kind
        self.id = id
        self.detail = detail
    }
}

/// `GET /api/v1/admin/revocations?after=SEQ`: live entries newer than `after`, oldest first.
package struct RevocationTail: Codable, Sendable {
    package let items: [RevocationResource]
    /// The `after` of the next request.
    package let after: Int64

    package init(items: [RevocationResource], after: Int64) {
        self.items = items
        self.after = after
    }
}
