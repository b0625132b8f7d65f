package import LatchkeyTokens

/// Checks access tokens that are presented to our own API: signature and claims like any verifier, then the revocation
/// index of this process, which includes the last commit.
package final class BearerVerifier: Sendable {
    private let settings: Settings
    private let ring: KeyRing
    private let feed: RevocationFeed
    let store: any Store
    let clock: Clock
    private let rules: AccessTokenRules
    private let signatures = KnownSignatures()
    private let directory: ClientDirectory

    package init(
        settings: Settings, ring: KeyRing, feed: RevocationFeed, store: any Store, directory: ClientDirectory,
        clock: Clock
    ) {
        self.directory = directory
        self.settings = settings
        self.ring = ring
        self.feed = feed
        self.store = store
        self.clock = clock
        rules = AccessTokenRules(issuer: settings.issuer, audience: nil, skew: .zero)
    }

    /// `aud` of the tokens that open our account and admin API.
    package var audience: String { settings.apiAudience }

    /// Any live access token of this issuer, whatever its audience.
    /// - Throws: ``Refusal`` `invalid_token` (RFC 6750 3.1) for everything else, without saying which check failed;
    ///   `temporarily_unavailable` while this node cannot know what was revoked on others.
    package func verify(_ token: String) throws -> VerifiedToken {
        try feed.requireRecent()
        return try verifyByMemory(token)
    }

    /// The same by what this node knows, however old that is: for readers of what is served from memory as well.
    package func verifyByMemory(_ token: String) throws -> VerifiedToken {
        let verified: VerifiedToken
        do {
            verified = try genuine(token)
        } catch {
            throw Self.refused("\(error)")
        }
        guard feed.match(verified) == nil else { throw Self.refused("revoked") }
        return verified
    }

    /// A token of this issuer, for an administrator who wants to revoke it; `nil` when it has expired or is revoked.
    /// - Throws: ``Refusal`` `invalid_request` when it is not one; `temporarily_unavailable`.
    func presented(_ token: String) throws -> VerifiedToken? {
        try feed.requireRecent()
        do {
            let verified = try genuine(token)
            return feed.match(verified) == nil ? verified : nil
        } catch let error as VerificationError where error == .expired {
            return nil
        } catch {
            throw Refusal(
                .invalidRequest, "This is not an access token that this server issued with a key that it still has.")
        }
    }

    /// A token of ours by signature and claims, revoked or not.
    func genuine(_ token: String) throws -> VerifiedToken {
        let ring = ring.current
        let signed = try signatures.token(token, keys: ring.version) {
            try UnverifiedToken(parsing: token).signed(
                keys: { ring.verificationKey($0) }, algorithms: rules.algorithms, alias: JWSHeader.plainType)
        }
        let verified = try signed.verified(rules: rules, now: clock.now())
        guard verified.isTyped || directory.hasPlainAccessTokens(verified.claims.clientID) else {
            throw VerificationError.wrongType
        }
        return verified
    }

    /// A live token for our API with `scope`. It reads the session row again, so that facts outside the index (a
    /// watermark without an entry, an expiry) count too.
    /// - Throws: ``Refusal`` `invalid_token`, `insufficient_scope`.
    package func authorise(_ token: String, scope: String) async throws -> AuthorisedCaller {
        let verified = try verify(token)
        let record = verified.claims.sessionID == nil ? nil : try await session(of: verified)
        guard verified.claims.audience == [audience], verified.claims.scope.contains(scope) else {
            throw Refusal.needs(scope, of: record)
        }
        guard let record else {
            // There is no session that shows the client's state, so the client's row is read.
            guard let client = try await store.client(verified.claims.clientID), !client.disabled else {
                throw Self.refused("client disabled")
            }
            guard client.grants.contains(.clientCredentials), client.allowedScope.contains(scope) else {
                throw Self.lost
            }
            return AuthorisedCaller(token: verified, record: nil)
        }
        // A right that client or user have lost since the token was issued is lost at once.
        guard record.client.allowedScope.contains(scope),
            scope != Scope.latchkeyAdmin || record.user.roles.contains(UserRoles.admin)
        else { throw Self.lost }
        return AuthorisedCaller(token: verified, record: record)
    }

    /// The user of a live token with `openid`, and what the client may still be told. The session's row is read again;
    /// a token without a session (an administrator made it) has its user and its client read again.
    /// - Throws: ``Refusal`` `invalid_token`, `insufficient_scope`.
    package func authoriseUserInfo(_ token: String) async throws -> UserInfoCaller {
        let verified = try verify(token)
        let claims = verified.claims
        guard let id = UserID(claims.subject) else {
            throw Refusal(.insufficientScope, "This needs an access token from a user's sign-in.")
        }
        let record = claims.sessionID == nil ? nil : try await session(of: verified)
        let (user, client) =
            if let record { (record.user, record.client) } else {
                try await owners(user: id, client: claims.clientID)
            }
        guard claims.scope.contains(Scope.openID) else {
            throw Refusal(
                .insufficientScope, "This needs an access token of scope openid: sign in with it, or ask for it.")
        }
        // A scope that the client has lost since the token was issued is lost at once.
        guard client.allowedScope.contains(Scope.openID) else { throw Self.lost }
        return UserInfoCaller(user: user, scope: claims.scope.intersection(client.allowedScope))
    }

    private func owners(user: UserID, client: ClientID) async throws -> (User, Client) {
        guard let user = try await store.user(.id(user)), !user.disabled,
            let client = try await store.client(client), !client.disabled
        else { throw Self.refused("user or client gone") }
        return (user, client)
    }

    /// The session that a user's token belongs to.
    /// - Throws: ``Refusal`` `invalid_token` when it has ended.
    package func session(of token: VerifiedToken) async throws -> SessionRecord {
        guard let id = token.claims.sessionID, let record = try await store.session(id),
            SessionValidity.judge(record, idleLifetime: nil, now: clock.now()) == .valid
        else { throw Self.refused("session ended") }
        return record
    }

    private static let lost = Refusal(
        .insufficientScope, "The client or the user may not have this scope any more.")

    /// As ``verify(_:)``; nil for everything that is not a live token of ours.
    /// - Throws: ``Refusal`` `temporarily_unavailable` while that cannot be known.
    func live(_ token: String) throws -> VerifiedToken? {
        do {
            return try verify(token)
        } catch let refusal as Refusal where refusal.code == .invalidToken {
            return nil
        }
    }

    /// The refusal of everything that is not a live token of ours.
    static func refused(_ note: String) -> Refusal {
        Refusal(.invalidToken, "The access token is expired, revoked or not from this issuer.", note: note)
    }
}

