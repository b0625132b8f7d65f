package import LatchkeyTokens

/// The database as the domain sees it: one method for each use case, each one whole transaction.
///
/// What every implementation promises, and `StoreConformance` checks:
/// - A method that writes returns when the change is on disk, and not before. When it throws a ``Refusal``, nothing
///   was changed; ``StoreUnavailable`` acknowledges nothing, and the same call may be made again.
/// - Writing methods run one after another (serialisable); those that issue or revoke read the store's own clock
///   inside, whose floor is stored and never goes back (``IssuanceGate``).
/// - Revocation log entries are handed to the ``StoreObserver`` in `seq` order after the commit and before any caller
///   of that commit resumes.
/// - Errors: ``Refusal`` for what the caller asked wrongly (`conflict`, `not_found`), ``StoreUnavailable`` for a disk
///   that is full, read-only or broken. Arguments never appear in an error.
package protocol Store: EventStreamStore {
    /// By this one the store forgets what has expired, and whoever holds parts of it in memory does the same.
    var expiryClock: ExpiryClock { get }

    // MARK: Sessions

    /// Inserts the session unless the user was changed since `verifiedVersion` was read (then `.lostRace`), is disabled,
    /// or the client is gone or disabled. Also: ends `replacing`, notes the network as known, resets the pair's
    /// throttle counter, appends the audit event. Beyond 256 sessions of the user the oldest end (`too_many_sessions`).
    func beginSession(_ request: SessionBeginning) async throws -> Issuance<SessionBeginningOutcome>
    /// Applies ``RefreshDecision`` to the session, in the order of DESIGN 3: client binding, session, user and client
    /// state, expiry, generation. A replay is revoked in the same transaction.
    func rotateSession(_ request: SessionRotation) async throws -> Issuance<RotationOutcome>
    /// Reads user and client state for one more token of a client itself (`client_credentials`).
    /// Throws `invalid_client` when it is gone or disabled.
    func issueForClient(_ client: ClientID) async throws -> Issuance<Client>
    /// The same for a token in a user's name without a session (`token mint`). Throws `not_found` when user or client
    /// is gone or disabled.
    func issueForUser(_ user: UserID, client: ClientID) async throws -> Issuance<Client>
    /// Judges the session again and, where that is due, notes the use of one without JWT or lets an access token be
    /// issued. Without `issuesToken` it never waits for the clock.
    func useSession(_ use: SessionUse) async throws -> Issuance<SessionUseOutcome>
    /// Keeps a one-time code of a sign-in for ``LoginCodeString/lifetime``, unless the user was changed since
    /// `verifiedVersion` was read (then `false`). Passes the issuance gate, so that a revocation in this very second can
    /// neither miss the code nor have come before it. Resets the pair's throttle counter and appends
    /// the audit event. At most 32 codes a user: older ones go.
    func addLoginCode(_ code: LoginCodeIssue) async throws -> Issuance<Bool>
    /// Begins the session of a code, as ``beginSession(_:)`` does, once. A code that was used before ends its session.
    func redeemLoginCode(_ redemption: LoginCodeRedemption) async throws -> Issuance<LoginCodeOutcome>
    /// One primary-key read, with user and client, whatever their state.
    func session(_ id: SessionID) async throws -> SessionRecord?
    func sessions(_ filter: SessionFilter, page: PageRequest) async throws -> Page<SessionRecord>
    /// Names the device of a session; `nil` takes the name away. Returns `nil` and changes nothing when there is no such
    /// session of this user, or it has ended.
    func renameSession(_ id: SessionID, of user: UserID, to deviceName: String?) async throws -> SessionRecord?

    // MARK: Revocation

    /// The only way to revoke. Ends refresh tokens and writes entries in one transaction. Throws `too_many_attempts`
    /// when a client has 1000 live entries for tokens without a session.
    func revoke(_ order: RevocationOrder) async throws -> RevocationOutcome
    /// Live entries with `seq` greater than `after`, in order, at most `limit`.
    func revocations(after seq: Int64, limit: Int) async throws -> [RevocationRecord]
    /// Newest first.
    func revocations(page: PageRequest) async throws -> Page<RevocationRecord>
    func revocationState() async throws -> RevocationState
    /// Draws a new epoch: once at each start of a server, before it serves.
    func beginEpoch(_ epoch: String) async throws -> RevocationState
    /// Makes sure that the stored token horizon is at least `longest` before longer tokens are issued. When `longest` is
    /// smaller, the horizon is lowered later, once tokens of the old length have expired.
    func setTokenHorizon(_ longest: Duration, skew: Duration) async throws

    /// What a restored backup or a reset clock still asks for; nothing may be served before it is done.
    func pendingSettlement() async throws -> PendingSettlement?
    /// Notes that it is done, together with `event`.
    func clearSettlement(event: AuditEvent?) async throws

    /// Gives a token that is about to be signed a random place in a Token Status List that no other token has or had.
    /// The list retires with the tokens that expire about when this one does, and was opened after the second of the
    /// latest `all` entry. On disk before it returns.
    func reserveStatus(for claims: AccessTokenClaims, keyID: KeyID) async throws -> StatusEntry
    /// The places in lists that have not retired, in order of list and place, at most `limit`.
    func statusEntries(after position: StatusPosition?, limit: Int) async throws -> [StatusEntry]

    // MARK: Users

    func createUser(_ user: User, passwordHash: String, event: AuditEvent) async throws
    /// Inserts those that do not exist yet; returns for each whether it was inserted, already there, or refused.
    func importUsers(_ users: [UserImport], event: AuditEvent?) async throws -> [UserImportOutcome]
    /// Throws `not_found`, `conflict`. Losing the role `admin` revokes the user's tokens (`role_lost`), and so does the
    /// new duty to change the password (`password_change`), which also bumps the credential's version.
    func updateUser(_ id: UserID, _ change: UserChange, actor: Actor) async throws -> User
    /// Disabling bumps the credential's version, ends all sessions and revokes the user's tokens, in one transaction.
    func setUserDisabled(_ id: UserID, _ disabled: Bool, actor: Actor) async throws -> User
    /// With `own` the users themselves ask: throws `invalid_credentials` when the session has ended or the credential
    /// is not the one that was verified, `conflict` for the last administrator, and changes nothing then.
    func deleteUser(_ id: UserID, _ own: OwnDeletion?, actor: Actor) async throws
    /// Somebody else with the role `admin` who is not disabled. Looks through all users, a part at a time.
    func administrator(otherThan id: UserID) async throws -> UserID?
    /// Replaces the hash, bumps the version, ends all sessions and revokes all tokens of the user. When
    /// `ifVersion` is given and differs, throws `Refusal(.invalidCredentials)` and changes nothing.
    func setPassword(
        _ id: UserID, hash: String, ifVersion: Int64?, mustChange: Bool, actor: Actor
    ) async throws -> PasswordCredential
    /// `UPDATE … WHERE version = ?`: keeps the version, so it is ignored when it lost a race. Ends nothing.
    func rehashPassword(_ id: UserID, hash: String, ifVersion: Int64) async throws
    /// The highest cost among imported hashes that nobody has replaced yet; nil when none is left.
    func slowestForeignHash() async throws -> Duration?
    func loginRecord(user: UserID) async throws -> LoginRecord?
    func user(_ reference: UserReference) async throws -> User?
    /// Who has the name, and who had it as far as the audit trail goes back: at most 100, the latest first.
    func users(everNamed normalisedName: String) async throws -> [UserID]
    func users(page: PageRequest) async throws -> Page<User>

    // MARK: Login throttle

    /// What an attempt to sign in begins with, all of one moment: who has the name, if one is given, and the counters.
    func loginAttempt(normalisedName: String?, counters: [ThrottleBucket]) async throws -> LoginAttempt
    /// Adds one failure to each bucket and folds the audit event into a like one of the last minute. A counter older
    /// than its window starts anew: see ``ThrottleSchedule/window(of:configured:)``. Durable before it returns.
    func recordFailure(_ buckets: [ThrottleBucket], window: Duration, event: AuditEvent) async throws
    /// Whether the user signed in from this network in the last 90 days.
    func isKnownNetwork(_ network: String, of user: UserID) async throws -> Bool

    // MARK: Clients

    /// Throws `conflict` when the id is taken.
    func createClient(_ client: Client, secret: SealedClientSecret?, event: AuditEvent) async throws
    func updateClient(_ client: Client, event: AuditEvent) async throws
    /// Disabling revokes the client's tokens and ends its sessions in the same transaction.
    func setClientDisabled(_ id: ClientID, _ disabled: Bool, actor: Actor) async throws -> Client
    func deleteClient(_ id: ClientID, actor: Actor) async throws
    /// The new secret becomes current; all others end at `previousExpiresAt` at the latest.
    func rotateClientSecret(_ secret: SealedClientSecret, previousExpiresAt: Timestamp, event: AuditEvent) async throws
    func client(_ id: ClientID) async throws -> Client?
    /// The secrets of all clients that still work, newest first.
    func clientSecrets() async throws -> [ClientID: [SealedClientSecret]]
    /// All clients, for the CORS union and the token horizon. Bounded by `limit`.
    func clients(page: PageRequest) async throws -> Page<Client>
    /// Grows with every change of any client; lets caches of clients notice.
    func clientsVersion() async throws -> Int64

    // MARK: Keys

    /// Keys that are announced, active or retired; with `includingGone`, all.
    func keyTable(includingGone: Bool) async throws -> KeyTable
    /// Returns false and changes nothing when the table's version is no longer `change.basedOn`.
    func changeKeys(_ change: KeyTableChange) async throws -> Bool
    /// Everything that is sealed with the master key, for a rotation.
    func sealedValues() async throws -> SealedValues
    /// Writes back re-sealed values in one transaction; false when something changed in between.
    func reseal(_ values: SealedValues, event: AuditEvent) async throws -> Bool
    /// A sealed probe that tells at start whether the master key is the right one; written on first use.
    func masterKeyProbe() async throws -> [UInt8]?
    func setMasterKeyProbe(_ sealed: [UInt8]) async throws

    // MARK: Audit and upkeep

    func appendAudit(_ event: AuditEvent) async throws
    /// Appends some time soon; lost when the store is too busy or stops. For what must not hold up an answer.
    func appendAuditLater(_ event: AuditEvent)
    func auditEvents(_ filter: AuditFilter, page: PageRequest) async throws -> Page<AuditEvent>
    /// The first revocation of the user, the client or everybody that ended a session of theirs; `nil` when none did, or
    /// the trail does not go back so far. User and client may be gone.
    /// - Parameter allEndedAt: when everybody's sessions were ended last, where that is known.
    func watermarkEvent(
        user: UserID, client: ClientID, begunAt: Timestamp, allEndedAt: Timestamp?
    ) async throws -> AuditEvent?
    func statistics() async throws -> StoreStatistics
    /// Removes expired rows of every kind but sessions (codes, entries, status lists, audit, throttle, networks,
    /// secrets), at most `limit` of each.
    /// Returns how many went; fewer than `limit` means that nothing is left for now.
    func sweep(_ policy: SweepPolicy, limit: Int) async throws -> Int
    /// Looks at the next few thousand sessions and removes at most `limit` that nobody can use any more.
    func sweepSessions(_ policy: SweepPolicy, limit: Int) async throws -> SessionSweep
    /// Commits a write: what readiness asks.
    func checkWritable() async throws
    func shutdown() async
}

