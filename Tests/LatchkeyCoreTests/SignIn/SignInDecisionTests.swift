import LatchkeyTokens
import Testing

@testable import LatchkeyCore

/// The table of ``SignInDecision``, line by line.
struct SignInDecisionTests {
    private static let noon = Timestamp(seconds: 1_795_420_800)
    private static let ada = user("ada")
    private static let eve = user("eve")

    private static func user(_ name: String, mustChange: Bool = false) -> User {
        User(
            id: .generate(at: noon), name: name, normalisedName: name, roles: [], disabled: false,
            mustChangePassword: mustChange, createdAt: noon)
    }

    private static func request(
        consent: ClientSettings.Consent = .never, _ fill: (inout AuthorizationRequest) -> Void = { _ in }
    ) throws -> AuthorizationRequest {
        let client = Client(
            id: try #require(ClientID("app")), kind: .public, settings: ClientSettings { $0.consent = consent },
            createdAt: noon)
        var request = AuthorizationRequest(client: client, redirectURI: "https://app.example/cb")
        request.scope = try #require(Scope("openid profile"))
        fill(&request)
        return request
    }

    /// Facts at noon. `standing` proved itself so many seconds before.
    private static func facts(
        _ request: AuthorizationRequest?, standing: User? = nil, age: Int64 = 10, proven: User? = nil,
        _ fill: (inout SignInFacts) -> Void = { _ in }
    ) -> SignInFacts {
        var facts = SignInFacts(request: request, arrivedAt: noon)
        facts.standing = standing.map {
            SignInFacts.Standing(user: $0.id, proofs: [Proof(.password, at: noon + .seconds(-age))])
        }
        facts.proven = proven
        fill(&facts)
        return facts
    }

    /// What comes next, and the same with `prompt=none`.
    private func expect(
        _ facts: SignInFacts, _ step: SignInStep, silently silent: SignInStep,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(SignInDecision.decide(facts) == step, sourceLocation: sourceLocation)
        var silently = facts
        silently.request?.prompt = .none
        #expect(SignInDecision.decide(silently) == silent, sourceLocation: sourceLocation)
    }

    @Test func `an authentication class out of reach comes before everything`() throws {
        let unmet = SignInStep.refused(.unmetAuthenticationRequirements)
        let request = try Self.request(consent: .ask) { $0.prompt = .login }
        for standing in [nil, Self.ada] {
            for proven in [nil, Self.ada, Self.user("ada", mustChange: true)] {
                let facts = Self.facts(request, standing: standing, proven: proven) {
                    $0.reachesAuthenticationClass = false
                }
                expect(facts, unmet, silently: unmet)
            }
        }
    }

