import LatchkeyTokens

/// Who may call a route: ``Gates`` enforces it, and OpenAPI, CORS and challenges describe it.
package enum RouteAccess: Sendable, Hashable {
    /// Anyone, without credentials. If the work ends a credential's session, the domain checks the credential.
    case open
    /// OAuth clients by a form, with client authentication, or by `client_id` alone if public.
    case client
    /// The same by a JSON body: the applications of our own API.
    case application
    /// Of these, the ones that may collect passwords.
    case firstParty
    /// The readers that `revocations.access` admits.
    case listReader
    /// Any live access token of ours.
    case bearer
    /// A user's token with scope `openid`, in the header or, after a POST, in the form.
    case userInfo
    /// A user's token with scope `latchkey:account`.
    case account
    /// A client's own token with scope `latchkey:events`.
    case receiver
    /// A token with scope `latchkey:admin`, or the Unix socket.
    case admin(AdminUse)
    /// The Unix socket, and commands inside the process; for all others the path does not exist.
    case `operator`
    /// The cookie of a server session.
    case session
    /// The browser that began a sign-in on another host, by its start cookie.
    case begunSignIn
    /// The credential of the original request that a reverse proxy passes on: that cookie, or any live access token of
    /// ours.
    case forwarded

    /// What an administrator does. A page that somebody only reads must not be able to change anything, so reads are
    /// `GET`, and changes are not.
    package enum AdminUse: Sendable, Hashable { case reads, changes }

    /// The scope that it requires.
    var requiredScope: String? {
        switch self {
        case .userInfo: Scope.openID
        case .account: Scope.latchkeyAccount
        case .admin: Scope.latchkeyAdmin
        case .receiver: Scope.latchkeyEvents
        case .open, .client, .application, .firstParty, .listReader, .bearer, .operator, .session, .begunSignIn,
            .forwarded:
            nil
        }
    }
}
