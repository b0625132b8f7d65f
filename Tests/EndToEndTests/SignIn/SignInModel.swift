import LatchkeyCore
import LatchkeyTokens

/// What a sign-in may lead to, in the simplest words: it keeps what has happened and says of every answer whether somebody
/// has earned it. It shares no rule with the program; it reads only the name and generation in a browser session's cookie.
struct SignInModel {
    struct Person {
        let id: UserID
        let name: String
        var password: String
        var mustChange: Bool
        var isDisabled = false
        /// The act that last made everything of before worthless: password, state, or the end of all sessions.
        var endedAt = 0
    }

    struct App {
        let client: Client
        let redirectURI: String
        let asksConsent: Bool
        let needsClick: Bool
        var endedAt = 0
    }

    /// An authorization request.
    struct Ask {
        let app: Int
        var prompt: AuthorizationRequest.Prompt = []
        var maximumAge: Int64?
        /// By ID token.
        var hint: Int?
        var loginHint: Int?
        let scope: Scope
        let nonce: String
        let verifier: String?
        let digest: [UInt8]
    }

    /// That somebody knew the password.
    struct Proven: Equatable {
        let person: Int
        let at: Timestamp
        let act: Int
    }

    struct Form {
        let step: String
        let ask: Int
        let arrivedAt: Timestamp
        var proven: Proven?
        /// When the first proof was made: ten minutes later it is forgotten.
        var since: Timestamp?
        var choseCurrent = false
        var choseAnother = false
        var led: Led?
    }

    /// What a form has led to.
    struct Led {
        let code: String
        let person: Int
        let browser: SessionID
        let provenAt: Timestamp
        /// Ten minutes later it is forgotten.
        let since: Timestamp
    }

    struct Seal {
        let text: String
        let form: Int
        let shown: SignInStep
        let issuedAt: Timestamp
        /// The browser session's cookie that the page rests on.
        let cookie: String?
        let stays: Bool
    }

    struct Browser {
        let person: Int
        let begun: Int
        var isPersistent: Bool
        var current: UInt32
        var proven: Proven
        var provenSince: Timestamp
        /// Noted once a twentieth of the time that it may stay unused.
        var lastUsed: Timestamp
        var previous: Proven?
        var hasEnded = false
    }

    struct Code {
        let ask: Int
        let proven: Proven
        let browser: SessionID
        let act: Int
        let earliest: Timestamp
        let latest: Timestamp
        var made: SessionID?
    }

    struct Child {
        let person: Int
        let app: Int
        let parent: SessionID
        let isOffline: Bool
        let act: Int
        var hasEnded = false
    }

    enum Act: Equatable {
        case open
        case password(Int, isRight: Bool, stays: Bool)
        case newPassword(String)
        case current, another, allow, deny, confirm
    }

    /// One request of a browser.
    struct Visit {
        let act: Act
        let ask: Int
        /// Nil for one that is opened, or whose seal is no use.
        var seal: Seal?
        let step: String
        let cookie: String?
        let before: Timestamp
    }

    var act = 0
    var people: [Person] = []
    var apps: [App] = []
    var asks: [Ask] = []
    var forms: [Form] = []
    var browsers: [SessionID: Browser] = [:]
    var codes: [String: Code] = [:]
    var children: [SessionID: Child] = [:]
    /// What people let applications have, by person and application.
    var consents: [Int: [Int: Set<String>]] = [:]
    private var consentEndedAt: [Int: [Int: Int]] = [:]

    struct Violation: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    // MARK: What a cookie is worth

    private func hasEnded(_ browser: Browser) -> Bool {
        let person = people[browser.person]
        return browser.hasEnded || person.isDisabled || person.endedAt >= browser.begun
    }

    private static func idleLifetime(_ browser: Browser) -> Duration {
        .seconds(browser.isPersistent ? 30 * 86400 : 12 * 3600)
    }

    private mutating func use(_ id: SessionID, at now: Timestamp) {
        guard let browser = browsers[id], now - browser.lastUsed >= Self.idleLifetime(browser) / 20 else { return }
        browsers[id]?.lastUsed = now
    }

    private func isUsable(_ browser: Browser, at now: Timestamp) -> Bool {
        let absolute: Duration = .seconds((browser.isPersistent ? 90 : 7) * 86400)
        return !hasEnded(browser) && now - browser.lastUsed < Self.idleLifetime(browser)
            && now - browser.provenSince < absolute
    }

    /// Who is signed in by this cookie, and since which proof.
    func standing(_ cookie: String?, at now: Timestamp) -> Proven? {
        guard let cookie, let token = BrowserSessionToken(cookie), let browser = browsers[token.session],
            isUsable(browser, at: now)
        else { return nil }
        if token.generation == browser.current { return browser.proven }
        let isRecent = now - browser.provenSince < .seconds(30)
        return token.generation + 1 == browser.current && isRecent ? browser.previous : nil
    }

