import Foundation
import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport

/// A random history of people, browsers and clients on a real server's services, judged act by act by ``SignInModel``.
final class SignInHistory {
    private typealias Violation = SignInModel.Violation

    /// A browser: what it sends along, and what it had before.
    private struct Jar {
        var step: String
        var cookie: String?
        var seals: [SignInModel.Seal] = []
        let network: String
    }

    private let services: Services
    private let clock: TestClock
    private let prefix: String
    private var random: SeededGenerator
    private var model = SignInModel()
    private var jars: [Jar] = []
    private var cookies: [String] = []
    private var allSeals: [SignInModel.Seal] = []
    private var allCodes: [String] = []
    private var tokens: [(text: String, session: SessionID, app: Int)] = []
    private(set) var steps: [String] = []
    /// What has happened, for a look at whether histories go deep.
    private(set) var counts: [String: Int] = [:]

    init(_ services: Services, clock: TestClock, apps: [SignInModel.App], seed: UInt64, number: Int) {
        self.services = services
        self.clock = clock
        prefix = "h\(number)"
        random = SeededGenerator(seed: seed)
        model.apps = apps
    }

    // MARK: Chance

    private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    private func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
    private func text() -> String { Base64URL.string(bytes(32)) }
    private func count(_ what: String) { counts[what, default: 0] += 1 }

    // MARK: The history

    /// - Throws: what the model objects to, with the steps that led there in ``steps``.
    func run() async throws {
        try await begin()
        for _ in 0..<(8 + pick(20)) {
            model.act += 2
            try await move()
        }
        try await checkEverything()
        try await endWell()
    }

    private func begin() async throws {
        for number in 0..<(2 + pick(2)) {
            let name = "\(prefix)-\(number)"
            let mustChange = chance(25)
            let password = "quiet-otters-\(name)"
            let user = try await services.users.create(
                name: name, password: Password(password), roles: [], mustChange: mustChange, actor: .operator)
            model.people.append(
                SignInModel.Person(id: user.id, name: name, password: password, mustChange: mustChange))
        }
        for number in 0..<2 { jars.append(Jar(step: text(), network: "198.51.100.\(number + 1)")) }
        for _ in 0..<5 { model.asks.append(ask(app: pick(model.apps.count))) }
    }

    private func ask(app: Int, calm: Bool = false) -> SignInModel.Ask {
        let prompts: [AuthorizationRequest.Prompt] = [
            .login, .consent, .selectAccount, [.login, .consent], [.login, .selectAccount], .none, .none,
        ]
        var scope = ["openid"]
        if chance(60) { scope.append("profile") }
        if chance(app == 2 ? 60 : 15) { scope.append("offline_access") }
        let isOptional = model.apps[app].client.kind == .confidential && chance(30)
        var ask = SignInModel.Ask(
            app: app, scope: Scope(tokens: scope) ?? Scope(), nonce: text(), verifier: isOptional ? nil : text(),
            digest: bytes(32))
        if chance(50) { ask.prompt = prompts[pick(calm ? 5 : prompts.count)] }
        if chance(40) { ask.maximumAge = [0, 1, 30, 600, 40_000][pick(5)] }
        if chance(12), !calm { ask.hint = pick(model.people.count) }
        if chance(12) { ask.loginHint = pick(model.people.count) }
        return ask
    }

    private func move() async throws {
        switch pick(100) {
        case 0..<22: try await open(pick(model.asks.count), jar: pick(2))
        case 22..<60: try await post()
        case 60..<74: try await redeem()
        case 74..<79: try await refresh()
        case 79..<88: wait()
        default: try await event()
        }
    }

    private func wait() {
        let milliseconds: Int
        switch pick(8) {
        case 0..<3: milliseconds = pick(3_000)
        case 3..<5: milliseconds = pick(70_000)
        case 5: milliseconds = pick(660_000)
        case 6: milliseconds = pick(46_800_000)
        default: milliseconds = pick(3) * 86_400_000
        }
        steps.append("\(milliseconds) ms pass")
        clock.advance(by: .milliseconds(milliseconds))
    }

    // MARK: Browsers

    private func request(_ index: Int) -> AuthorizationRequest {
        let ask = model.asks[index]
        let app = model.apps[ask.app]
        var request = AuthorizationRequest(client: app.client, redirectURI: app.redirectURI)
        request.scope = ask.scope
        request.nonce = ask.nonce
        request.challenge = ask.verifier.map { CodeChallenge.s256($0) }
        request.prompt = ask.prompt
        request.maximumAge = ask.maximumAge
        request.hint = ask.hint.map { AuthorizationRequest.Hint(user: model.people[$0].id, session: nil) }
        request.loginHint = ask.loginHint.map { model.people[$0].name }
        request.needsClick = app.needsClick
        return request
    }

