package import LatchkeyTokens

/// Scope and audience of one access token.
package struct TokenGrant: Sendable, Equatable {
    package let scope: Scope
    /// One or more, in the order of `aud`.
    package let audience: [String]
    /// The scope that was requested and may be granted, but is never in one token with ``scope``: it must be requested
    /// alone.
    package let separate: Scope

    package init(scope: Scope, audience: [String], separate: Scope = Scope()) {
        self.scope = scope
        self.audience = audience
        self.separate = separate
    }
}

extension Client {
    /// The scope of a client that was registered without a list. `offline_access`, `address` and `phone` need a list: a
    /// session that outlives its sign-out, and data that few applications use, are never given unasked.
    package static let defaultScope =
        Scope(tokens: ["openid", "profile", "email", Scope.latchkeyAccount]) ?? Scope()

    /// The algorithm of its ID tokens.
    package var signsIDTokensWith: JWSAlgorithm { settings.idTokenAlgorithm ?? .rs256 }

    /// Whether its users' sign-ins can end in ID tokens. Only then is a key of that algorithm published: an unknown kind
    /// of key breaks the whole key set for some verifiers.
    package var usesIDTokens: Bool { usesAuthorizationCodes && allowedScope.contains(Scope.openID) }

    /// Whether people can be sent to the authorization endpoint for it.
    package var usesAuthorizationCodes: Bool {
        settings.grants.contains(.authorizationCode) && !settings.redirectURIs.isEmpty
    }

    /// What this client may ask for.
    package var allowedScope: Scope { settings.scope ?? Self.defaultScope }

    /// Whether its sessions may carry the refresh token in a cookie: a browser application with registered origins.
    package var allowsCookieTransport: Bool { kind == .public && !settings.origins.isEmpty }

    /// Whether its users may have server sessions: a first-party application with registered origins.
    package var allowsServerSessions: Bool { settings.firstParty && !settings.origins.isEmpty }

    /// The part of a session's scope that client and user still have.
    package func scopeStillHeld(_ held: Scope, by user: User) -> Scope { usable(held, by: Holder(user)) }

    /// What a session (or a client's own token) is granted.
    ///
    /// Requested: all of it must be in the client's list. Not requested (`nil` or empty): the list without
    /// `latchkey:*`. `latchkey:account` is for users, so a client's own token never has it; `latchkey:events` is for
    /// services, so a user's token never has it. `latchkey:admin` needs the client's list, the request and, for a user,
    /// the role `admin`.
    ///
    /// - Parameter user: `nil` for a client's own token (`client_credentials`).
    /// - Throws: `invalid_scope`, also when the granted scope would be empty.
    package func grantedScope(requested: Scope?, user: User?) throws(Refusal) -> Scope {
        try granted(requested, to: Holder(user))
    }

    /// The scope and audience of one access token, from what the session holds.
    ///
    /// A session may hold scopes for services together with `latchkey:*` scopes; a token never does. A request for
    /// `latchkey:*` alone gets a token with those and the sole audience `<issuer>/api/v1`. Any other token carries the
    /// other scopes and the client's audience, and the response names the rest in ``TokenGrant/separate``. So after a
    /// login that requested `openid latchkey:account`:
    ///
    /// | request | scope of the access token | audience |
    /// | --- | --- | --- |
    /// | the login itself, or a refresh without scope | `openid` | the client's |
    /// | refresh asking for `latchkey:account` | `latchkey:account` | `<issuer>/api/v1` |
    /// | refresh asking for both | `openid` | the client's |
    ///
    /// A session that was granted `latchkey:*` alone gets that token each time, with `latchkey:account` and
    /// `latchkey:admin` together if it holds both. Scope that the client or the user has lost since the login is left
    /// out, and is `invalid_scope` if it was requested by name: the list and the roles are checked again for each
    /// token.
    ///
    /// - Parameters:
    ///   - held: what the session was granted; for a client's own token the outcome of ``grantedScope(requested:user:)``.
    ///   - requested: of this request; `nil` or empty for everything that is held.
    ///   - user: as read for this token; `nil` for a client's own token.
    /// - Throws: `invalid_scope`.
    package func tokenGrant(
        held: Scope, requested: Scope? = nil, user: User?, settings: Settings
    ) throws(Refusal) -> TokenGrant {
        var wanted = usable(held, by: Holder(user))
        if let requested, !requested.isEmpty {
            guard requested.isSubset(of: wanted) else {
                throw Refusal(
                    .invalidScope, "The session was not granted all of this scope: ask for less or log in again.")
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
            throw Refusal(.invalidScope, "None of the granted scope is allowed any more: log in again.")
        }
        return TokenGrant(scope: wanted, audience: [settings.apiAudience])
    }

    /// `aud` of this client's tokens for services.
    package func tokenAudience(settings: Settings) -> [String] {
        let audiences = self.settings.audiences
        return audiences.isEmpty ? [settings.tokens.audience ?? settings.issuer] : audiences
    }

    /// The subject of a token.
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

    /// The part of `scope` that this client, and the subject of the token, may have now.
    private func usable(_ scope: Scope, by holder: Holder) -> Scope {
        scope.intersection(allowedScope).filter { token in
            switch (token, holder) {
            case (Scope.latchkeyAccount, .user): true
            case (Scope.latchkeyAccount, .client): false
            case (Scope.latchkeyAdmin, .user(let roles)): roles.contains(UserRoles.admin)
            case (Scope.latchkeyAdmin, .client): true
            case (Scope.latchkeyEvents, .user): false
            case (Scope.latchkeyEvents, .client): true
            // No other scope with that prefix exists, whatever an old row says.
            default: !token.hasPrefix(Scope.latchkeyPrefix)
            }
        }
    }
}

extension Scope {
    /// The prefix of our own API's scopes.
    package static let latchkeyPrefix = "latchkey:"
}

extension Settings {
    /// The sole `aud` of tokens for our own account and admin API.
    package var apiAudience: String { issuer.hasSuffix("/") ? issuer + "api/v1" : issuer + "/api/v1" }
}
