package import LatchkeyTokens

/// One line of the audit trail: who did what to whom, and from where.
package struct AuditEvent: Sendable, Equatable {
    /// What happened. Stable strings: the closed list that operators filter by.
    package enum Kind: String, Sendable, CaseIterable {
        case loginSucceeded = "login.succeeded"
        case loginFailed = "login.failed"
        case loginThrottled = "login.throttled"
        case loginCodeIssued = "login.code_issued"
        case loginCodeReplayed = "login.code_replayed"
        case consentGranted = "consent.granted"
        case consentRemoved = "consent.removed"
        case sessionEnded = "session.ended"
        case refreshRefused = "refresh.refused"
        case refreshReplayed = "refresh.replayed"
        case refreshRecovered = "refresh.recovered"
        case refreshReusedElsewhere = "refresh.reused_elsewhere"
        case refreshReusedRepeatedly = "refresh.reused_repeatedly"
        case storeRolledBack = "store.rolled_back"
        case storeRestored = "store.restored"
        case storeClockReset = "store.clock_reset"
        case storeHistoryChanged = "store.history_changed"
        case userCreated = "user.created"
        case userUpdated = "user.updated"
        case userDisabled = "user.disabled"
        case userEnabled = "user.enabled"
        case userDeleted = "user.deleted"
        case usersImported = "user.imported"
        case passwordChanged = "password.changed"
        case passwordSet = "password.set"
        case passwordRehashed = "password.rehashed"
        case clientCreated = "client.created"
        case clientUpdated = "client.updated"
        case clientDisabled = "client.disabled"
        case clientEnabled = "client.enabled"
        case clientDeleted = "client.deleted"
        case clientSecretRotated = "client.secret_rotated"
        case clientAuthenticationFailed = "client.authentication_failed"
        case revoked = "revocation.added"
        case keyAnnounced = "key.announced"
        case keyActivated = "key.activated"
        case keyRetired = "key.retired"
        case keyGone = "key.gone"
        case keyWithdrawn = "key.withdrawn"
        case keyImported = "key.imported"
        case masterKeyRotated = "master_key.rotated"
        case tokenMinted = "token.minted"
        case streamCreated = "stream.created"
        case streamUpdated = "stream.updated"
        case streamDeleted = "stream.deleted"
        case streamEventRefused = "stream.event_refused"
        case streamEventsDropped = "stream.events_dropped"
    }

    /// Row number; 0 before it is stored.
    package let id: Int64
    package let kind: Kind
    package let at: Timestamp
    package let actor: Actor
    package let user: UserID?
    package let session: SessionID?
    package let client: ClientID?
    package let network: String?
    /// Short facts, for instance `reason` or `behind`, and the `note` of an administrator. Never a secret, and never
    /// text that a stranger chose.
    package let details: [String: String]
    /// How many similar events this line stands for (repeated failures are folded).
    package let count: Int
    /// The names of ``user`` and of the user who is ``actor`` when the event was stored. The store fills them in.
    package let userName: String?
    package let actorName: String?

    package init(
        id: Int64 = 0, _ kind: Kind, at: Timestamp, actor: Actor, user: UserID? = nil, session: SessionID? = nil,
        client: ClientID? = nil, network: String? = nil, details: [String: String] = [:], count: Int = 1,
        userName: String? = nil, actorName: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.at = at
        self.actor = actor
        self.user = user
        self.session = session
        self.client = client
        self.network = network
        self.details = details
        self.count = count
        self.userName = userName
        self.actorName = actorName
    }
}

/// Which events to list; `nil` fields do not filter.
package struct AuditFilter: Sendable {
    /// Events about one of these users, who may be deleted.
    package var users: [UserID]?
    package var session: SessionID?
    package var client: ClientID?
    package var kind: AuditEvent.Kind?
    /// Not before this instant.
    package var since: Timestamp?
    package init(
        user: UserID? = nil, session: SessionID? = nil, client: ClientID? = nil, kind: AuditEvent.Kind? = nil,
        since: Timestamp? = nil
    ) {
        users = user.map { [$0] }
        self.session = session
        self.client = client
        self.kind = kind
        self.since = since
    }
}
