import Crypto
import LatchkeyBytes
import LatchkeyTokens

/// The browser in front of a page, by what it sent along.
package struct SignInVisit: Sendable {
    /// The value of the step cookie: 256 random bits that the browser keeps, shared by its tabs.
    package let step: String
    /// The text of the browser session's cookie.
    package let token: String?
    package let network: String
    /// As ``LoginRequest/sharedNetwork``.
    package let sharedNetwork: Bool
    /// A name for the browser, from its `User-Agent`.
    package let deviceName: String?

    package init(step: String, token: String?, network: String, sharedNetwork: Bool, deviceName: String?) {
        self.step = step
        self.token = token
        self.network = network
        self.sharedNetwork = sharedNetwork
        self.deviceName = deviceName
    }

    /// Names the browser in seals and rows.
    package var digest: [UInt8] { Array(SHA256.hash(data: Array(step.utf8))) }

    /// The same visit of a browser that nobody is signed in with.
    var withoutSession: SignInVisit {
        SignInVisit(step: step, token: nil, network: network, sharedNetwork: sharedNetwork, deviceName: deviceName)
    }
}

/// What was posted with a form.
package enum SignInAct: Sendable {
    case password(userName: String, Password, staysSignedIn: Bool)
    case newPassword(Password)
    case choose(SignInFacts.Choice)
    case allow
    case deny
    case confirm
}

/// A browser session's cookie to set.
package struct BrowserCookie: Sendable {
    package let token: BrowserSessionTokenString
    /// Seconds; `nil` when the browser is to forget it as it is closed.
    package let lifetime: Int?
}

/// What a sign-in answers.
package enum SignInAnswer: Sendable {
    /// A page. `user` is the one who has to prove, or who is signed in; `seal` is the form's sealed field.
    case show(SignInStep, user: User?, seal: String)
    /// The same, because the form was too old or not this browser's: nothing was looked at.
    case again(SignInStep, user: User?, seal: String)
    case code(AuthorizationCodeString, BrowserCookie?)
    /// Back to the page of our own that asked: the browser session is there.
    case ownPage(BrowserCookie?)
    case refused(SignInRefusal)
    /// The form was sent again after its code was used.
    case signedIn
}

