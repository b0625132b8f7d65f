import LatchkeyCore
import LatchkeyTokens
import Testing

/// Short ways through a sign-in on pages.
extension StoreHarness {
    static let redirectURI = "https://app.example/cb"
    static let verifier = String(repeating: "v", count: 43)
    static let request = [UInt8](repeating: 5, count: 32)

    /// A user `ada` and a client `app`, where the server has pages of its own.
    func addPages() async throws -> (user: User, client: Client) {
        #expect(try await store.ensureBuiltInClient(.signInPages))
        return (try await addUser(), try await addClient())
    }

    func form(_ number: UInt8 = 1, browser: UInt8 = 1) -> FormName {
        FormName(
            browserDigest: [UInt8](repeating: browser, count: 32), formID: [UInt8](repeating: number, count: 16))
    }

    func row(
        _ user: User, _ client: Client, _ form: FormName, version: Int64 = 1, request: [UInt8] = StoreHarness.request,
        network: String = StoreHarness.network
    ) -> SignInRecord {
        SignInRecord(
            id: SessionID.generate(at: now).bytes, form: form, user: user.id, client: client.id,
            requestDigest: request, proofs: [Proof(.password, at: now)], credentialVersion: version,
            nonce: SessionID.generate(at: now).bytes, network: network, createdAt: now,
            expiresAt: now + SignInRecord.lifetime)
    }

    func note(_ row: SignInRecord, by user: User) async throws -> SignInNoteOutcome {
        try await store.noteSignIn(
            SignInNote(record: row, authenticated: authenticated(user, version: row.credentialVersion)))
    }

    /// What a completion asks for, apart from who signs in.
    struct Wish {
        var scope = "openid profile"
        var challenge: String? = CodeChallenge.s256(StoreHarness.verifier)
        var nonce: String?
        var resources: [String] = []
        var needsConsent = false
        var consent: Scope?
        var isPersistent = false
    }

    func completion(
        _ user: User, _ client: Client, _ row: SignInRecord?, on ground: SignInCompletion.Ground, _ wish: Wish = Wish()
    ) throws -> SignInCompletion {
        var client = client
        client.settings.consent = wish.needsConsent ? .ask : .never
        var request = AuthorizationRequest(client: client, redirectURI: Self.redirectURI)
        request.scope = try #require(Scope(wish.scope))
        request.challenge = wish.challenge
        request.nonce = wish.nonce
        request.resources = wish.resources
        return SignInCompletion(
            purpose: SignInPurpose(request), ground: ground, user: user.id, row: row,
            code: { row in
                guard let row else { return .generate() }
                return try #require(AuthorizationCodeString("lkc_" + Base64URL.string(row.id + row.nonce)))
            },
            consent: wish.consent, session: .generate(at: now), sessionNonce: [UInt8](repeating: 7, count: 16),
            deviceName: "Firefox", network: Self.network)
    }

    func complete(
        _ user: User, _ client: Client, _ row: SignInRecord?, on ground: SignInCompletion.Ground, _ wish: Wish = Wish()
    ) async throws -> SignInOutcome {
        try granted(try await store.completeSignIn(try completion(user, client, row, on: ground, wish)))
    }

    /// A sign-in with the password in a form of its own.
    func signInOnPages(
        _ user: User, _ client: Client, form number: UInt8 = 1, version: Int64 = 1, presented: SessionID? = nil,
        _ wish: Wish = Wish()
    ) async throws -> (code: AuthorizationCodeString, browser: SessionRecord) {
        let proven = authenticated(user, version: version)
        let outcome = try await complete(
            user, client, row(user, client, form(number), version: version),
            on: .proof(proven, isPersistent: wish.isPersistent, presented: presented), wish)
        return try issued(outcome)
    }

    func issued(_ outcome: SignInOutcome) throws -> (code: AuthorizationCodeString, browser: SessionRecord) {
        guard case .issued(let code, let browser) = outcome else { throw UnexpectedAnswer("no code: \(outcome)") }
        return (code, browser)
    }

    func redeem(
        _ code: AuthorizationCodeString, _ client: Client, verifier: String? = StoreHarness.verifier,
        redirectURI: String? = StoreHarness.redirectURI
    ) async throws -> CodeOutcome {
        try granted(
            try await store.redeemCode(
                CodeRedemption(
                    digest: code.digest, client: client.id, redirectURI: redirectURI, verifier: verifier,
                    transport: .body, session: .generate(at: now), nonce: [UInt8](repeating: 7, count: 16),
                    absoluteLifetime: .seconds(86400), network: "198.51.100.9")))
    }

    /// A session of the client that came from a browser session, by a code without a form.
    func child(
        of browser: SessionRecord, _ user: User, _ client: Client, _ wish: Wish = Wish()
    ) async throws -> SessionRecord {
        let generation = try await reread(browser).lineage.current
        let outcome = try await complete(
            user, client, nil, on: .browser(browser.session.id, generation: generation), wish)
        return try begun(try await redeem(try issued(outcome).code, client))
    }

    func begun(_ outcome: CodeOutcome) throws -> SessionRecord {
        guard case .begun(let record, _, _) = outcome else { throw UnexpectedAnswer("no session: \(outcome)") }
        return record
    }

    func revoke(_ target: RevocationTarget, _ reason: RevocationReason = .admin) async throws {
        _ = try await store.revoke(RevocationOrder(target, reason: reason, actor: .operator))
    }

    func isLive(_ record: SessionRecord) async throws -> Bool {
        guard let now = try await store.session(record.session.id) else { return false }
        return SessionValidity.judge(now, idleLifetime: nil, now: self.now) == .valid
    }
}

extension SignInOutcome {
    var word: String {
        switch self {
        case .issued: "issued"
        case .signedIn: "signedIn"
        case .taken: "taken"
        case .lostRace: "lostRace"
        case .browserGone: "browserGone"
        case .consentGone: "consentGone"
        case .clientRefused: "clientRefused"
        }
    }
}

extension SignInNoteOutcome {
    var word: String {
        switch self {
        case .noted: "noted"
        case .taken: "taken"
        case .lostRace: "lostRace"
        }
    }
}

extension CodeOutcome {
    var word: String {
        switch self {
        case .begun: "begun"
        case .replayed: "replayed"
        case .downgraded: "downgraded"
        case .refused: "refused"
        }
    }
}