    @discardableResult
    private func open(_ ask: Int, jar: Int) async throws -> Next {
        let cookie = chance(90) ? jars[jar].cookie : cookies.randomElement(using: &random)
        return try await visit(
            SignInModel.Visit(
                act: .open, ask: ask, step: jars[jar].step, cookie: cookie, before: clock.now), jar: jar, isCalm: false)
    }

    /// What a person in front of the browser sees.
    private enum Next {
        case page(SignInModel.Seal)
        case code(String)
        case nothing
    }

    private func post() async throws {
        let jar = pick(2)
        let own = jars[jar].seals.last
        let seal = chance(85) ? own : allSeals.randomElement(using: &random)
        guard let seal else {
            try await open(pick(model.asks.count), jar: jar)
            return
        }
        let form = model.forms[seal.form]
        let cookie = chance(88) ? jars[jar].cookie : chance(30) ? nil : cookies.randomElement(using: &random)
        try await visit(
            SignInModel.Visit(
                act: chance(80) ? act(for: seal.shown) : anyAct(),
                ask: chance(95) ? form.ask : pick(model.asks.count), seal: seal,
                step: chance(94) ? jars[jar].step : jars[1 - jar].step, cookie: cookie, before: clock.now),
            jar: jar, isCalm: false)
    }

    private func act(for step: SignInStep) -> SignInModel.Act {
        switch step {
        case .account: chance(60) ? .current : .another
        case .password:
            .password(pick(model.people.count), isRight: chance(85), stays: chance(30))
        case .newPassword: .newPassword("loud-herons-\(text())")
        case .consent: chance(85) ? .allow : chance(50) ? .deny : .another
        case .confirm: chance(85) ? .confirm : .another
        case .done, .refused: .open
        }
    }

    private func anyAct() -> SignInModel.Act {
        switch pick(7) {
        case 0: .current
        case 1: .another
        case 2, 3: .allow
        case 4: .confirm
        case 5: .newPassword("loud-herons-\(text())")
        default: .password(pick(model.people.count), isRight: chance(85), stays: chance(30))
        }
    }

    private func sent(_ act: SignInModel.Act) -> SignInAct? {
        switch act {
        case .open: nil
        case .password(let person, let isRight, let stays):
            .password(
                userName: model.people[person].name,
                Password(isRight ? model.people[person].password : "wrong-otters"), staysSignedIn: stays)
        case .newPassword(let new): .newPassword(Password(new))
        case .current: .choose(.current)
        case .another: .choose(.another)
        case .allow: .allow
        case .deny: .deny
        case .confirm: .confirm
        }
    }

    /// - Parameter isCalm: whether no answer is lost.
    @discardableResult
    private func visit(_ visit: SignInModel.Visit, jar: Int, isCalm: Bool) async throws -> Next {
        steps.append(
            "\(clock.now.milliseconds): browser \(jar), request \(visit.ask), \(visit.act)"
                + ", form \(visit.seal.map { String($0.form) } ?? "–"), cookie \(name(visit.cookie))")
        let asked = request(visit.ask)
        let digest = model.asks[visit.ask].digest
        let from = SignInVisit(
            step: visit.step, token: visit.cookie, network: isCalm ? "203.0.113.9" : jars[jar].network,
            sharedNetwork: false, deviceName: "Firefox")
        let answer: SignInAnswer
        do {
            answer =
                if let act = sent(visit.act) {
                    try await services.signIns.submit(act, seal: visit.seal?.text, for: asked, digest: digest, from)
                } else {
                    try await services.signIns.open(asked, digest: digest, from)
                }
        } catch let refusal as Refusal
            where [.invalidCredentials, .tooManyAttempts, .passwordRejected].contains(refusal.code)
        {
            steps.append("    \(refusal.code)")
            count("\(refusal.code)")
            return .nothing
        }
        return try take(answer, visit, jar: jar, isLost: !isCalm && chance(10))
    }

    private func take(
        _ answer: SignInAnswer, _ visit: SignInModel.Visit, jar: Int, isLost: Bool
    ) throws -> Next {
        let after = clock.now
        switch answer {
        case .show(let step, let user, let text), .again(let step, let user, let text):
            var again = false
            if case .again = answer { again = true }
            steps.append("    \(again ? "again " : "")\(step)")
            count(again ? "again" : "page")
            let seal = try model.page(step, user: user?.id, seal: text, again: again, visit, after: after)
            allSeals.append(seal)
            if !isLost { jars[jar].seals.append(seal) }
            return .page(seal)
        case .code(let code, let cookie):
            steps.append("    code \(allCodes.count), cookie \(name(cookie?.token.text))\(isLost ? ", lost" : "")")
            count(cookie == nil ? "code by session" : "code by proof")
            try model.code(code.text, cookie: cookie?.token.text, visit, after: after)
            if !allCodes.contains(code.text) { allCodes.append(code.text) }
            if let cookie {
                cookies.append(cookie.token.text)
                if !isLost { jars[jar].cookie = cookie.token.text }
            }
            return .code(code.text)
        case .refused(let refusal):
            steps.append("    \(refusal.rawValue)")
            count(refusal.rawValue)
            try model.refused(refusal, visit)
        case .ownPage: throw Violation("a way to the server's own pages")
        case .signedIn:
            steps.append("    signed in")
            count("signed in")
        }
        return .nothing
    }