extension Store {
    /// Deletes as an administrator does.
    package func deleteUser(_ id: UserID, actor: Actor) async throws { try await deleteUser(id, nil, actor: actor) }
}

/// What has to be done to a database before it may serve. Written in the same step as what made it necessary, so that
/// a crash in between is made good by the next start.
package enum PendingSettlement: String, Sendable, CaseIterable {
    /// A backup was restored: revoke every token, end every session, withdraw the signing keys.
    case restored
    /// The same, but sessions live on.
    case restoredKeepingSessions = "restored_keep_sessions"
    /// The clock was reset: withdraw the signing keys and revoke what they signed.
    case clockReset = "clock_reset"
}

/// Told of committed facts by the store, on its writer thread: must be quick and must not block.
package protocol StoreObserver: Sendable {
    /// Entries committed since the last call, in `seq` order.
    func committed(_ records: [RevocationRecord])
    /// Streams, by number, that got an event or another status in a commit since the last call.
    func streamsChanged(_ streams: Set<Int64>)
}

extension StoreObserver {
    package func streamsChanged(_ streams: Set<Int64>) {}
}

/// Everything that a sign-in writes.
package struct SessionBeginning: Sendable {
    package let id: SessionID
    package let nonce: [UInt8]
    package let user: UserID
    /// The credential version that was verified.
    package let verifiedVersion: Int64
    package let client: ClientID
    package let transport: Session.Transport
    package let scope: Scope
    package let absoluteLifetime: Duration
    package let authenticationMethods: [String]
    package let deviceName: String?
    package let network: String
    /// A session of the same client whose cookie came with the login: it ends.
    package let replacing: SessionID?
    /// Throttle buckets to reset.
    package let resetting: [ThrottleBucket]

    package init(
        id: SessionID, nonce: [UInt8], user: UserID, verifiedVersion: Int64, client: ClientID,
        transport: Session.Transport, scope: Scope, absoluteLifetime: Duration, authenticationMethods: [String],
        deviceName: String?, network: String, replacing: SessionID?, resetting: [ThrottleBucket]
    ) {
        self.id = id
        self.nonce = nonce
        self.user = user
        self.verifiedVersion = verifiedVersion
        self.client = client
        self.transport = transport
        self.scope = scope
        self.absoluteLifetime = absoluteLifetime
        self.authenticationMethods = authenticationMethods
        self.deviceName = deviceName
        self.network = network
        self.replacing = replacing
        self.resetting = resetting
    }
}