    // MARK: Ends

    mutating func endPerson(_ person: Int) { people[person].endedAt = act }
    mutating func endApp(_ app: Int) { apps[app].endedAt = act }

    mutating func endBrowser(_ id: SessionID) {
        browsers[id]?.hasEnded = true
        for (child, value) in children where value.parent == id && !value.isOffline {
            children[child]?.hasEnded = true
        }
    }

    mutating func removeConsent(_ person: Int, _ app: Int) {
        consents[person]?[app] = nil
        consentEndedAt[person, default: [:]][app] = act
    }

    func isLive(_ child: Child) -> Bool {
        let person = people[child.person]
        return !child.hasEnded && !person.isDisabled && person.endedAt < child.act
            && apps[child.app].endedAt < child.act && (consentEndedAt[child.person]?[child.app] ?? 0) < child.act
    }

    // MARK: Answers

    /// The proof of this form that the act may rest on.
    private func proof(_ visit: Visit, _ form: Form) -> Proven? {
        if case .password(let person, let isRight, _) = visit.act {
            return isRight && !people[person].isDisabled ? Proven(person: person, at: visit.before, act: act) : nil
        }
        guard let proven = form.proven, let since = form.since, visit.before - since < .seconds(600),
            proven.act > people[proven.person].endedAt, !people[proven.person].isDisabled
        else { return nil }
        return proven
    }

    /// The form of a visit, when its seal opens for it.
    private func form(_ visit: Visit) -> Form? {
        guard let seal = visit.seal else { return nil }
        let form = forms[seal.form]
        guard form.step == visit.step, form.ask == visit.ask, visit.before - seal.issuedAt < .seconds(600) else {
            return nil
        }
        return form
    }

    /// Whether somebody has typed a password into a form that another one has begun: a form of its own goes on.
    private func isForSomebodyElse(_ visit: Visit, _ form: Form) -> Bool {
        guard case .password(let person, true, _) = visit.act, let first = form.led?.person ?? form.proven?.person
        else { return false }
        return person != first
    }

    /// Whether the form grants nothing new.
    private func isUsed(_ visit: Visit, _ form: Form) -> Bool {
        guard let led = form.led, !isForSomebodyElse(visit, form) else { return false }
        return visit.before - led.since < .seconds(600)
    }

    private func allows(_ person: Int, _ visit: Visit) -> Bool {
        let ask = asks[visit.ask]
        if !apps[ask.app].asksConsent || visit.act == .allow { return true }
        return !ask.prompt.contains(.consent)
            && Set(ask.scope.tokens).isSubset(of: consents[person]?[ask.app] ?? [])
    }

    /// Whether the browser session alone suffices.
    private func standingSuffices(_ visit: Visit, _ form: Form?) -> Proven? {
        let ask = asks[visit.ask]
        guard let proven = standing(visit.cookie, at: visit.before), !ask.prompt.contains(.login) else { return nil }
        if let seal = visit.seal, form == nil || seal.cookie != visit.cookie { return nil }
        if let most = ask.maximumAge {
            let arrived = form?.arrivedAt ?? visit.before
            guard most > 0, arrived.seconds - proven.at.seconds <= most else { return nil }
        }
        if let hint = ask.hint, hint != proven.person { return nil }
        let hasChosen = visit.act == .current || form?.choseCurrent == true
        let mustChoose =
            ask.prompt.contains(.selectAccount)
            || ask.hint == nil && ask.loginHint.map { $0 != proven.person } ?? false
        let isMeant = visit.act == .current || form?.choseAnother != true
        guard hasChosen || !mustChoose, isMeant, allows(proven.person, visit),
            !apps[ask.app].needsClick || form != nil
        else { return nil }
        return proven
    }

    /// A code was given. Says who has earned it: only a proof brings a cookie.
    mutating func code(_ code: String, cookie: String?, _ visit: Visit, after: Timestamp) throws {
        if visit.act == .deny || visit.act == .another, form(visit) != nil {
            throw Violation("a code after \(visit.act)")
        }
        let form = form(visit)
        if let led = form?.led, led.code == code { return try repeated(code, cookie, visit, led) }
        guard codes[code] == nil else { throw Violation("one code twice") }
        if let cookie {
            guard let token = BrowserSessionToken(cookie), let form, !isUsed(visit, form),
                let proven = try earned(visit, form)
            else { throw Violation("a cookie that nobody has earned") }
            try signedIn(token, proven, visit, after)
            return record(code, proven, token.session, visit, after)
        }
        guard let id = visit.cookie.flatMap({ BrowserSessionToken($0)?.session }) else {
            throw Violation("a code for a browser that nobody is signed in with")
        }
        if let form, !isUsed(visit, form), [.current, .allow, .confirm].contains(visit.act),
            let proven = standingSuffices(visit, form)
        {
            use(id, at: after)
            return record(code, proven, id, visit, after)
        }
        // What cannot go on starts its own request again.
        let opened = Visit(visit, act: .open)
        guard let proven = standingSuffices(opened, nil) else { throw Violation("a code that nobody has earned") }
        use(id, at: after)
        record(code, proven, id, opened, after)
    }

