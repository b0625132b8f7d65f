package import Argon2
import LatchkeyTokens
package import Logging

/// Everything that the HTTP layer calls, wired once.
package struct Services: Sendable {
    package let settings: Settings
    package let clock: Clock
    package let store: any Store
    package let users: UserService
    package let foreignHashes: ForeignHashes
    package let clients: ClientService
    package let clientDirectory: ClientDirectory
    package let clientAuthenticator: ClientAuthenticator
    package let sessions: SessionService
    package let signIns: SignInService
    package let accounts: AccountService
    package let clientTokens: ClientTokenService
    package let bearer: BearerVerifier
    package let introspection: IntrospectionService
    package let forward: ForwardAuthorizer
    package let idTokenHints: IDTokenHints
    /// For values that the HTTP layer seals into its own cookies.
    package let masterKeyRing: MasterKeyRing
    package let revocations: RevocationLog
    package let feed: RevocationFeed
    package let eventFeed: EventFeed
    package let streams: EventStreamService
    package let polls: EventPollService
    /// `nil` unless `status_list.enabled`.
    package let statusLists: StatusLists?
    package let keys: KeyRotationService
    package let keyRing: KeyRing
    package let masterKeys: MasterKeyService
    package let hashPool: HashPool
    package let throttle: LoginThrottle
    package let audit: AuditTrail
    package let upkeep: Upkeep
    /// `nil` where no other process writes to the store.
    package let follower: StoreFollower?
    package let health: ServerHealth

    /// Wires the services over a store whose observers are `feed` and `eventFeed`.
    /// - Parameters:
    ///   - masterKeyFile: `nil` when the master key came from the environment.
    ///   - deflate: compresses status lists.
    /// - Throws: ``MasterKeyFault`` when no key can be derived from the ring.
    package init(
        settings: Settings, clock: Clock, store: any Store, feed: RevocationFeed, eventFeed: EventFeed,
        keyRing: KeyRing, masterKeyRing: MasterKeyRing, masterKeyFile: MasterKeyFile?, hashPool: HashPool,
        deflate: @escaping StatusLists.Deflate, logger: Logger
    ) throws {
        guard let throttleKey = masterKeyRing.derive(.throttle) else {
            throw MasterKeyFault("The current master-key slot is empty.")
        }
        let audit = AuditTrail(store: store, logger: logger)
        let passwords = PasswordVerifier(
            pool: hashPool, argon2: settings.password.argon2, clock: clock, logger: logger)
        let foreignHashes = ForeignHashes(store: store, verifier: passwords, clock: clock)
        let policy = PasswordPolicy(settings: settings)
        let keys = KeyRotationService(
            store: store, masterKeys: masterKeyRing, ring: keyRing, pool: hashPool, settings: settings, clock: clock,
            logger: logger)
        let statusLists =
            settings.statusList.enabled
            ? StatusLists(
                settings: settings, store: store, ring: keyRing, revocations: feed, deflate: deflate)
            : nil
        let issuer = AccessTokenIssuer(settings: settings, ring: keyRing, keys: keys, statusLists: statusLists)
        let throttle = LoginThrottle(
            store: store, audit: audit, settings: settings.login, key: throttleKey, clock: clock)
        let sessions = SessionService(
            store: store, masterKeys: masterKeyRing, issuer: issuer, passwords: passwords,
            foreignHashes: foreignHashes, policy: policy, throttle: throttle, audit: audit, settings: settings,
            clock: clock, logger: logger)
        let directory = ClientDirectory(store: store, masterKeys: masterKeyRing)
        let bearer = BearerVerifier(
            settings: settings, ring: keyRing, feed: feed, store: store, directory: directory, clock: clock)
        let revocations = RevocationLog(store: store, bearer: bearer, sessions: sessions, keys: keys)

        self.settings = settings
        self.clock = clock
        self.store = store
        self.feed = feed
        self.eventFeed = eventFeed
        self.streams = EventStreamService(store: store, settings: settings, clock: clock)
        self.polls = EventPollService(store: store, feed: eventFeed, ring: keyRing, keys: keys, settings: settings)
        self.statusLists = statusLists
        self.keyRing = keyRing
        self.hashPool = hashPool
        self.audit = audit
        self.keys = keys
        self.throttle = throttle
        self.sessions = sessions
        self.signIns = SignInService(store: store, masterKeys: masterKeyRing, sessions: sessions, clock: clock)
        self.bearer = bearer
        self.revocations = revocations
        self.users = UserService(
            store: store, verifier: passwords, foreignHashes: foreignHashes, policy: policy, settings: settings,
            clock: clock)
        self.accounts = AccountService(
            store: store, masterKeys: masterKeyRing, sessions: sessions, users: users, directory: directory,
            feed: feed, clock: clock)
        self.foreignHashes = foreignHashes
        self.clients = ClientService(
            store: store, directory: directory, masterKeys: masterKeyRing, keys: keys, settings: settings,
            clock: clock)
        self.clientDirectory = directory
        self.clientAuthenticator = ClientAuthenticator(directory: directory, audit: audit, clock: clock)
        self.clientTokens = ClientTokenService(store: store, issuer: issuer, settings: settings, clock: clock)
        self.introspection = IntrospectionService(
            bearer: bearer, sessions: sessions, settings: settings, clock: clock)
        self.forward = ForwardAuthorizer(
            sessions: sessions, bearer: bearer, store: store, issuer: issuer, settings: settings, clock: clock)
        self.idTokenHints = IDTokenHints(issuer: settings.issuer, store: store, ring: keyRing)
        self.masterKeyRing = masterKeyRing
        self.masterKeys = MasterKeyService(
            store: store, ring: masterKeyRing, file: masterKeyFile, keys: keys, directory: directory,
            revocations: revocations, clock: clock)
        self.health = ServerHealth(
            store: store, hashPool: hashPool, keyRing: keyRing, settings: settings, clock: clock)
        self.follower = StoreFollower(
            store: store, feed: feed, directory: directory, keys: keys, logger: logger)
        self.upkeep = Upkeep(store: store, audit: audit, settings: settings, clock: clock, logger: logger)
    }

    /// Gets ready to serve: proves the master key, loads keys and list, covers the longest token lifetime. With a wrong
    /// master key nothing is written.
    /// - Parameters:
    ///   - epoch: the epoch of the revocation list from now on, unless other nodes serve in one; it was never used before.
    ///   - serves: false for a command that only writes to the database.
    /// - Throws: ``MasterKeyFault``, ``StoreUnavailable`` with a sentence for the operator.
    package func start(epoch: String, serves: Bool = true) async throws {
        if let sharing = store.sharing {
            try await keys.checkMasterKey()
            try await sharing.enter(
                NodeCard(
                    issuer: settings.issuer, masterKeys: masterKeyRing.fingerprints, serves: serves, epoch: epoch))
            try await keys.start()
        } else {
            try await keys.start()
            _ = try await store.beginEpoch(epoch)
        }
        // An application may have got the id before it was reserved.
        if try await !store.ensureBuiltInClient(.signInPages), serves {
            throw StoreUnavailable(ClientID.signInPages.clashSentence)
        }
        try await upkeep.raiseTokenHorizon()
        try await feed.start(store: store)
        if settings.sharedSignals.enabled { try await store.setStreamCapacity(settings.sharedSignals.maxPending) }
        try await statusLists?.start()
    }
}
