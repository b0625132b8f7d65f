import LatchkeyTokens

/// Who may call a route: what ``Gates`` enforces, and what OpenAPI, CORS and challenges tell of it.
package enum RouteAccess: Sendable, Hashable {
    /// Anyone, without credentials. Where the work itself is to end what a credential stands for, the domain judges it.
    case open
    /// OAuth clients by a form, with client authentication or by `client_id` alone when public.
    case client
    /// The same by a JSON body: the applications of our own API.
    case application
    /// Of these, the ones that may collect passwords.
    case firstParty
    /// Whoever `revocations.access` admits.
    case listReader
    /// Any live access token of ours.
    case bearer
    /// A user's token with scope `latchkey:account`.
    case account
    /// A client's own token with scope `latchkey:events`.
    case receiver
    /// A token with scope `latchkey:admin`, or the Unix socket.
    case admin(AdminUse)
    /// The Unix socket, and commands inside the process; for others there is nothing.
    case `operator`
    /// The cookie of a server session.
    case session
    /// The browser that began a sign-in on another host, by its start cookie.
    case begunSignIn
    /// What a reverse proxy passes on of the original request: that cookie, or any live access token of ours.
    case forwarded

    /// What an administrator does. A page that somebody reads must not be able to change anything, so reads are `GET`, and
    /// changes are not.
    package enum AdminUse: Sendable, Hashable { case reads, changes }

    /// The latchkey scope that it takes.
    var requiredScope: String? {
        switch self {
        case .account: Scope.latchkeyAccount
        case .admin: Scope.latchkeyAdmin
        case .receiver: Scope.latchkeyEvents
        case .open, .client, .application, .firstParty, .listReader, .bearer, .operator, .session, .begunSignIn,
            .forwarded:
            nil
        }
    }
}
