import LatchkeyCore

/// One sign-in, as administrators see it. Never with a token: there is none to show.
package struct SessionResource: WireObject, Equatable {
    package let id: String
    package let sub: String
    package let userName: String
    package let clientID: String
    package let state: String
    package let transport: String
    package let scope: String
    package let generation: Int64
    package let deviceName: String?
    package let network: String
    package let lastNetwork: String
    package let createdAt: Int64
    package let refreshedAt: Int64
    package let expiresAt: Int64
    package let endedAt: Int64?
    package let endReason: String?

    package static let schema = ObjectSchema(
        resource: "Session", "One sign-in of a user through a client.", SessionResource.init,
        Member("id", \.id, "The sid."),
        Member("sub", \.sub),
        Member("user_name", \.userName),
        Member("client_id", \.clientID),
        Member(
            "state", \.state, "ended: revoked, alone or with others.",
            as: .choice(["active", "expired", "ended"])),
        Member("transport", \.transport, as: .choice(of: Session.Transport.self)),
        Member("scope", \.scope),
        Member("generation", \.generation, "How often its refresh token was issued; 1 at login."),
        Member("device_name", \.deviceName),
        Member("network", \.network, "The network of the sign-in."),
        Member("last_network", \.lastNetwork, "The network of the last rotation."),
        Member("created_at", \.createdAt, Meaning.instant),
        Member("refreshed_at", \.refreshedAt, Meaning.instant),
        Member("expires_at", \.expiresAt, "The earlier of idle and absolute end, Unix seconds."),
        Member("ended_at", \.endedAt, Meaning.instant),
        Member("end_reason", \.endReason))
}

/// `GET /api/v1/admin/sessions/{sid}/explain`: what the audit trail knows about a session.
package struct SessionExplanationResource: WireObject {
    package let session: SessionResource?
    package let verdict: String
    package let ending: SessionEndingResource?
    package let events: [AuditResource]

    package static let schema = ObjectSchema(
        resource: "SessionExplanation", "Why a session is in its state.", SessionExplanationResource.init,
        Member("session", \.session, "Absent when the row is gone."),
        Member("verdict", \.verdict, "Why the session is refused, or that it is live."),
        Member("ending", \.ending, "Absent while it is live, and when it expired."),
        Member("events", \.events, "Newest first, at most 200, and the one that ended it."))
}

/// What ended a session, as far back as the audit trail goes.
package struct SessionEndingResource: WireObject, Equatable {
    package let reason: String?
    package let at: Int64?
    package let actor: String?
    package let actorName: String?
    package let note: String?
    package let seq: Int64?

    package static let schema = ObjectSchema(
        resource: "SessionEnding", "What ended a session, as far back as the audit trail goes.",
        SessionEndingResource.init,
        Member("reason", \.reason, as: .choice(of: RevocationReason.self)),
        Member("at", \.at, Meaning.instant),
        Member("actor", \.actor, Meaning.actor),
        Member("actor_name", \.actorName, Meaning.actorName),
        Member("note", \.note, "What an administrator wrote."),
        Member("seq", \.seq, "The entry of the revocation log."))
}