extension Refusal {
    /// The refusal of a live token without a latchkey scope. It says how to get one: a client that requested the scope
    /// together with others already has the right, only not in this token.
    /// - Parameter record: the token's session; `nil` for a client's own token.
    fileprivate static func needs(_ scope: String, of record: SessionRecord?) -> Refusal {
        let how =
            if scope == Scope.latchkeyEvents || (record == nil && scope == Scope.latchkeyAdmin) {
                "the client requests it by client_credentials with scope=\(scope) alone"
            } else if let record, record.mayRefresh(to: scope) {
                "refresh with scope=\(scope) alone"
            } else {
                "log in with scope=\(scope) alone, as a user and through a client that may have it"
            }
        return Refusal(
            .insufficientScope,
            "This needs an access token of scope \(scope), which is never in one token with other scopes: \(how).")
    }
}

extension SessionRecord {
    /// Whether the session holds the scope and can bring its token by refresh.
    fileprivate func mayRefresh(to scope: String) -> Bool {
        session.transport != .session && client.grants.contains(.refreshToken)
            && client.scopeStillHeld(session.scope, by: user).contains(scope)
    }
}

/// Who is asked about at UserInfo, and what the client may be told.
package struct UserInfoCaller: Sendable {
    package let user: User
    package let scope: Scope
}

/// The caller of our API.
package struct AuthorisedCaller: Sendable {
    package let token: VerifiedToken
    /// `nil` for a token of a client itself (`client_credentials`).
    package let record: SessionRecord?

    package init(token: VerifiedToken, record: SessionRecord?) {
        self.token = token
        self.record = record
    }

    /// For the audit trail.
    package var actor: Actor {
        record.map { .user($0.user.id) } ?? .client(token.claims.clientID)
    }
}
