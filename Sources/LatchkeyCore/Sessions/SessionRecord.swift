package import LatchkeyTokens

/// A session with the user and the client that it belongs to, read in one transaction.
package struct SessionRecord: Sendable {
    package var session: Session
    package let user: User
    package let client: Client
    /// `sessions_ended_at` of all users.
    package let allEndedAt: Timestamp?

    package init(session: Session, user: User, client: Client, allEndedAt: Timestamp?) {
        self.session = session
        self.user = user
        self.client = client
        self.allEndedAt = allEndedAt
    }
}

package struct SessionFilter: Sendable {
    package enum State: String, Sendable, CaseIterable { case active, ended }
    package var user: UserID?
    package var client: ClientID?
    package var state: State?
    /// Begun at or after this instant.
    package var since: Timestamp?
    package init(user: UserID? = nil, client: ClientID? = nil, state: State? = nil, since: Timestamp? = nil) {
        self.user = user
        self.client = client
        self.state = state
        self.since = since
    }
}
