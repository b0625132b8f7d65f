import LatchkeyBytes
package import LatchkeyTokens

/// What a sign-in on pages is for, as its rules need it.
package struct SignInPurpose: Sendable {
    package let client: ClientID
    package let redirectURI: String
    package let challenge: String?
    package let nonce: String?
    package let scope: Scope
    package let resources: [String]
    /// Whether the user must have let the client have the scope.
    package let needsConsent: Bool
    /// Only the browser session is wanted, for the server's own pages.
    package var isOwnPage: Bool { client == .signInPages }

    package init(_ request: AuthorizationRequest) {
        client = request.client.id
        redirectURI = request.redirectURI
        challenge = request.challenge
        nonce = request.nonce
        scope = request.scope
        resources = request.resources
        needsConsent = request.client.consent == .ask
    }
}

/// A proof that is not the last step.
package struct SignInNote: Sendable {
    package let record: SignInRecord
    package let authenticated: Authenticated

    package init(record: SignInRecord, authenticated: Authenticated) {
        self.record = record
        self.authenticated = authenticated
    }
}

package enum SignInNoteOutcome: Sendable {
    /// The row as it is now.
    case noted(SignInRecord)
    /// The form has led to a code already, or belongs to another user or request.
    case taken(SignInRecord)
    case lostRace
}

/// The last step of a sign-in, on its way to the writer.
package struct SignInCompletion: Sendable {
    /// What the code rests on.
    package enum Ground: Sendable {
        /// Proofs of this sign-in: a browser session begins, or the presented one of the same user is renewed.
        case proof(Authenticated, isPersistent: Bool, presented: SessionID?)
        /// The presented browser session, with the proofs that its cookie stands for.
        case browser(SessionID, generation: UInt32)
    }

    package let purpose: SignInPurpose
    package let ground: Ground
    package let user: UserID
    /// The row to consume, or to write; nil when no form was posted.
    package let row: SignInRecord?
    /// The code for a row, by the row's id and nonce; a random one without a row.
    package let code: @Sendable (SignInRecord?) throws -> AuthorizationCodeString
    /// What the user has allowed now.
    package let consent: Scope?
    /// For a browser session that begins.
    package let session: SessionID
    package let sessionNonce: [UInt8]
    package let deviceName: String?
    package let network: String

    package init(
        purpose: SignInPurpose, ground: Ground, user: UserID, row: SignInRecord?,
        code: @escaping @Sendable (SignInRecord?) throws -> AuthorizationCodeString, consent: Scope?,
        session: SessionID, sessionNonce: [UInt8], deviceName: String?, network: String
    ) {
        self.purpose = purpose
        self.ground = ground
        self.user = user
        self.row = row
        self.code = code
        self.consent = consent
        self.session = session
        self.sessionNonce = sessionNonce
        self.deviceName = deviceName
        self.network = network
    }
}

package enum SignInOutcome: Sendable {
    /// A code was written.
    case issued(AuthorizationCodeString, SessionRecord)
    /// The browser session is there; for the server's own pages there is no code.
    case signedIn(SessionRecord)
    /// The form had led to a code before.
    case taken(SignInRecord)
    /// The password or the user's state changed since it was verified, or the user was signed out everywhere.
    case lostRace
    /// The browser session has ended, or its proofs are others now.
    case browserGone
    /// The user has taken back what the client was allowed.
    case consentGone
    case clientRefused
}

