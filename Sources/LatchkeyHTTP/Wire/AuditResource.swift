import LatchkeyCore

/// One line of the audit trail.
package struct AuditResource: WireObject, Equatable {
    package let id: Int64
    package let kind: String
    package let at: Int64
    package let actor: String
    package let actorName: String?
    package let sub: String?
    package let userName: String?
    package let sid: String?
    package let clientID: String?
    package let network: String?
    package let details: [String: String]
    package let count: Int

    package static let pageName = "AuditPage"

    package static let schema = ObjectSchema(
        resource: "AuditEvent", "One line of the audit trail.", AuditResource.init,
        Member("id", \.id),
        Member("kind", \.kind, as: .choice(of: AuditEvent.Kind.self)),
        Member("at", \.at, Meaning.instant),
        Member("actor", \.actor, Meaning.actor),
        Member("actor_name", \.actorName, Meaning.actorName),
        Member("sub", \.sub),
        Member("user_name", \.userName, "The user's name at that time."),
        Member("sid", \.sid),
        Member("client_id", \.clientID),
        Member("network", \.network),
        Member("details", \.details),
        Member("count", \.count, "How many similar events the line stands for."))
}