    private func name(_ cookie: String?) -> String {
        guard let cookie, let token = BrowserSessionToken(cookie) else { return "–" }
        return "\(token.session.description.suffix(4))/\(token.generation)"
    }

    // MARK: Clients

    private func redeem() async throws {
        guard let code = chance(75) ? allCodes.last : allCodes.randomElement(using: &random),
            // Used codes are forgotten after an hour, whenever the sweep comes.
            let known = model.codes[code], clock.now - known.earliest < .seconds(3600)
        else { return }
        let ask = model.asks[known.ask]
        try await redeem(
            code, app: chance(90) ? ask.app : pick(model.apps.count),
            verifier: chance(90) ? ask.verifier : chance(50) ? text() : nil,
            redirectURI: chance(85) ? model.apps[ask.app].redirectURI : chance(70) ? nil : "https://evil.example/cb")
    }

    private func redeem(_ code: String, app: Int, verifier: String?, redirectURI: String?) async throws {
        let verdict = model.redemption(code, app: app, verifier: verifier, redirectURI: redirectURI, at: clock.now)
        steps.append("\(clock.now.milliseconds): app \(app) redeems code \(allCodes.firstIndex(of: code) ?? -1)")
        let reply: TokenReply
        do {
            reply = try await services.sessions.redeem(
                CodeRequest(
                    code: code, client: model.apps[app].client, redirectURI: redirectURI, verifier: verifier,
                    network: "203.0.113.1"))
        } catch let refusal as Refusal where [.invalidGrant, .invalidRequest].contains(refusal.code) {
            steps.append("    \(refusal.code)")
            count("code refused")
            if verdict == .mustBegin { throw Violation("a good code was refused") }
            if verdict == .replay, let made = model.codes[code]?.made { model.children[made]?.hasEnded = true }
            return
        }
        steps.append("    tokens")
        count("code redeemed")
        guard verdict == .mustBegin || verdict == .mayBegin, let session = reply.session,
            let known = model.codes[code]
        else { throw Violation("a code was redeemed that is not good") }
        try check(reply, known, session)
        model.begun(session, by: code)
        if let token = reply.refreshToken { tokens.append((token.text, session, app)) }
    }

    private func check(_ reply: TokenReply, _ code: SignInModel.Code, _ session: SessionID) throws {
        guard let text = reply.idToken else { throw Violation("no ID token") }
        let claims = try StrictJSON.parseObject(try JWS(parsing: text).payload)
        let ask = model.asks[code.ask]
        guard claims["sub"]?.string == model.people[code.proven.person].id.description,
            claims["nonce"]?.string == ask.nonce, claims["sid"]?.string == session.description,
            claims["auth_time"]?.integer == code.proven.at.seconds, reply.scope.isSubset(of: ask.scope)
        else { throw Violation("the ID token says something else") }
    }

    private func refresh() async throws {
        guard !tokens.isEmpty else { return }
        let index = pick(tokens.count)
        let token = tokens[index]
        guard let child = model.children[token.session] else { return }
        steps.append("\(clock.now.milliseconds): app \(token.app) refreshes")
        do {
            let reply = try await services.sessions.refresh(
                RefreshRequest(
                    token: token.text, client: model.apps[token.app].client, transport: .body, network: "203.0.113.1"))
            steps.append("    tokens")
            count("refreshed")
            guard model.isLive(child) else { throw Violation("a session was refreshed that has ended") }
            if let next = reply.refreshToken { tokens[index].text = next.text }
        } catch let refusal as Refusal where refusal.code == .invalidGrant {
            steps.append("    \(refusal.code)")
            if model.isLive(child) { throw Violation("a live session was not refreshed") }
        }
    }

    // MARK: What happens meanwhile

