/// The live entries of a revocation list, arranged so that a token is checked with six look-ups, however long the list.
///
/// A value whose copies share their storage: verifying code holds one state of it while polling code prepares the next,
/// and each change costs the same whether ten entries are held or a million. About 70 bytes per entry. Entries never
/// cancel each other; an entry that another one covers completely (same target, reaching no further in time, expiring
/// no later) takes no space.
package struct RevocationIndex: Sendable {
    private var tokens = WatermarkTable<UUIDv7>()
    /// `jti`s of another form than ours.
    private var foreignTokens = WatermarkTable<String>()
    private var sessions = WatermarkTable<SessionID>()
    private var users = WatermarkTable<UserID>()
    private var clients = WatermarkTable<ClientID>()
    private var keys = WatermarkTable<KeyID>()
    private var everything = WatermarkFront()

    /// An empty list.
    package init() {}

    /// The number of entries held, without those that others cover.
    package var count: Int {
        tokens.count + foreignTokens.count + sessions.count + users.count + clients.count + keys.count
            + everything.marks.count
    }

    /// Whether no entry is held.
    package var isEmpty: Bool { count == 0 }

    /// Adds an entry. Adding it twice changes nothing.
    package mutating func insert(_ entry: RevocationEntry) {
        let mark = Watermark(
            issuedBefore: entry.issuedBefore?.seconds ?? .max,
            expiresAt: entry.expiresAt.seconds,
            sequence: entry.sequence
        )
        switch entry.target {
        case .token(let id):
            switch CompactTokenID(id) {
            case .ours(let id): tokens.insert(mark, for: id)
            case .foreign(let text): foreignTokens.insert(mark, for: text)
            }
        case .session(let id): sessions.insert(mark, for: id)
        case .user(let id, _): users.insert(mark, for: id)
        case .client(let id, _): clients.insert(mark, for: id)
        case .key(let id): keys.insert(mark, for: id)
        case .all: everything.insert(mark)
        }
    }

    /// Removes the entries whose `exp` has passed at this instant. Takes time in proportion to ``count`` when there are
    /// any, and none otherwise.
    package mutating func prune(at instant: Timestamp) {
        let second = instant.seconds
        tokens.prune(at: second)
        foreignTokens.prune(at: second)
        sessions.prune(at: second)
        users.prune(at: second)
        clients.prune(at: second)
        keys.prune(at: second)
        everything.prune(at: second)
    }

    /// Removes these entries, which have expired at this instant, in time proportional to their number: for a caller
    /// that knows them. An entry that lasts longer for the same target stays.
    package mutating func remove(_ expired: [RevocationEntry], at instant: Timestamp) {
        let second = instant.seconds
        for entry in expired {
            switch entry.target {
            case .token(let id):
                switch CompactTokenID(id) {
                case .ours(let id): tokens.prune(id, at: second)
                case .foreign(let text): foreignTokens.prune(text, at: second)
                }
            case .session(let id): sessions.prune(id, at: second)
            case .user(let id, _): users.prune(id, at: second)
            case .client(let id, _): clients.prune(id, at: second)
            case .key(let id): keys.prune(id, at: second)
            case .all: everything.prune(at: second)
            }
        }
    }

    /// An entry that revokes the token with these claims, signed with this key; nil when there is none.
    package func firstMatch(for claims: AccessTokenClaims, keyID: KeyID) -> RevocationEntry? {
        let issuedAt = claims.issuedAt.seconds
        if let mark = everything.furthest, issuedAt <= mark.issuedBefore {
            return entry(.all(issuedBefore: Timestamp(seconds: mark.issuedBefore)), mark)
        }
        if let mark = keys.furthest(keyID) { return entry(.key(keyID), mark) }
        if let session = claims.sessionID, let mark = sessions.furthest(session) {
            return entry(.session(session), mark)
        }
        if hasTokens, let mark = mark(of: CompactTokenID(claims.tokenID)) { return entry(.token(claims.tokenID), mark) }
        if let user = claims.userID, let mark = users.furthest(user), issuedAt <= mark.issuedBefore {
            return entry(.user(user, issuedBefore: Timestamp(seconds: mark.issuedBefore)), mark)
        }
        if let mark = clients.furthest(claims.clientID), issuedAt <= mark.issuedBefore {
            return entry(.client(claims.clientID, issuedBefore: Timestamp(seconds: mark.issuedBefore)), mark)
        }
        return nil
    }

    /// Whether any entry revokes this token: the same answer as ``firstMatch(for:keyID:)``, without saying which.
    package func revokes(_ token: RevocationSubject) -> Bool {
        if let mark = everything.furthest, token.issuedAt <= mark.issuedBefore { return true }
        if keys.furthest(token.keyID) != nil { return true }
        if let session = token.sessionID, sessions.furthest(session) != nil { return true }
        if hasTokens, mark(of: token.tokenID) != nil { return true }
        if let user = token.userID, let mark = users.furthest(user), token.issuedAt <= mark.issuedBefore { return true }
        if let mark = clients.furthest(token.clientID), token.issuedAt <= mark.issuedBefore { return true }
        return false
    }

    /// The last second of `iat` that an `all` entry matches, in Unix seconds; nil without one.
    package var everybodyIssuedBefore: Int64? { everything.furthest?.issuedBefore }

    /// Whether a `key` entry condemns this key, and with it every revocation document that it signed.
    package func condemns(_ keyID: KeyID) -> Bool {
        keys.furthest(keyID) != nil
    }

    /// Reading a `jti` costs more than looking it up, and most lists have no entry of this kind.
    private var hasTokens: Bool { !tokens.isEmpty || !foreignTokens.isEmpty }

    private func mark(of token: CompactTokenID) -> Watermark? {
        switch token {
        case .ours(let id): tokens.furthest(id)
        case .foreign(let text): foreignTokens.furthest(text)
        }
    }

    private func entry(_ target: RevocationEntry.Target, _ mark: Watermark) -> RevocationEntry {
        RevocationEntry(sequence: mark.sequence, target: target, expiresAt: Timestamp(seconds: mark.expiresAt))
    }
}

/// A `jti` in 16 bytes if it is one of ours, as text otherwise.
enum CompactTokenID: Hashable, Sendable {
    case ours(UUIDv7)
    case foreign(String)

    init(_ id: TokenID) {
        self = id.compact.map { .ours($0) } ?? .foreign(id.description)
    }
}

extension TokenID {
    /// The 16 bytes of a `jti` in the form that we issue; nil for any other.
    var compact: UUIDv7? {
        UUIDv7(base64URL: description)
    }
}
