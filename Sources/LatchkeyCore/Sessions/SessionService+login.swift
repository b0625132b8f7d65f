import LatchkeyBytes
package import LatchkeyTokens

/// A sign-in as the HTTP layer parsed it. The client is known and, when confidential, authenticated.
package struct LoginRequest: Sendable {
    package var username: String
    package var password: Password
    /// The new password, only for an account whose password must be changed.
    package var newPassword: Password?
    package let client: Client
    package var scope: Scope?
    package let transport: Session.Transport
    package var deviceName: String?
    /// IPv4 address or IPv6 /64.
    package var network: String
    /// Many users may be behind this address (a proxy that is not configured as trusted).
    package var sharedNetwork: Bool
    /// The refresh token in the cookie that came with the login: that session ends.
    package var replacingRefreshToken: String?
    /// The same for a server session.
    package var replacingSessionToken: String?

    package init(
        username: String, password: Password, newPassword: Password? = nil, client: SignInClient, scope: Scope? = nil,
        deviceName: String? = nil, network: String, sharedNetwork: Bool = false,
        replacingRefreshToken: String? = nil, replacingSessionToken: String? = nil
    ) {
        self.username = username
        self.password = password
        self.newPassword = newPassword
        self.client = client.client
        self.scope = scope
        transport = client.transport
        self.deviceName = deviceName
        self.network = network
        self.sharedNetwork = sharedNetwork
        self.replacingRefreshToken = replacingRefreshToken
        self.replacingSessionToken = replacingSessionToken
    }
}

/// A password to verify.
struct PasswordAttempt {
    let userName: String
    let password: Password
    /// For the audit trail.
    let client: ClientID
    let network: String
    /// As ``LoginRequest/sharedNetwork``.
    let sharedNetwork: Bool
}

extension SessionService {
    /// Verifies the password and begins a session with tokens. Durable on return.
    ///
    /// An unknown user, a wrong password, a disabled user, and a login that lost the race with a password change get
    /// the same refusal after the same work.
    /// - Throws: ``Refusal`` `invalid_scope`, `too_many_attempts`, `invalid_credentials`,
    ///   `password_change_required`, `password_rejected`, `overloaded`, `clock_set_back`.
    package func login(_ request: LoginRequest) async throws -> TokenReply {
        precondition(request.transport != .session)
        let authenticated = try await authenticate(request)
        defer { authenticated.admission?.release() }
        return try await begin(authenticated, SignIn(request, replacing: try await replacedSession(request)))
    }

    /// Verifies the password. The returned value holds the throttle's admission.
    /// - Throws: as ``login(_:)``.
    func authenticate(_ request: LoginRequest) async throws -> Authenticated {
        // Checked before the password, so that a mistake in the request costs nothing and reveals nothing about the
        // user.
        if let scope = request.scope, !scope.isSubset(of: request.client.allowedScope) {
            throw Refusal(.invalidScope, "Part of the scope is not allowed for this client: ask for less.")
        }

        let proven = try await prove(
            PasswordAttempt(
                userName: request.username, password: request.password, client: request.client.id,
                network: request.network, sharedNetwork: request.sharedNetwork))
        var facts = SignInFacts(request: nil, arrivedAt: clock.now())
        facts.proven = proven.user
        switch SignInDecision.decide(facts) {
        case .newPassword:
            guard let new = request.newPassword else {
                throw Refusal(
                    .passwordChangeRequired,
                    "The password must be changed: send the same request with new_password added.")
            }
            return try await replacePassword(of: proven, with: new, current: request.password, request.network)
        case .done:
            guard request.newPassword == nil else {
                throw Refusal(.invalidRequest, "new_password is only for an account whose password must be changed.")
            }
            return proven
        case .account, .password, .consent, .confirm, .refused: throw Self.wrongCredentials
        }
    }

    /// Verifies a password. The returned value holds the throttle's admission.
    /// - Throws: ``Refusal`` `too_many_attempts`, `invalid_credentials`, `overloaded`.
    func prove(_ attempt: PasswordAttempt) async throws -> Authenticated {
        try passwords.checkRoom(network: attempt.network)
        let admission = try await throttle.admit(
            try await account(named: attempt.userName), network: attempt.network, sharedPeer: attempt.sharedNetwork)
        let record = admission.record
        let comparison = try await passwords.compare(
            password: attempt.password, stored: record?.credential.hash, mayMatch: record?.user.disabled == false,
            network: attempt.network)
        guard case .match(let needsRehash) = comparison.verdict, let record else {
            // First, because it lets the next attempt of the pair proceed.
            try await recordFailure(admission, attempt, user: record?.user)
            try await foreignHashes.holdRefusal(after: comparison)
            throw Self.wrongCredentials
        }
        if needsRehash, !record.user.mustChangePassword {
            try await rehash(record, password: attempt.password, network: attempt.network)
        }
        return Authenticated(
            user: record.user, credentialVersion: record.credential.version,
            proofs: [try await passwordProof(after: record.user.sessionsEndedAt)], admission: admission)
    }

    /// The proof of a password that was read together with a watermark. It is later than what the watermark has ended, by
    /// whichever clock, and not in the future: a sign-out of this same instant must end it, too.
    private func passwordProof(after watermark: Timestamp?) async throws -> Proof {
        guard let watermark else { return Proof(.password, at: clock.now()) }
        let behind = watermark - clock.now()
        if behind >= .zero, behind < .seconds(2) { try await clock.sleep(behind + .milliseconds(1)) }
        return Proof(.password, at: max(clock.now(), watermark + .milliseconds(1)))
    }