/// The transactions of a sign-in on pages.
package enum SignInRules {
    /// Keeps a proof until the next step. A form that is sent again replaces its own proof.
    static func note(_ note: SignInNote, _ ledger: any Ledger) throws -> SignInNoteOutcome {
        let record = note.record
        guard let login = try ledger.users.loginRecord(of: record.user), !login.user.disabled,
            login.credential.version == record.credentialVersion, try ledger.clients.find(record.client) != nil
        else { return .lostRace }
        for bucket in note.authenticated.resetting { try ledger.throttle.reset(bucket) }
        if var known = try ledger.signIns.find(record.form) {
            guard known.isSame(as: record), known.session == nil else { return .taken(known) }
            known.proofs = record.proofs
            known.credentialVersion = record.credentialVersion
            try ledger.signIns.update(known)
            return .noted(known)
        }
        guard try ledger.signIns.insert(record) else { return .lostRace }
        try ledger.signIns.trim(to: SignInRecord.mostPerUser, keeping: record)
        return .noted(record)
    }

    /// Consumes the sign-in: browser session, consent, row and code in one transaction, which reads again everything
    /// that the steps rested on.
    static func complete(_ completion: SignInCompletion, _ ledger: any Ledger) throws -> Issuance<SignInOutcome> {
        var row = completion.row
        if let form = row?.form, let known = try ledger.signIns.find(form) {
            guard let asked = row, known.isSame(as: asked), known.session == nil else {
                return .settled(.taken(known))
            }
            row = known
        }
        guard let client = try ledger.clients.find(completion.purpose.client), !client.disabled,
            completion.purpose.isOwnPage || client.registers(redirectURI: completion.purpose.redirectURI)
        else { return .settled(.clientRefused) }
        guard let user = try ledger.users.find(completion.user) else { return .settled(.lostRace) }
        guard try isAllowed(completion, ledger) else { return .settled(.consentGone) }
        // Before anything is written: what a rule has written stays when it answers that it must wait.
        switch try ledger.gate([user.issuedBefore, client.issuedBefore]) {
        case .open: break
        case .wait(let until): return .wait(until: until)
        case .clockSetBack(let retryAfter): return .clockSetBack(retryAfter: retryAfter)
        }
        switch completion.ground {
        case .proof(let authenticated, let isPersistent, let presented):
            let everybody = try ledger.state.row().stored.sessionsEndedAt
            guard !isOvertaken(authenticated.proofs, user, everybody: everybody) else { return .settled(.lostRace) }
            let issuance = try BrowserSessionRules.begin(
                SessionBeginning(
                    id: completion.session, nonce: completion.sessionNonce, authenticated: authenticated,
                    client: .signInPages, transport: .browser, scope: Scope(),
                    absoluteLifetime: BrowserSessionRules.absoluteLifetime(isPersistent: isPersistent),
                    deviceName: completion.deviceName, network: completion.network, replacing: nil),
                isPersistent: isPersistent, over: presented, ledger)
            switch issuance {
            case .settled(.begun(let browser, _)): return try issue(completion, row, client, browser, ledger)
            case .settled(.lostRace): return .settled(.lostRace)
            case .settled(.clientRefused): return .settled(.clientRefused)
            case .wait(let until): return .wait(until: until)
            case .clockSetBack(let retryAfter): return .clockSetBack(retryAfter: retryAfter)
            }
        case .browser(let id, let generation):
            guard try ledger.sessions.hold(id), let record = try ledger.sessions.find(id),
                record.user.id == completion.user, let state = try ledger.browsers.find(id),
                let browser = BrowserSessionRules.judge(record, state, generation: generation, now: ledger.instant),
                let proofs = browser.proofs
            else { return .settled(.browserGone) }
            let issuance = try issue(completion, row, client, record, proofs: proofs, ledger)
            if case .settled(.issued) = issuance { try noteUse(of: browser, ledger) }
            return issuance
        }
    }

    /// A browser session that applications use does not become idle. The last write.
    private static func noteUse(of browser: BrowserSession, _ ledger: any Ledger) throws {
        let idle = BrowserSessionRules.idleLifetime(isPersistent: browser.state.isPersistent)
        let use = SessionUse(
            session: browser.id, idleLifetime: idle, notedAfter: SessionUse.interval(idleLifetime: idle),
            issuesToken: false)
        guard let lineage = use.lineage(of: browser.record, at: ledger.instant) else { return }
        try ledger.sessions.advance(browser.record.session, to: lineage)
    }

    /// Whether the user allows it now, or has done so before and not taken it back.
    private static func isAllowed(_ completion: SignInCompletion, _ ledger: any Ledger) throws -> Bool {
        let purpose = completion.purpose
        if !purpose.needsConsent || completion.consent != nil { return true }
        let consent = try ledger.consents.find(completion.user, purpose.client)
        return consent.map { purpose.scope.isSubset(of: $0.scope) } ?? false
    }

    /// Whether the user, or everybody, was signed out since the proofs were given.
    private static func isOvertaken(_ proofs: [Proof], _ user: User, everybody: Timestamp?) -> Bool {
        let marks = SessionWatermarks(user: user.sessionsEndedAt, client: nil, everybody: everybody)
        return proofs.isEmpty || proofs.contains { marks.cover($0.at) }
    }

    /// The user of a sign-in whose proofs still hold: neither password nor state has changed, nor was the user signed out
    /// everywhere.
    fileprivate static func holder(of row: SignInRecord, _ looks: any Looks) throws -> User? {
        guard let login = try looks.users.loginRecord(of: row.user), !login.user.disabled,
            login.credential.version == row.credentialVersion
        else { return nil }
        let everybody = try looks.state.row().stored.sessionsEndedAt
        return isOvertaken(row.proofs, login.user, everybody: everybody) ? nil : login.user
    }

    private static func issue(
        _ completion: SignInCompletion, _ row: SignInRecord?, _ client: Client, _ browser: SessionRecord,
        proofs: [Proof]? = nil, _ ledger: any Ledger
    ) throws -> Issuance<SignInOutcome> {
        guard let login = try ledger.users.loginRecord(of: completion.user), !login.user.disabled else {
            return .settled(.lostRace)
        }
        let purpose = completion.purpose
        // Or a second revocation of the client in this same second, which does nothing, would miss the code.
        return try ledger.issue(login.user.issuedBefore, client.issuedBefore) { _ in
            let instant = ledger.instant
            if var row {
                row.session = browser.session.id
                if try ledger.signIns.insert(row) {
                    try ledger.signIns.trim(to: SignInRecord.mostPerUser, keeping: row)
                } else {
                    try ledger.signIns.update(row)
                }
            }
            if purpose.isOwnPage { return .signedIn(browser) }
            let code = try completion.code(row)
            if let scope = completion.consent {
                try ConsentRules.grant(scope, to: purpose.client, by: login.user.id, ledger)
            }
            try AuthorizationCodeRules.insert(
                AuthorizationCode(
                    digest: code.digest, user: login.user.id, client: purpose.client,
                    redirectURI: purpose.redirectURI, challenge: purpose.challenge, nonce: purpose.nonce,
                    scope: purpose.scope, resources: purpose.resources, parent: browser.session.id,
                    proofs: proofs ?? browser.session.proofs, credentialVersion: login.credential.version,
                    signIn: row?.id, deviceName: completion.deviceName, network: completion.network,
                    createdAt: instant, expiresAt: instant + AuthorizationCodeString.lifetime),
                ledger)
            return .issued(code, browser)
        }
    }

    /// Ends what a browser has under way, as it signs out.
    static func forget(browser digest: [UInt8], _ ledger: any Ledger) throws {
        try ledger.signIns.remove(ofBrowser: digest)
    }
}

