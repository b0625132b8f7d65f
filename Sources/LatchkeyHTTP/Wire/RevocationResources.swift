import LatchkeyCore
import LatchkeyTokens

/// One entry of the revocation log, including what the published list omits.
package struct RevocationResource: WireObject, Equatable {
    package let seq: Int64
    package let kind: String
    package let id: String?
    package let issuedBefore: Int64?
    package let expiresAt: Int64
    package let revokedAt: Int64
    package let reason: String
    package let note: String?
    package let actor: String

    package static let schema = ObjectSchema(
        resource: "Revocation", "An entry of the revocation log.", RevocationResource.init,
        Member("seq", \.seq),
        Member("kind", \.kind, as: .choice(of: RevocationEntry.Kind.self)),
        Member("id", \.id, "The id that the entry names; absent for all."),
        Member(
            "iat_before", \.issuedBefore,
            "The entry matches tokens issued up to then, Unix seconds; absent for token, session and key."),
        Member("exp", \.expiresAt, "When the entry leaves the list, Unix seconds."),
        Member("revoked_at", \.revokedAt, Meaning.instant),
        Member("reason", \.reason, as: .choice(of: RevocationReason.self)),
        Member("note", \.note, "What the administrator wrote."),
        Member("actor", \.actor, Meaning.actor))
}

/// `POST /api/v1/admin/revocations`. Answers 201 with the ``RevocationResource`` that was written, or 200 with a
/// ``RevocationUnchanged`` when there was nothing live to revoke.
package struct RevocationCreate: WireObject {
    package let kind: String
    package let id: String?
    package let token: SecretText?
    package let reason: String?
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

    package static let schema = ObjectSchema(
        body: "RevocationCreate", "What to revoke.", RevocationCreate.init,
        Member("kind", \.kind, as: .choice(of: RevocationEntry.Kind.self)),
        Member(
            "id", \.id, "jti, sid, user (id or name), client_id or kid. Absent for kind all.", as: .nonEmpty),
        Member(
            "token", \.token,
            "With kind token, instead of the id: the token itself, an access or refresh token of this server."),
        Member(
            "reason", \.reason, "For the log; not published.", as: .text(Lengths(most: AdminRevocations.longestNote))),
        Member("sessions", \.sessions, "With kind all: end every session too. Absent: false."))
}

/// A revocation without anything left to do: repeating one is harmless and writes nothing.
package struct RevocationUnchanged: WireObject {
    package let kind: String
    package let id: String?
    package let detail: String

    package static let schema = ObjectSchema(
        resource: "RevocationUnchanged", "There was nothing live to revoke.", RevocationUnchanged.init,
        Member("kind", \.kind, as: .choice(of: RevocationEntry.Kind.self)),
        Member("id", \.id),
        Member("detail", \.detail))
}

/// `GET /api/v1/admin/revocations?after=SEQ`: live entries newer than `after`, oldest first.
package struct RevocationTail: WireObject {
    package let items: [RevocationResource]
    package let after: Int64

    package static let schema = ObjectSchema(
        resource: "RevocationTail", "The newer entries.", RevocationTail.init,
        Member("items", \.items),
        Member("after", \.after, "The parameter after of the next request."))
}