    /// The account that a text names: by its name, or with `users.email_sign_in` by the address that one user has. The
    /// throttle counts by the name in both cases, so an address opens no second set of attempts.
    private func account(named text: String) async throws -> LoginThrottle.Account {
        if settings.users.emailSignIn, let address = try? EmailAddress(text),
            let name = try await store.nameToSignIn(withAddress: address.comparisonForm)
        {
            return .named(name)
        }
        return (try? UserName(text)).map { .named($0.normalised) } ?? .impossible(UserName.comparisonForm(of: text))
    }

    /// Begins a session with tokens. Durable on return.
    func begin(_ authenticated: Authenticated, _ signIn: SignIn) async throws -> TokenReply {
        let (record, stamp) = try await beginSession(authenticated, signIn)
        let grant = try record.client.tokenGrant(
            held: record.session.scope, requested: signIn.scope, user: record.user, settings: settings)
        return try await reply(
            record, grant, stamp, generation: record.client.grants.contains(.refreshToken) ? 1 : nil)
    }

    /// Writes only the session.
    func beginSession(
        _ authenticated: Authenticated, _ signIn: SignIn
    ) async throws -> (record: SessionRecord, stamp: IssuanceStamp) {
        let client = signIn.client
        let beginning = SessionBeginning(
            id: .generate(at: clock.now()), nonce: Self.nonce(), authenticated: authenticated, client: client.id,
            transport: signIn.transport,
            scope: try client.grantedScope(requested: signIn.scope, user: authenticated.user),
            absoluteLifetime: absoluteLifetime(of: client), deviceName: signIn.deviceName, network: signIn.network,
            replacing: signIn.replacing)
        switch try await IssuanceLoop(clock: clock).run({ try await store.beginSession(beginning) }) {
        case .begun(let record, let stamp): return (record, stamp)
        case .lostRace: throw Self.wrongCredentials
        case .clientRefused: throw Self.clientRefused
        }
    }

    /// The salt of a session's token keys.
    static func nonce() -> [UInt8] { RandomBytes.make(RefreshToken.nonceByteCount) }

    /// The refusal when the client was deleted or disabled while its user signed in.
    static let clientRefused = Refusal(.invalidClient, "This client is unknown or disabled.")

    /// The same refusal for an unknown user and for a wrong password.
    static let wrongCredentials = Refusal(.invalidCredentials, "The user name or the password is wrong.")

    private func recordFailure(_ admission: Admission, _ attempt: PasswordAttempt, user: User?) async throws {
        try await throttle.failed(
            admission,
            event: AuditEvent(
                .loginFailed, at: clock.now(), actor: .client(attempt.client), user: user?.id, client: attempt.client,
                network: attempt.network))
    }

    /// Upgrades a hash to the current policy. A full hash queue must not refuse a correct login: the upgrade then waits
    /// for the next login.
    private func rehash(_ record: LoginRecord, password: Password, network: String) async throws {
        let hash: String
        do {
            hash = try await passwords.hash(password: password, network: network)
        } catch let refusal as Refusal where refusal.code == .overloaded {
            return
        }
        try await store.rehashPassword(record.user.id, hash: hash, ifVersion: record.credential.version)
    }

    /// Sets the password of a user whose must be changed. That ends all sessions and makes the proof stale: so it is given
    /// anew.
    /// - Parameter current: the password that was proven; `nil` when only its hash is at hand.
    /// - Throws: ``Refusal`` `password_rejected`, `invalid_credentials` when it was changed meanwhile, `overloaded`.
    func replacePassword(
        of proven: Authenticated, with new: Password, current: Password?, _ network: String
    ) async throws -> Authenticated {
        let user = proven.user
        try policy.check(new, userName: try UserName(user.name))
        guard try await differs(new, from: current, of: user.id, network: network) else {
            throw Refusal(
                .passwordRejected, "The new password must differ from the current one.", problem: .unchanged)
        }
        let hash = try await passwords.hash(password: new, network: network)
        let credential = try await store.setPassword(
            user.id, hash: hash, ifVersion: proven.credentialVersion, mustChange: false, actor: .user(user.id))
        // As it is now: without the duty to change the password, and with the watermark that the change has set.
        guard let changed = try await store.loginRecord(user: user.id)?.user else { throw Self.wrongCredentials }
        let ended = max(credential.changedAt, changed.sessionsEndedAt ?? credential.changedAt)
        return Authenticated(
            user: changed, credentialVersion: credential.version,
            proofs: [try await passwordProof(after: ended)], admission: proven.admission)
    }

    private func differs(
        _ new: Password, from current: Password?, of user: UserID, network: String
    ) async throws -> Bool {
        if let current { return new.bytes != current.bytes }
        guard let record = try await store.loginRecord(user: user) else { return true }
        let comparison = try await passwords.compare(
            password: new, stored: record.credential.hash, network: network)
        if case .match = comparison.verdict { return false }
        return true
    }

    /// Only a genuine token of the same client ends a session; anything else in the cookie is ignored.
    private func replacedSession(_ request: LoginRequest) async throws -> SessionID? {
        guard request.transport == .cookie, let text = request.replacingRefreshToken,
            let found = try await lookup(refreshToken: text), found.record.session.client == request.client.id
        else { return nil }
        return found.record.session.id
    }
}