    /// The proof of this sign-in, when every step that it asks for was made.
    private mutating func earned(_ visit: Visit, _ form: Form) throws -> Proven? {
        let ask = asks[visit.ask]
        guard visit.act != .current, var proven = proof(visit, form) else { return nil }
        if case .newPassword(let new) = visit.act, people[proven.person].mustChange {
            people[proven.person].password = new
            people[proven.person].mustChange = false
            endPerson(proven.person)
            proven = Proven(person: proven.person, at: visit.before + .milliseconds(1), act: act + 1)
        }
        if people[proven.person].mustChange { throw Violation("a code before the new password") }
        if let hint = ask.hint, hint != proven.person { throw Violation("a code for another than the hint's user") }
        if ask.prompt.contains(.none) { throw Violation("a form for prompt=none") }
        guard allows(proven.person, visit) else { throw Violation("a code without consent") }
        return proven
    }

    /// A form was sent again: only the first answer, as long as it is of use.
    private func repeated(_ code: String, _ cookie: String?, _ visit: Visit, _ led: Led) throws {
        guard code == led.code, let known = codes[code] else { throw Violation("a second code of one form") }
        guard known.made == nil, visit.before - known.latest < .seconds(60) else {
            throw Violation("a code again that is used or too old")
        }
        switch visit.act {
        case .password(let person, true, _) where person == led.person: break
        case .allow, .confirm, .current: break
        default: throw Violation("the first answer for \(visit.act)")
        }
        guard let browser = browsers[led.browser], !hasEnded(browser) else {
            throw Violation("a code again after sign-out")
        }
        if let cookie {
            guard let token = BrowserSessionToken(cookie), token.session == led.browser,
                token.generation == browser.current, browser.proven.at == led.provenAt
            else { throw Violation("a better cookie than the first answer had") }
        }
    }

    private mutating func signedIn(
        _ token: BrowserSessionToken, _ proven: Proven, _ visit: Visit, _ after: Timestamp
    ) throws {
        // The box that was checked with the password lasts through the other steps.
        var stays = visit.seal?.stays ?? false
        if case .password(_, _, let isChecked) = visit.act { stays = isChecked }
        let presented = visit.cookie.flatMap { BrowserSessionToken($0)?.session }
        if var browser = browsers[token.session] {
            guard browser.person == proven.person, presented == token.session, isUsable(browser, at: visit.before),
                token.generation == browser.current + 1
            else { throw Violation("a browser session was taken over") }
            browser.previous = browser.proven
            browser.proven = proven
            browser.provenSince = after
            browser.lastUsed = after
            browser.current += 1
            browser.isPersistent = stays
            browsers[token.session] = browser
            return
        }
        guard token.generation == 1 else { throw Violation("a new browser session of an old generation") }
        if let presented, let old = browsers[presented], isUsable(old, at: visit.before) {
            guard old.person != proven.person else { throw Violation("a browser session was not renewed") }
            endBrowser(presented)
        }
        browsers[token.session] = Browser(
            person: proven.person, begun: act + 1, isPersistent: stays, current: 1, proven: proven, provenSince: after,
            lastUsed: after)
    }

    private mutating func record(
        _ code: String, _ proven: Proven, _ browser: SessionID, _ visit: Visit, _ after: Timestamp
    ) {
        let ask = asks[visit.ask]
        if visit.act == .allow {
            consents[proven.person, default: [:]][ask.app, default: []].formUnion(ask.scope.tokens)
        }
        codes[code] = Code(
            ask: visit.ask, proven: proven, browser: browser, act: act + 1, earliest: visit.before, latest: after)
        if let seal = visit.seal {
            let form = forms[seal.form]
            if !isForSomebodyElse(visit, form) {
                forms[seal.form].led = Led(
                    code: code, person: proven.person, browser: browser, provenAt: proven.at,
                    since: form.since ?? visit.before)
            }
        }
    }

    /// An error goes back to the client. Says whether it may.
    mutating func refused(_ refusal: SignInRefusal, _ visit: Visit) throws {
        let ask = asks[visit.ask]
        let isSilent = ask.prompt.contains(.none)
        let isDue =
            switch refusal {
            case .accessDenied: visit.act == .deny
            case .loginRequired: isSilent || ask.hint != nil
            case .consentRequired, .interactionRequired: isSilent
            case .unauthorizedClient, .unmetAuthenticationRequirements: false
            }
        if !isDue { throw Violation("\(refusal.rawValue) after \(visit.act)") }
        if visit.act == .deny { abandon(visit) }
    }

