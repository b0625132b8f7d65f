import LatchkeyBytes
import LatchkeyTokens

/// One request of a sign-in under way: what is known, and how it goes on.
struct SignInConversation {
    let request: AuthorizationRequest
    let visit: SignInVisit
    let browser: BrowserSession?
    /// The next form's.
    var seal: FormSeal
    /// Whether the browser session is the one that the form was made with.
    let stillStands: Bool
    var facts: SignInFacts
    private(set) var proven: Authenticated?

    init(
        request: AuthorizationRequest, visit: SignInVisit, browser: BrowserSession?, seal: FormSeal,
        stillStands: Bool, facts: SignInFacts
    ) {
        self.request = request
        self.visit = visit
        self.browser = browser
        self.seal = seal
        self.stillStands = stillStands
        self.facts = facts
    }

    mutating func prove(_ authenticated: Authenticated) {
        proven = authenticated
        facts.proven = authenticated.user
    }

    mutating func choose(_ choice: SignInFacts.Choice) {
        facts.choice = choice
        seal.choice = choice
        // What another user has proven in this form is not the next user's.
        if choice == .another { leaveForm() }
    }

    /// Goes on in a form of its own, because the one at hand is somebody else's.
    mutating func leaveForm() {
        seal.form = .new(in: seal.form.browserDigest)
    }

    /// Takes up the proof of an earlier step.
    /// - Returns: false when there is none, or it is too old.
    mutating func resume(_ service: SignInService) async throws -> Bool {
        guard let row = try await service.store.signIn(seal.form), row.session == nil,
            row.requestDigest == seal.requestDigest, service.clock.now() < row.expiresAt,
            let user = try await service.store.holder(of: row)
        else { return false }
        prove(
            Authenticated(
                user: user, credentialVersion: row.credentialVersion, proofs: row.proofs, admission: nil))
        return true
    }

    var step: SignInStep { SignInDecision.decide(facts) }

    /// Asks what comes next, and does it.
    mutating func go(_ service: SignInService) async throws -> SignInAnswer {
        if let user = facts.proven?.id, user != browser?.user.id || facts.consented == nil {
            facts.consented = try await service.store.consent(of: user, to: request.client.id)?.scope
        }
        let step = step
        switch step {
        case .refused(let error): return .refused(error)
        case .account, .password, .newPassword, .consent, .confirm: return try await show(step, service)
        case .done(let ground): return try await complete(ground, service)
        }
    }

    /// A page. With a proof, its row is on disk first.
    private mutating func show(_ step: SignInStep, _ service: SignInService) async throws -> SignInAnswer {
        if let proven {
            // What is clicked on this page is for the one who has proven, never for the browser session.
            seal.browser = nil
            switch try await service.store.noteSignIn(SignInNote(record: row(proven, service), authenticated: proven))
            {
            case .noted: break
            case .taken(let row): return try await service.answer(row, proven.user.id, self)
            case .lostRace: throw SessionService.wrongCredentials
            }
        }
        let user =
            proven?.user ?? (facts.choice == .another ? nil : browser.flatMap { $0.proofs == nil ? nil : $0.user })
        return .show(step, user: user, seal: try seal.sealed(keys: service.masterKeys))
    }

    private func row(_ proven: Authenticated, _ service: SignInService) -> SignInRecord {
        row(user: proven.user.id, proofs: proven.proofs, version: proven.credentialVersion, service)
    }

    private func row(user: UserID, proofs: [Proof], version: Int64, _ service: SignInService) -> SignInRecord {
        let now = service.clock.now()
        return SignInRecord(
            id: RandomBytes.make(16), form: seal.form, user: user, client: request.client.id,
            requestDigest: seal.requestDigest, proofs: proofs, credentialVersion: version,
            nonce: RandomBytes.make(16), network: visit.network, createdAt: now,
            expiresAt: now + SignInRecord.lifetime)
    }

    private mutating func complete(
        _ ground: SignInStep.Ground, _ service: SignInService
    ) async throws -> SignInAnswer {
        guard let completion = completion(ground, service) else { return .refused(.loginRequired) }
        let outcome = try await IssuanceLoop(clock: service.clock).run {
            try await service.store.completeSignIn(completion)
        }
        switch outcome {
        case .issued(let code, let record):
            return .code(code, try cookie(record, ground, service))
        case .signedIn(let record): return .ownPage(try cookie(record, ground, service))
        case .taken(let row): return try await service.answer(row, completion.user, self)
        case .lostRace: throw SessionService.wrongCredentials
        case .consentGone:
            facts.consented = nil
            return try await go(service)
        case .browserGone:
            // Between the look and the transaction it has ended. The store's clock may know that before ours does, so the
            // same request goes on without it.
            return try await service.open(request, digest: seal.requestDigest, visit.withoutSession)
        case .clientRefused: return .refused(.unauthorizedClient)
        }
    }

    private func cookie(
        _ record: SessionRecord, _ ground: SignInStep.Ground, _ service: SignInService
    ) throws -> BrowserCookie? {
        ground == .onProof ? try service.cookie(record, isPersistent: seal.staysSignedIn) : nil
    }

    private func completion(_ ground: SignInStep.Ground, _ service: SignInService) -> SignInCompletion? {
        let user: UserID
        let rests: SignInCompletion.Ground
        let record: SignInRecord
        switch ground {
        case .onProof:
            guard let proven else { return nil }
            user = proven.user.id
            rests = .proof(proven, isPersistent: seal.staysSignedIn, presented: browser?.id)
            record = row(proven, service)
        case .onBrowser:
            guard let browser else { return nil }
            user = browser.user.id
            rests = .browser(browser.id, generation: browser.generation)
            record = row(user: user, proofs: [], version: 0, service)
        }
        let keys = service.masterKeys
        return SignInCompletion(
            purpose: SignInPurpose(request), ground: rests, user: user, row: facts.clicked ? record : nil,
            code: { row in
                guard let row else { return .generate() }
                guard
                    let code = AuthorizationCodeString.derived(
                        signIn: row.id, nonce: row.nonce, slot: keys.currentSlot, keys: keys)
                else { throw MasterKeyFault("The current master-key slot is empty.") }
                return code
            },
            consent: facts.allows ? request.scope : nil, session: .generate(at: service.clock.now()),
            sessionNonce: SessionService.nonce(), deviceName: visit.deviceName, network: visit.network)
    }
}
