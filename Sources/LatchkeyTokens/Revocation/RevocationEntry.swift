/// One entry of the revocation list: a rule that makes some access tokens invalid before they expire.
public struct RevocationEntry: Sendable, Hashable {
    /// The six kinds, by their names at the wire.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// One access token.
        case token
        /// All tokens of one session.
        case session
        /// All tokens of one user up to an instant.
        case user
        /// All tokens of one client up to an instant.
        case client
        /// Everything signed with one key.
        case key
        /// All tokens up to an instant.
        case all
    }

    /// What is revoked. Instants are whole seconds, and the tokens issued in that second are included.
    public enum Target: Sendable, Hashable {
        /// The token with this `jti`.
        case token(TokenID)
        /// The tokens with this `sid`.
        case session(SessionID)
        /// The tokens with this `sub` and an `iat` up to and including the instant.
        case user(UserID, issuedBefore: Timestamp)
        /// The tokens with this `client_id` and an `iat` up to and including the instant.
        case client(ClientID, issuedBefore: Timestamp)
        /// The tokens with this `kid` in the header, whatever they claim.
        case key(KeyID)
        /// The tokens with an `iat` up to and including the instant.
        case all(issuedBefore: Timestamp)
    }

    /// `seq`: 1 or greater, strictly increasing over the life of the server's data.
    public let sequence: Int64
    /// What is revoked.
    public let target: Target
    /// `exp`: from this second on every list may drop the entry, because no token that it matches is still valid.
    public let expiresAt: Timestamp

    /// An entry.
    package init(sequence: Int64, target: Target, expiresAt: Timestamp) {
        self.sequence = sequence
        self.target = target
        self.expiresAt = expiresAt
    }

    /// An entry from the columns of a row or the members of a document; nil when they do not fit each other: an id of
    /// the wrong form, an id with `all`, `issuedBefore` with a kind that has none.
    package init?(sequence: Int64, kind: Kind, id: String?, issuedBefore: Timestamp?, expiresAt: Timestamp) {
        guard let target = Target(kind: kind, id: id, issuedBefore: issuedBefore) else { return nil }
        self.init(sequence: sequence, target: target, expiresAt: expiresAt)
    }

    /// `kind`
    public var kind: Kind { target.kind }

    /// `id`: nil for `all`.
    public var id: String? { target.id }

    /// `iat_before`: nil for the kinds that match any `iat`.
    public var issuedBefore: Timestamp? { target.issuedBefore }

    /// Whether a token with these claims and this `kid` is revoked by this entry.
    package func matches(_ claims: AccessTokenClaims, keyID: KeyID) -> Bool {
        switch target {
        case .token(let id): claims.tokenID == id
        case .session(let id): claims.sessionID == id
        case .user(let id, let instant): claims.userID == id && claims.issuedAt.seconds <= instant.seconds
        case .client(let id, let instant): claims.clientID == id && claims.issuedAt.seconds <= instant.seconds
        case .key(let id): keyID == id
        case .all(let instant): claims.issuedAt.seconds <= instant.seconds
        }
    }
}

extension RevocationEntry.Target {
    init?(kind: RevocationEntry.Kind, id: String?, issuedBefore: Timestamp?) {
        switch (kind, id, issuedBefore) {
        case (.token, let id?, nil):
            guard let id = TokenID(id) else { return nil }
            self = .token(id)
        case (.session, let id?, nil):
            guard let id = SessionID(id) else { return nil }
            self = .session(id)
        case (.user, let id?, let instant?):
            guard let id = UserID(id) else { return nil }
            self = .user(id, issuedBefore: instant)
        case (.client, let id?, let instant?):
            guard let id = ClientID(id) else { return nil }
            self = .client(id, issuedBefore: instant)
        case (.key, let id?, nil):
            guard let id = KeyID(id) else { return nil }
            self = .key(id)
        case (.all, nil, let instant?):
            self = .all(issuedBefore: instant)
        default:
            return nil
        }
    }

    /// The kind's name at the wire.
    public var kind: RevocationEntry.Kind {
        switch self {
        case .token: .token
        case .session: .session
        case .user: .user
        case .client: .client
        case .key: .key
        case .all: .all
        }
    }

    /// The id's text; nil for `all`.
    public var id: String? {
        switch self {
        case .token(let id): id.description
        case .session(let id): id.description
        case .user(let id, _): id.description
        case .client(let id, _): id.description
        case .key(let id): id.description
        case .all: nil
        }
    }

    /// The last second of `iat` that is matched; nil for the kinds that match any.
    public var issuedBefore: Timestamp? {
        switch self {
        case .user(_, let instant), .client(_, let instant), .all(let instant): instant
        case .token, .session, .key: nil
        }
    }
}