package enum SessionBeginningOutcome: Sendable {
    case begun(SessionRecord)
    /// The password or the user's state changed since it was verified: answer like a wrong password.
    case lostRace
    case clientRefused
}

/// A session with the user and the client that it belongs to, read in one transaction.
package struct SessionRecord: Sendable {
    package let session: Session
    package let user: User
    package let client: Client
    /// `sessions_ended_at` of everybody.
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
    /// Begun not before this instant.
    package var since: Timestamp?
    package init(user: UserID? = nil, client: ClientID? = nil, state: State? = nil, since: Timestamp? = nil) {
        self.user = user
        self.client = client
        self.state = state
        self.since = since
    }
}

/// A refresh token on its way to the writer.
package struct SessionRotation: Sendable {
    package let session: SessionID
    package let generation: UInt32
    package let client: ClientID
    package let transport: Session.Transport
    package let network: String
    package let policy: RefreshPolicy
    /// The scope of the access token that is asked for; `nil`: the session's. Wider than the session's: `.invalidScope`.
    package let scope: Scope?
    /// Looks at the session before anything is decided: whether the token is genuine above all, since its tag depends on
    /// the session's nonce. What it throws is the answer, and nothing is changed.
    package let admit: @Sendable (SessionRecord) throws -> Void

    package init(
        session: SessionID, generation: UInt32, client: ClientID, transport: Session.Transport, network: String,
        policy: RefreshPolicy, scope: Scope?, admit: @escaping @Sendable (SessionRecord) throws -> Void
    ) {
        self.session = session
        self.generation = generation
        self.client = client
        self.transport = transport
        self.network = network
        self.policy = policy
        self.scope = scope
        self.admit = admit
    }
}