/// The conversation of a person with the pages, from the authorization request to the code. Every request asks
/// ``SignInDecision`` what comes next, with everything read again.
package struct SignInService: Sendable {
    let store: any Store
    let masterKeys: MasterKeyRing
    let sessions: SessionService
    let clock: Clock

    package init(store: any Store, masterKeys: MasterKeyRing, sessions: SessionService, clock: Clock) {
        self.store = store
        self.masterKeys = masterKeys
        self.sessions = sessions
        self.clock = clock
    }

    /// An authorization request that has arrived. Writes nothing unless it ends in a code.
    /// - Parameter digest: SHA-256 of the request.
    /// - Throws: ``Refusal`` `clock_set_back`, `temporarily_unavailable`.
    package func open(
        _ request: AuthorizationRequest, digest: [UInt8], _ visit: SignInVisit
    ) async throws -> SignInAnswer {
        var conversation = try await begin(request, digest, visit)
        return try await conversation.go(self)
    }

    /// A form that was posted.
    /// - Throws: ``Refusal`` `too_many_attempts`, `invalid_credentials`, `password_rejected`, `overloaded`,
    ///   `clock_set_back`, `temporarily_unavailable`.
    package func submit(
        _ act: SignInAct, seal text: String?, for request: AuthorizationRequest, digest: [UInt8], _ visit: SignInVisit
    ) async throws -> SignInAnswer {
        let seal = FormSeal(text, from: visit, for: digest, keys: masterKeys, now: clock.now())
        guard let seal else { return try await restart(request, digest, visit) }
        var conversation = try await begin(request, digest, visit, seal)
        switch act {
        case .password(let userName, let password, let stays):
            let proven = try await sessions.prove(
                PasswordAttempt(
                    userName: userName, password: password, client: request.client.id, network: visit.network,
                    sharedNetwork: visit.sharedNetwork))
            defer { proven.admission?.release() }
            conversation.seal.staysSignedIn = stays
            if let row = try await store.signIn(seal.form) {
                if row.user != proven.user.id {
                    // Otherwise this one could get the answer that is meant for the other.
                    conversation.leaveForm()
                } else if row.session != nil {
                    // Sent again: the password was right again, so the first answer is due.
                    return try await answer(row, proven.user.id, conversation)
                }
            }
            conversation.prove(proven)
            return try await conversation.go(self)
        case .newPassword(let new):
            guard try await conversation.resume(self), let proven = conversation.proven else {
                return try await newPasswordAgain(new, conversation)
            }
            if conversation.step == .newPassword {
                let changed = try await sessions.replacePassword(of: proven, with: new, current: nil, visit.network)
                conversation.prove(changed)
            }
            return try await conversation.go(self)
        case .choose(let choice):
            guard choice == .another || conversation.stillStands else {
                return try await restart(request, digest, visit)
            }
            // Whoever says "not me" leaves nothing behind that the Back button could take up.
            if choice == .another { try await store.abandonSignIn(seal.form) }
            conversation.choose(choice)
            return try await conversation.go(self)
        case .allow, .confirm:
            if let row = try await store.signIn(seal.form), row.session != nil, row.requestDigest == digest {
                return try await answer(row, row.user, conversation)
            }
            guard try await conversation.resume(self) || conversation.stillStands else {
                return try await restart(request, digest, visit)
            }
            if case .allow = act { conversation.facts.allows = true }
            return try await conversation.go(self)
        case .deny:
            try await store.abandonSignIn(seal.form)
            return .refused(.accessDenied)
        }
    }

    /// A form with a new password that is sent again, while or after the first one sets it: then it is the password, and
    /// proves as much as any.
    private func newPasswordAgain(
        _ new: Password, _ conversation: SignInConversation
    ) async throws -> SignInAnswer {
        var conversation = conversation
        let (request, visit) = (conversation.request, conversation.visit)
        let digest = conversation.seal.requestDigest
        guard let row = try await store.signIn(conversation.seal.form), row.requestDigest == digest,
            clock.now() < row.expiresAt,
            let login = try await store.loginRecord(user: row.user),
            login.credential.version > row.credentialVersion
                || row.session != nil
        else { return try await restart(request, digest, visit) }
        let proven: Authenticated
        do {
            proven = try await sessions.prove(
                PasswordAttempt(
                    userName: login.user.name, password: new, client: request.client.id, network: visit.network,
                    sharedNetwork: visit.sharedNetwork))
        } catch let refusal as Refusal where refusal.code == .invalidCredentials {
            return try await restart(request, digest, visit)
        }
        defer { proven.admission?.release() }
        if row.session != nil { return try await answer(row, proven.user.id, conversation) }
        conversation.prove(proven)
        return try await conversation.go(self)
    }

    /// The live browser session of a visit, or the one that its cookie names.
    package func browser(_ text: String?) async throws -> BrowserSession? {
        guard let text, let token = BrowserSessionToken(text), masterKeys.contains(slot: token.slot),
            let (record, state) = try await store.browserSession(token.session),
            token.isAuthentic(nonce: record.session.nonce, keys: masterKeys)
        else { return nil }
        return BrowserSessionRules.judge(record, state, generation: token.generation, now: clock.now())
    }

    private func restart(
        _ request: AuthorizationRequest, _ digest: [UInt8], _ visit: SignInVisit
    ) async throws -> SignInAnswer {
        let answer = try await open(request, digest: digest, visit)
        guard case .show(let step, let user, let seal) = answer else { return answer }
        return .again(step, user: user, seal: seal)
    }

    private func begin(
        _ request: AuthorizationRequest, _ digest: [UInt8], _ visit: SignInVisit, _ seal: FormSeal? = nil
    ) async throws -> SignInConversation {
        let browser = try await browser(visit.token)
        let now = clock.now()
        let presented = browser.map(\.sealed)
        var facts = SignInFacts(request: request, arrivedAt: seal?.arrivedAt ?? now)
        if let browser, let proofs = browser.proofs {
            facts.standing = SignInFacts.Standing(user: browser.user.id, proofs: proofs)
            if let hint = request.loginHint {
                let profile = try await store.profile(of: browser.user.id)
                facts.hintsAtStanding = LoginHint.means(hint, browser.user, profile)
            }
            facts.consented = try await store.consent(of: browser.user.id, to: request.client.id)?.scope
        }
        facts.choice = seal?.choice
        facts.clicked = seal != nil
        facts.needsClick = request.needsClick
        facts.reachesAuthenticationClass = request.isReachable
        let form = seal?.form ?? .new(in: visit.digest)
        var next = FormSeal(
            form: form, issuedAt: now, arrivedAt: facts.arrivedAt, requestDigest: digest, browser: presented)
        next.choice = seal?.choice
        next.staysSignedIn = seal?.staysSignedIn ?? false
        return SignInConversation(
            request: request, visit: visit, browser: browser, seal: next,
            stillStands: presented != nil && seal?.browser == presented,
            facts: facts)
    }

    /// What a form that has led to a code is answered when it is sent again.
    func answer(
        _ row: SignInRecord, _ user: UserID, _ conversation: SignInConversation
    ) async throws -> SignInAnswer {
        guard row.user == user, row.requestDigest == conversation.seal.requestDigest else {
            return try await restart(conversation.request, conversation.seal.requestDigest, conversation.visit)
        }
        if conversation.request.ownPage != nil { return .ownPage(try await cookieAgain(row)) }
        guard let code = try await store.code(ofSignIn: row.id), code.session == nil, clock.now() < code.expiresAt,
            let text = self.code(of: row, matching: code.digest), let session = row.session,
            let (record, state) = try await store.browserSession(session),
            BrowserSessionRules.judge(record, state, generation: record.session.lineage.current, now: clock.now())
                != nil
        else { return .signedIn }
        // The cookie is as good as the one of the first answer: who has proven more since then got it for that.
        let isUnchanged = record.session.proofs == code.proofs
        return .code(text, isUnchanged ? try cookie(record, isPersistent: state.isPersistent) : nil)
    }

    /// The cookie of a sign-in that has just ended, whose answer may be lost: unless more was proven since then.
    private func cookieAgain(_ row: SignInRecord) async throws -> BrowserCookie? {
        guard let session = row.session, let (record, state) = try await store.browserSession(session),
            record.session.proofs == row.proofs, clock.now() - state.renewedAt < AuthorizationCodeString.lifetime,
            BrowserSessionRules.judge(record, state, generation: record.session.lineage.current, now: clock.now())
                != nil
        else { return nil }
        return try cookie(record, isPersistent: state.isPersistent)
    }

    /// The code of a row, whichever master key was current then.
    private func code(of row: SignInRecord, matching digest: [UInt8]) -> AuthorizationCodeString? {
        for slot in 0..<UInt8(MasterKeyRing.slotCount) {
            let code = AuthorizationCodeString.derived(signIn: row.id, nonce: row.nonce, slot: slot, keys: masterKeys)
            if let code, code.digest == digest { return code }
        }
        return nil
    }

    func cookie(_ record: SessionRecord, isPersistent: Bool) throws -> BrowserCookie {
        let session = record.session
        return BrowserCookie(
            token: try BrowserSessionToken.derive(
                session: session.id, generation: session.lineage.current, nonce: session.nonce, keys: masterKeys),
            lifetime: isPersistent ? Int(max(0, session.expiresAt.seconds - clock.now().seconds)) : nil)
    }
}

extension AuthorizationRequest {
    /// The authentication classes that a sign-in can reach here, the weakest first.
    package static let authenticationClasses = ["urn:latchkey:1fa"]

    /// False when `acr_values` names none of them and the client says that this matters.
    fileprivate var isReachable: Bool {
        !client.essentialACR || acrValues.isEmpty
            || acrValues.contains { Self.authenticationClasses.containsBytes(of: $0) }
    }
}