extension SignInRecord {
    /// Whether both are the same user's sign-in for the same request.
    fileprivate func isSame(as other: SignInRecord) -> Bool {
        user == other.user && client == other.client && requestDigest == other.requestDigest
    }
}

extension Store {
    package func signIn(_ form: FormName) async throws -> SignInRecord? {
        try await read { try $0.signIns.find(form) }
    }

    /// See ``SignInRules/holder(of:_:)``.
    package func holder(of row: SignInRecord) async throws -> User? {
        try await read(snapshot: true) { try SignInRules.holder(of: row, $0) }
    }

    package func code(ofSignIn id: [UInt8]) async throws -> AuthorizationCode? {
        try await read { try $0.codes.find(signIn: id) }
    }

    /// Forgets what a form was proven with. A code that it has led to stays: the client may have it. Durable on return.
    package func abandonSignIn(_ form: FormName) async throws {
        // Most forms have no row, and a page must not cost a write.
        guard try await signIn(form) != nil else { return }
        try await write(.rows) { try $0.signIns.remove(form) }.value
    }

    /// See ``SignInRules/note(_:_:)``. Durable on return.
    package func noteSignIn(_ note: SignInNote) async throws -> SignInNoteOutcome {
        try await write(.user(note.record.user)) { try SignInRules.note(note, $0) }.value
    }

    /// See ``SignInRules/complete(_:_:)``. Durable on return.
    package func completeSignIn(_ completion: SignInCompletion) async throws -> Issuance<SignInOutcome> {
        try await write(.user(completion.user)) { try SignInRules.complete(completion, $0) }.value
    }

    /// The browser session that a token names, with its state; nil when there is none.
    package func browserSession(_ id: SessionID) async throws -> (SessionRecord, BrowserSessionState)? {
        try await read(snapshot: true) { looks in
            guard let record = try looks.sessions.find(id), record.session.transport == .browser,
                let state = try looks.browsers.find(id)
            else { return nil }
            return (record, state)
        }
    }
}