    /// Nothing is left of what was proven in the form, unless it has led to a code.
    private mutating func abandon(_ visit: Visit) {
        guard let seal = visit.seal, let form = form(visit), form.led == nil else { return }
        forms[seal.form].proven = nil
        forms[seal.form].since = nil
    }

    /// A page was shown. Says whether it may be, and which form it is of.
    mutating func page(
        _ shown: SignInStep, user: UserID?, seal text: String, again: Bool, _ visit: Visit, after: Timestamp
    ) throws -> Seal {
        let form = form(visit)
        let ask = asks[visit.ask]
        if ask.prompt.contains(.none) { throw Violation("a page for prompt=none") }
        var rests: Proven?
        if !again, let form, visit.act != .current, visit.act != .another, !isUsed(visit, form) {
            rests = proof(visit, form)
        }
        if case .newPassword(let new) = visit.act, !again, let proven = rests, people[proven.person].mustChange,
            shown != .newPassword
        {
            people[proven.person].password = new
            people[proven.person].mustChange = false
            endPerson(proven.person)
            rests = Proven(person: proven.person, at: visit.before + .milliseconds(1), act: act + 1)
        }
        if let user {
            let known = [rests, standing(visit.cookie, at: visit.before)].compactMap { $0?.person }
            guard known.contains(where: { people[$0].id == user }) else { throw Violation("a page names a stranger") }
        }
        switch shown {
        case .newPassword:
            guard let rests, people[rests.person].mustChange else { throw Violation("a new password for nobody") }
        case .consent, .confirm, .account:
            guard user != nil else { throw Violation("\(shown) of nobody") }
        case .password: break
        case .done, .refused: throw Violation("no page")
        }
        if visit.act == .another, !again { abandon(visit) }
        let index: Int
        if let seal = visit.seal, let form, !again, visit.act != .another, !isForSomebodyElse(visit, form) {
            index = seal.form
            if visit.act == .current {
                forms[index].choseCurrent = true
                forms[index].choseAnother = false
            }
            if let rests {
                forms[index].proven = rests
                let isForgotten = form.since.map { visit.before - $0 >= .seconds(600) } ?? true
                if isForgotten { forms[index].since = visit.before }
            }
        } else {
            index = forms.count
            let arrivedAt = again ? visit.before : form?.arrivedAt ?? visit.before
            var next = Form(step: visit.step, ask: visit.ask, arrivedAt: arrivedAt)
            next.choseAnother = visit.act == .another && !again
            if let rests {
                next.proven = rests
                next.since = visit.before
            }
            forms.append(next)
        }
        var stays = form == nil || again ? false : visit.seal?.stays ?? false
        if case .password(_, _, let isChecked) = visit.act, !again { stays = isChecked }
        return Seal(
            text: text, form: index, shown: shown, issuedAt: after, cookie: rests == nil ? visit.cookie : nil,
            stays: stays)
    }

    // MARK: Codes

    /// What the token endpoint may answer.
    enum Verdict { case mustBegin, mayBegin, mustNot, replay }

    func redemption(
        _ text: String, app: Int, verifier: String?, redirectURI: String?, at now: Timestamp
    ) -> Verdict {
        guard let code = codes[text] else { return .mustNot }
        let ask = asks[code.ask]
        guard app == ask.app, verifier == ask.verifier,
            redirectURI == apps[app].redirectURI || redirectURI == nil && ask.verifier != nil
        else { return .mustNot }
        if code.made != nil { return .replay }
        let person = people[code.proven.person]
        guard now - code.latest < .seconds(60), person.endedAt < code.act, !person.isDisabled,
            apps[app].endedAt < code.act, (consentEndedAt[code.proven.person]?[app] ?? 0) < code.act,
            let browser = browsers[code.browser], !hasEnded(browser)
        else { return .mustNot }
        return now - code.earliest < .seconds(50) ? .mustBegin : .mayBegin
    }

    mutating func begun(_ session: SessionID, by text: String) {
        guard let code = codes[text] else { return }
        let ask = asks[code.ask]
        codes[text]?.made = session
        children[session] = Child(
            person: code.proven.person, app: ask.app, parent: code.browser,
            isOffline: ask.scope.contains(Scope.offlineAccess), act: act + 1)
    }
}

extension SignInModel.Visit {
    init(_ other: Self, act: SignInModel.Act) {
        self.init(
            act: act, ask: other.ask, seal: nil, step: other.step, cookie: other.cookie, before: other.before)
    }
}