    private func event() async throws {
        // What happens in one millisecond has no order.
        clock.advance(by: .milliseconds(2))
        let person = pick(model.people.count)
        let id = model.people[person].id
        let name = model.people[person].name
        let what: String
        switch pick(9) {
        case 0, 1:
            let mustChange = chance(40)
            let new = "brave-lynxes-\(text())"
            what = "person \(person) gets a password\(mustChange ? " to change" : "")"
            try await services.users.setPassword(name, Password(new), mustChange: mustChange, actor: .operator)
            model.people[person].password = new
            model.people[person].mustChange = mustChange
            model.endPerson(person)
        case 2:
            let disables = !model.people[person].isDisabled
            what = "person \(person) is \(disables ? "disabled" : "enabled")"
            _ = try await services.users.setDisabled(name, disables, actor: .operator)
            model.people[person].isDisabled = disables
            model.endPerson(person)
        case 3:
            what = "person \(person) is signed out everywhere"
            _ = try await services.store.revoke(RevocationOrder(.user(id), reason: .admin, actor: .operator))
            model.endPerson(person)
        case 4:
            let app = pick(model.apps.count)
            what = "app \(app) loses its sessions"
            _ = try await services.store.revoke(
                RevocationOrder(.client(model.apps[app].client.id), reason: .admin, actor: .operator))
            model.endApp(app)
        case 5, 6:
            let jar = pick(2)
            guard let cookie = jars[jar].cookie, let token = BrowserSessionToken(cookie) else { return }
            what = "browser \(jar) signs out"
            _ = try await services.sessions.end(token.session, reason: .logout, actor: .system)
            model.endBrowser(token.session)
            if chance(70) { jars[jar].cookie = nil }
            if chance(70) { jars[jar].step = text() }
        case 7:
            let app = pick(model.apps.count)
            what = "person \(person) takes the consent for app \(app) back"
            _ = try await services.store.removeConsent(of: model.apps[app].client.id, by: id)
            model.removeConsent(person, app)
        default:
            what = "the sweep"
            let policy = SweepPolicy(
                auditRetention: .seconds(86400), idleLifetime: .seconds(90 * 86400), throttleWindow: .seconds(900))
            _ = try await services.store.sweep(policy, limit: 1000)
        }
        count("event")
        steps.append("\(clock.now.milliseconds): \(what)")
        clock.advance(by: .milliseconds(2))
    }

    // MARK: The end

    /// Every cookie and every session is worth what the model says.
    private func checkEverything() async throws {
        for cookie in cookies {
            let proofs = try await services.signIns.browser(cookie)?.proofs
            guard proofs?.authenticatedAt == model.standing(cookie, at: clock.now)?.at else {
                throw Violation("cookie \(name(cookie)) is worth \(proofs?.text ?? "nothing")")
            }
        }
        for (session, child) in model.children {
            let record = try await services.store.session(session)
            let isLive =
                record.map { SessionValidity.judge($0, idleLifetime: nil, now: clock.now) == .valid } ?? false
            guard isLive == model.isLive(child) else {
                throw Violation("session \(session) is \(isLive ? "live" : "ended")")
            }
        }
    }

    /// There is no dead end: with the right answers anybody gets on, in whatever state the browser is.
    private func endWell() async throws {
        let person = pick(model.people.count)
        if model.people[person].isDisabled {
            _ = try await services.users.setDisabled(model.people[person].name, false, actor: .operator)
            model.people[person].isDisabled = false
            model.endPerson(person)
        }
        model.act += 2
        clock.advance(by: .seconds(2))
        let index = model.asks.count
        model.asks.append(ask(app: pick(model.apps.count), calm: true))
        let jar = pick(2)
        steps.append("person \(person) signs in with browser \(jar)")
        var next: Next = .nothing
        var seal: SignInModel.Seal?
        for _ in 0..<10 {
            model.act += 2
            next = try await visit(
                SignInModel.Visit(
                    act: seal.map { answer($0, person, jar) } ?? .open, ask: index, seal: seal, step: jars[jar].step,
                    cookie: jars[jar].cookie, before: clock.now),
                jar: jar, isCalm: true)
            if case .code = next { break }
            if case .page(let page) = next { seal = page }
        }
        guard case .code(let code) = next, let known = model.codes[code] else { throw Violation("a dead end") }
        guard known.proven.person == person else { return }
        count("ended well")
        model.act += 2
        try await redeem(
            code, app: model.asks[index].app, verifier: model.asks[index].verifier,
            redirectURI: model.apps[model.asks[index].app].redirectURI)
    }

    private func answer(_ seal: SignInModel.Seal, _ person: Int, _ jar: Int) -> SignInModel.Act {
        switch seal.shown {
        case .account:
            model.standing(jars[jar].cookie, at: clock.now)?.person == person ? .current : .another
        case .password: .password(person, isRight: true, stays: false)
        case .newPassword: .newPassword("grand-storks-\(text())")
        case .consent: .allow
        case .confirm: .confirm
        case .done, .refused: .open
        }
    }
}