    @Test func `an account is chosen only with a browser session, and before any proof or choice`() throws {
        let asked = try Self.request { $0.prompt = .selectAccount }
        #expect(SignInDecision.decide(Self.facts(asked, standing: Self.ada)) == .account)
        #expect(SignInDecision.decide(Self.facts(asked)) == .password(user: nil))
        #expect(
            SignInDecision.decide(Self.facts(asked, standing: Self.ada, proven: Self.ada)) == .done(rests: .onProof))
        let current = Self.facts(asked, standing: Self.ada) { $0.choice = .current }
        #expect(SignInDecision.decide(current) == .done(rests: .onBrowser))
        let another = Self.facts(asked, standing: Self.ada) { $0.choice = .another }
        #expect(SignInDecision.decide(another) == .password(user: nil))
    }

    @Test func `a hint at another user asks for the account, and at this user does not`() throws {
        let eve = Self.eve.id
        let other = try Self.request { $0.hint = .init(user: eve, session: nil) }
        expect(Self.facts(other, standing: Self.ada), .account, silently: .refused(.loginRequired))
        let same = try Self.request { $0.hint = .init(user: Self.ada.id, session: nil) }
        expect(Self.facts(same, standing: Self.ada), .done(rests: .onBrowser), silently: .done(rests: .onBrowser))
        let named = Self.facts(try Self.request(), standing: Self.ada) { $0.hintsAtStanding = false }
        expect(named, .account, silently: .refused(.loginRequired))
        // A token of ours says more than a name.
        let both = Self.facts(same, standing: Self.ada) { $0.hintsAtStanding = false }
        expect(both, .done(rests: .onBrowser), silently: .done(rests: .onBrowser))
    }

    @Test func `without a browser session the password is due, whatever is asked`() throws {
        for prompt: AuthorizationRequest.Prompt in [[], .login, .consent, .selectAccount, [.login, .consent]] {
            let request = try Self.request(consent: .ask) { $0.prompt = prompt }
            expect(Self.facts(request), .password(user: nil), silently: .refused(.loginRequired))
        }
        let another = Self.facts(try Self.request(), standing: Self.ada) { $0.choice = .another }
        expect(another, .password(user: nil), silently: .refused(.loginRequired))
    }

    @Test func `prompt=login asks the user of the browser session, until there is a proof`() throws {
        let request = try Self.request { $0.prompt = .login }
        #expect(SignInDecision.decide(Self.facts(request, standing: Self.ada)) == .password(user: Self.ada.id))
        let chosen = Self.facts(request, standing: Self.ada) { $0.choice = .current }
        #expect(SignInDecision.decide(chosen) == .password(user: Self.ada.id))
        let proven = Self.facts(request, standing: Self.ada, proven: Self.ada)
        #expect(SignInDecision.decide(proven) == .done(rests: .onProof))
    }

    /// Ages are in whole seconds, as `auth_time` is.
    @Test(arguments: [
        (Int64(0), Int64(0), true), (0, 1, true), (1, 0, false), (1, 1, false), (1, 2, true), (60, 60, false),
        (60, 61, true), (600, 599, false), (600, -60, false), (600, -61, true), (Int64.max, 1_000_000, false),
    ])
    func `max_age is compared with the proof of the browser session, to the second`(
        maximumAge: Int64, age: Int64, isTooOld: Bool
    ) throws {
        let request = try Self.request { $0.maximumAge = maximumAge }
        let facts = Self.facts(request, standing: Self.ada, age: age)
        expect(
            facts, isTooOld ? .password(user: Self.ada.id) : .done(rests: .onBrowser),
            silently: isTooOld ? .refused(.loginRequired) : .done(rests: .onBrowser))
        // A proof of this sign-in satisfies any, or 0 would ask for ever.
        #expect(
            SignInDecision.decide(Self.facts(request, standing: Self.ada, age: age, proven: Self.ada))
                == .done(rests: .onProof))
    }

    @Test func `max_age with a browser session that was never proven asks for the password`() throws {
        var facts = Self.facts(try Self.request { $0.maximumAge = 1000 })
        facts.standing = SignInFacts.Standing(user: Self.ada.id, proofs: [])
        expect(facts, .password(user: Self.ada.id), silently: .refused(.loginRequired))
    }

    @Test func `max_age counts from the arrival of the request, not from the form's return`() throws {
        let request = try Self.request { $0.maximumAge = 10 }
        var facts = Self.facts(request, standing: Self.ada, age: 10)
        #expect(SignInDecision.decide(facts) == .done(rests: .onBrowser))
        facts.arrivedAt = Self.noon + .seconds(1)
        #expect(SignInDecision.decide(facts) == .password(user: Self.ada.id))
    }

    @Test func `after an ID token hint the proof of another user is refused`() throws {
        let refused = SignInStep.refused(.loginRequired)
        let request = try Self.request { $0.hint = .init(user: Self.ada.id, session: nil) }
        expect(Self.facts(request, proven: Self.eve), refused, silently: refused)
        expect(Self.facts(request, standing: Self.ada, proven: Self.eve), refused, silently: refused)
        expect(Self.facts(request, proven: Self.user("eve", mustChange: true)), refused, silently: refused)
        let chosen = Self.facts(request, standing: Self.eve) { $0.choice = .current }
        expect(chosen, refused, silently: refused)
        #expect(SignInDecision.decide(Self.facts(request, proven: Self.ada)) == .done(rests: .onProof))
    }

    @Test func `a password that must be changed comes before consent`() throws {
        let proven = Self.user("ada", mustChange: true)
        let facts = Self.facts(try Self.request(consent: .ask), proven: proven)
        expect(facts, .newPassword, silently: .refused(.loginRequired))
        let allowed = Self.facts(try Self.request(consent: .ask), proven: proven) { $0.allows = true }
        expect(allowed, .newPassword, silently: .refused(.loginRequired))
    }

    @Test(arguments: [
        (nil, false), ("openid", false), ("profile", false), ("openid email", false), ("openid profile", true),
        ("email openid profile", true),
    ])
    func `consent is due unless it was given for all of the scope`(given: String?, suffices: Bool) throws {
        let request = try Self.request(consent: .ask)
        for standing in [Self.ada, nil] {
            let proven = standing == nil ? Self.ada : nil
            let facts = Self.facts(request, standing: standing, proven: proven) {
                $0.consented = given.flatMap { Scope($0) }
            }
            let done = SignInStep.done(rests: proven == nil ? .onBrowser : .onProof)
            expect(facts, suffices ? done : .consent, silently: suffices ? done : .refused(.consentRequired))
            var allowed = facts
            allowed.allows = true
            #expect(SignInDecision.decide(allowed) == done)
        }
    }

    @Test func `a client that never asks needs no consent, not even by prompt`() throws {
        let request = try Self.request { $0.prompt = .consent }
        #expect(SignInDecision.decide(Self.facts(request, standing: Self.ada)) == .done(rests: .onBrowser))
    }

    @Test func `prompt=consent asks again`() throws {
        let request = try Self.request(consent: .ask) { $0.prompt = .consent }
        var facts = Self.facts(request, standing: Self.ada) { $0.consented = Scope("openid profile email") }
        #expect(SignInDecision.decide(facts) == .consent)
        facts.allows = true
        #expect(SignInDecision.decide(facts) == .done(rests: .onBrowser))
    }

    @Test func `a program of this device gets its answer only after a click`() throws {
        let request = try Self.request()
        for proven in [nil, Self.ada] {
            var facts = Self.facts(request, standing: Self.ada, proven: proven) { $0.needsClick = true }
            expect(facts, .confirm, silently: .refused(.interactionRequired))
            facts.clicked = true
            let done = SignInStep.done(rests: proven == nil ? .onBrowser : .onProof)
            expect(facts, done, silently: done)
        }
        let asked = Self.facts(try Self.request(consent: .ask), standing: Self.ada) { $0.needsClick = true }
        expect(asked, .consent, silently: .refused(.consentRequired))
    }

    @Test func `a login of an application's own page needs the password and nothing more`() {
        #expect(SignInDecision.decide(Self.facts(nil)) == .password(user: nil))
        #expect(SignInDecision.decide(Self.facts(nil, standing: Self.ada)) == .password(user: nil))
        #expect(SignInDecision.decide(Self.facts(nil, proven: Self.ada)) == .done(rests: .onProof))
        #expect(SignInDecision.decide(Self.facts(nil, proven: Self.user("ada", mustChange: true))) == .newPassword)
    }

    /// Every combination of the facts: a silent request never gets a page, and nothing is done without its steps.
    @Test func `no combination of facts skips a step`() throws {
        let prompts: [AuthorizationRequest.Prompt] = [[], .none, .login, .consent, .selectAccount]
        let flags = [false, true]
        for prompt in prompts {
            for consent in ClientSettings.Consent.allCases {
                for maximumAge: Int64? in [nil, 0, 5, 100] {
                    let request = try Self.request(consent: consent) {
                        $0.prompt = prompt
                        $0.maximumAge = maximumAge
                    }
                    for standing in [nil, Self.ada] {
                        for proven in [nil, Self.ada, Self.eve, Self.user("eve", mustChange: true)] {
                            for choice: SignInFacts.Choice? in [nil, .current, .another] {
                                for bits in 0..<16 {
                                    check(
                                        Self.facts(request, standing: standing, proven: proven) {
                                            $0.choice = choice
                                            $0.allows = flags[bits & 1]
                                            $0.needsClick = flags[bits >> 1 & 1]
                                            $0.clicked = flags[bits >> 2 & 1]
                                            $0.consented = flags[bits >> 3 & 1] ? request.scope : nil
                                        })
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private func check(_ facts: SignInFacts) {
        guard let request = facts.request else { return }
        switch SignInDecision.decide(facts) {
        case .account, .password, .newPassword, .consent, .confirm:
            #expect(!request.prompt.contains(.none))
        case .refused: #expect(request.prompt.contains(.none))
        case .done(let ground):
            #expect(ground == (facts.proven == nil ? .onBrowser : .onProof))
            if let proven = facts.proven {
                #expect(!proven.mustChangePassword)
            } else {
                #expect(facts.standing != nil && facts.choice != .another && !request.prompt.contains(.login))
                #expect(request.maximumAge.map { $0 >= 10 } ?? true)
                #expect(!request.prompt.contains(.selectAccount) || facts.choice == .current)
            }
            let isAllowed = facts.allows || facts.consented != nil && !request.prompt.contains(.consent)
            #expect(request.client.consent == .never || isAllowed)
            #expect(!facts.needsClick || facts.clicked)
        }
    }
}