package enum RotationOutcome: Sendable {
    /// A new generation was written; `record.session.lineage.current` is it.
    case rotated(SessionRecord)
    /// Nothing was written; answer with the token of `record.session.lineage.current`.
    case sameSuccessor(SessionRecord, elsewhere: Bool)
    /// Nothing was written; answer with an access token alone.
    case accessOnly(SessionRecord)
    /// A fork was written.
    case recovered(SessionRecord)
    /// The database had gone backwards; it was moved forward past the presented generation.
    case rolledBack(SessionRecord)
    case refused(RefreshRefusalReason)
    /// Wider than what was granted; nothing was written.
    case invalidScope
}

/// One row of `revocation_state`.
package struct RevocationState: Sendable, Equatable {
    /// New at every start of a server.
    package let epoch: String
    package let lastSequence: Int64
    package let clockFloor: Timestamp
    package let tokenHorizon: Duration
    /// `issued_before` of the latest `all` entry (Unix seconds).
    package let issuedBefore: Int64?
    package let sessionsEndedAt: Timestamp?

    package init(
        epoch: String, lastSequence: Int64, clockFloor: Timestamp, tokenHorizon: Duration, issuedBefore: Int64?,
        sessionsEndedAt: Timestamp?
    ) {
        self.epoch = epoch
        self.lastSequence = lastSequence
        self.clockFloor = clockFloor
        self.tokenHorizon = tokenHorizon
        self.issuedBefore = issuedBefore
        self.sessionsEndedAt = sessionsEndedAt
    }
}

/// A hashed counter: kind and bucket number. The name or address behind it is not stored.
package struct ThrottleBucket: Sendable, Hashable {
    package enum Kind: Int, Sendable { case pair = 0, network = 1, account = 2 }
    package let kind: Kind
    /// 0 ..< 2^20, from an HMAC.
    package let number: Int64
    package init(kind: Kind, number: Int64) {
        self.kind = kind
        self.number = number
    }
}

package struct FailureCounter: Sendable, Equatable {
    package let failures: Int
    package let windowStart: Timestamp
    package let lastFailure: Timestamp
    package init(failures: Int, windowStart: Timestamp, lastFailure: Timestamp) {
        self.failures = failures
        self.windowStart = windowStart
        self.lastFailure = lastFailure
    }
}

