package import LatchkeyTokens

/// Scope and audience of one access token.
package struct TokenGrant: Sendable, Equatable {
    package let scope: Scope
    /// One or more, in the order of `aud`.
    package let audience: [String]
    /// What was wanted and may be had, but stands in no token with ``scope``: it has to be asked for alone.
    package let separate: Scope

    package init(scope: Scope, audience: [String], separate: Scope = Scope()) {
        self.scope = scope
        self.audience = audience
        self.separate = separate
    }
}

extension Client {
    /// What a client may ask for that was registered without a list.
    package static let defaultScope =
        Scope(tokens: ["openid", "profile", "email", "offline_access", Scope.latchkeyAccount]) ?? Scope()

    /// What this client may ask for.
    package var allowedScope: Scope { settings.scope ?? Self.defaultScope }

    /// Whether its sessions may carry the refresh token in a cookie: a browser application with known origins.
    package var allowsCookieTransport: Bool { kind == .public && !settings.origins.isEmpty }

    /// Whether its users may have server sessions: an application of ours with known origins.
    package var allowsServerSessions: Bool { settings.firstParty && !settings.origins.isEmpty }

    /// The part of a session's scope that client and user may still have.
    package func scopeStillHeld(_ held: Scope, by user: User) -> Scope { usable(held, by: Holder(user)) }

    /// What a session (or a client's own token) is granted.
    ///
    /// Asked for: all of it must be in the client's list. Not asked for (`nil` or empty): the list without
    /// `latchkey:*`. `latchkey:account` belongs to people, so a client's own token never has it; `latchkey:events`
    /// belongs to services, so a person's token never has it. `latchkey:admin` needs the client's list, the request and,
    /// for a person, the role `admin`.
    ///
    /// - Parameter user: `nil` for a client's own token (`client_credentials`).
    /// - Throws: `invalid_scope`, also when nothing would be left.
    package func grantedScope(requested: Scope?, user: User?) throws(Refusal) -> Scope {
        try granted(requested, to: Holder(user))
    }

    /// Scope and audience of one access token out of what the session holds.
    ///
    /// A session may hold scopes for services and `latchkey:*` ones side by side; a token never does. A request that
    /// asks for `latchkey:*` alone gets a token with those and the sole audience `<issuer>/api/v1`; any other token
    /// carries the other scopes and the client's audience, and the answer names the rest in ``TokenGrant/separate``. So
    /// after a login that asked for `openid latchkey:account`:
    ///
    /// | request | scope of the access token | audience |
    /// | --- | --- | --- |
    /// | the login itself, or a refresh without scope | `openid` | the client's |
    /// | refresh asking for `latchkey:account` | `latchkey:account` | `<issuer>/api/v1` |
    /// | refresh asking for both | `openid` | the client's |
    ///
    /// A session that was granted `latchkey:*` alone gets that token each time, `latchkey:account` and `latchkey:admin`
    /// in one when it holds both. What client or user have lost since the login is left out, and `invalid_scope` when
    /// it was asked for by name: list and roles are judged anew for each token.
    ///
    /// - Parameters:
    /// - held: what the session was granted; for a client's own token the outcome of ``grantedScope(requested:user:)``.
    /// - requested: of this request; `nil` or empty: all that is held.
    ///   - user: as read for this token; `nil` for a client's own token.
    /// - Throws: `invalid_scope`.
    package func tokenGrant(
        held: Scope, requested: Scope? = nil, user: User?, settings: Settings
    ) throws(Refusal) -> TokenGrant {
        var wanted = usable(held, by: Holder(user))
        if let requested, !requested.isEmpty {
            guard requested.isSubset(of: wanted) else {
                throw Refusal(
                    .invalidScope, "The session was not granted all of this scope: ask for less or log in anew.")
            }
            wanted = requested
        }
        let services = wanted.filter { !$0.hasPrefix(Scope.latchkeyPrefix) }
        if !services.isEmpty {
            return TokenGrant(
                scope: services, audience: tokenAudience(settings: settings),
                separate: services.tokens.count == wanted.tokens.count
                    ? Scope() : wanted.filter { $0.hasPrefix(Scope.latchkeyPrefix) })
        }
        guard !wanted.isEmpty else {
            throw Refusal(.invalidScope, "Nothing that was granted is allowed any more: log in anew.")
        }
        return TokenGrant(scope: wanted, audience: [settings.apiAudience])
    }

    /// `aud` of this client's tokens for services.
    package func tokenAudience(settings: Settings) -> [String] {
        let audiences = self.settings.audiences
        return audiences.isEmpty ? [settings.tokens.audience ?? settings.issuer] : audiences
    }

    /// Whom a token speaks for.
    private enum Holder {
        case user(roles: [String])
        case client

        init(_ user: User?) {
            self = user.map { .user(roles: $0.roles) } ?? .client
        }
    }

    private func granted(_ requested: Scope?, to holder: Holder) throws(Refusal) -> Scope {
        guard let requested, !requested.isEmpty else {
            let granted = allowedScope.filter { !$0.hasPrefix(Scope.latchkeyPrefix) }
            guard !granted.isEmpty else {
                throw Refusal(.invalidScope, "Name the scope that you need: this client has none by default.")
            }
            return granted
        }
        guard requested == usable(requested, by: holder) else {
            throw Refusal(.invalidScope, "Part of the scope is not allowed for this client or user: ask for less.")
        }
        return requested
    }

    /// The part of `scope` that this client, and who stands behind the token, may have now.
    private func usable(_ scope: Scope, by holder: Holder) -> Scope {
        scope.intersection(allowedScope).filter { token in
            switch (token, holder) {
            case (Scope.latchkeyAccount, .user): true
            case (Scope.latchkeyAccount, .client): false
            case (Scope.latchkeyAdmin, .user(let roles)): roles.contains(UserRoles.admin)
            case (Scope.latchkeyAdmin, .client): true
            case (Scope.latchkeyEvents, .user): false
            case (Scope.latchkeyEvents, .client): true
            // Nothing else of that name exists, whatever an old row says.
            default: !token.hasPrefix(Scope.latchkeyPrefix)
            }
        }
    }
}

extension Scope {
    /// What the scopes of our own API begin with.
    package static let latchkeyPrefix = "latchkey:"
}

extension Settings {
    /// The sole `aud` of tokens for our own account and admin API.
    package var apiAudience: String { issuer.hasSuffix("/") ? issuer + "api/v1" : issuer + "/api/v1" }
}