package struct UserImport: Sendable {
    package let user: User
    package let passwordHash: String
    /// What a wrong password takes on the imported hash, see ``ForeignHashes``; nil for a hash of ours. Kept in whole
    /// milliseconds, rounded up.
    package let cost: Duration?
    package init(user: User, passwordHash: String, cost: Duration? = nil) {
        self.user = user
        self.passwordHash = passwordHash
        self.cost = cost
    }
}

package enum UserImportOutcome: Sendable, Equatable { case imported, alreadyExists }

/// What has to hold for users to delete their own account.
package struct OwnDeletion: Sendable {
    /// The session that asks.
    package let session: SessionID
    /// The credential version that was verified.
    package let verifiedVersion: Int64
    /// Who can administer afterwards, looked up before; judged again when it counts.
    package let remainingAdministrator: UserID?

    package init(session: SessionID, verifiedVersion: Int64, remainingAdministrator: UserID?) {
        self.session = session
        self.verifiedVersion = verifiedVersion
        self.remainingAdministrator = remainingAdministrator
    }
}

/// Everything sealed with the master key.
package struct SealedValues: Sendable, Equatable {
    package var keyTableVersion: Int64
    package var signingKeys: [KeyID: [UInt8]]
    package var clientSecrets: [SealedClientSecret]
    package var probe: [UInt8]?
    package init(
        keyTableVersion: Int64, signingKeys: [KeyID: [UInt8]], clientSecrets: [SealedClientSecret], probe: [UInt8]?
    ) {
        self.keyTableVersion = keyTableVersion
        self.signingKeys = signingKeys
        self.clientSecrets = clientSecrets
        self.probe = probe
    }
}

package struct SweepPolicy: Sendable {
    package let auditRetention: Duration
    /// Idle and absolute lifetimes that no session can exceed; used to find rows that nobody can refresh any more.
    package let idleLifetime: Duration
    package let throttleWindow: Duration
    package init(auditRetention: Duration, idleLifetime: Duration, throttleWindow: Duration) {
        self.auditRetention = auditRetention
        self.idleLifetime = idleLifetime
        self.throttleWindow = throttleWindow
    }
}

package struct StoreStatistics: Sendable, Equatable {
    package let users: Int64
    package let clients: Int64
    /// Rows, living or waiting for the sweep.
    package let sessions: Int64
    package let liveRevocations: Int64
    package let auditEvents: Int64
    /// Size of the database file and of its write-ahead log, bytes.
    package let databaseBytes: Int64
    package let writeAheadLogBytes: Int64
    /// Committed batches and the closures in them since start.
    package let batches: Int64
    package let transactions: Int64
    /// How long the disk took for each of those commits.
    package let commitTimes: CommitTimes

    package init(
        users: Int64, clients: Int64, sessions: Int64, liveRevocations: Int64, auditEvents: Int64,
        databaseBytes: Int64, writeAheadLogBytes: Int64, batches: Int64, transactions: Int64, commitTimes: CommitTimes
    ) {
        self.users = users
        self.clients = clients
        self.sessions = sessions
        self.liveRevocations = liveRevocations
        self.auditEvents = auditEvents
        self.databaseBytes = databaseBytes
        self.writeAheadLogBytes = writeAheadLogBytes
        self.batches = batches
        self.transactions = transactions
        self.commitTimes = commitTimes
    }
}

/// A histogram of commits since start by how long each took.
package struct CommitTimes: Sendable, Equatable {
    /// The longest time that each class takes in; one more class takes in all others.
    package static let bounds: [Duration] = [
        .microseconds(100), .microseconds(250), .microseconds(500), .milliseconds(1), .microseconds(2_500),
        .milliseconds(5), .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100),
        .milliseconds(250), .seconds(1),
    ]

    /// Commits in each class.
    package private(set) var counts = [Int64](repeating: 0, count: bounds.count + 1)
    package private(set) var sum = Duration.zero

    package init() {}

    package mutating func add(_ time: Duration) {
        counts[Self.bounds.firstIndex { time <= $0 } ?? Self.bounds.count] += 1
        sum += time
    }
}

/// What one look at the sessions came to.
package struct SessionSweep: Sendable, Equatable {
    package let removed: Int
    /// The walk has come to the end of the table; the next look begins anew.
    package let isAtEnd: Bool
    package init(removed: Int, isAtEnd: Bool) {
        self.removed = removed
        self.isAtEnd = isAtEnd
    }
}
