import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    static let browserSessionCases: [StoreCase] = renewalCases + childCases + consentCases

    private static let offline = StoreHarness.Wish(scope: "openid offline_access")

    private static let renewalCases: [StoreCase] = [
        StoreCase("a browser session reads back as it was begun") { harness in
            let (user, client) = try await harness.addPages()
            for isPersistent in [false, true] {
                let number: UInt8 = isPersistent ? 2 : 1
                let (_, begun) = try await harness.signInOnPages(
                    user, client, form: number, StoreHarness.Wish(isPersistent: isPersistent))
                let (record, state) = try #require(try await harness.store.browserSession(begun.session.id))
                #expect(record.session == begun.session)
                #expect(record.session.transport == .browser)
                #expect(record.client.id == .signInPages)
                #expect(
                    state
                        == BrowserSessionState(
                            session: begun.session.id, isPersistent: isPersistent, renewedAt: harness.now))
            }
            #expect(try await harness.store.browserSession(.generate(at: harness.now)) == nil)
            let other = try await harness.begin(try harness.beginning(user, client))
            #expect(try await harness.store.browserSession(other.session.id) == nil, "not one of a browser")
        },
        StoreCase("the same user's proof renews the browser session and tells no application") { harness in
            let (user, client) = try await harness.addPages()
            let (_, begun) = try await harness.signInOnPages(user, client, form: 1)
            let child = try await harness.child(of: begun, user, client)
            harness.advance(by: .seconds(3600))
            let (_, renewed) = try await harness.signInOnPages(
                user, client, form: 2, presented: begun.session.id, StoreHarness.Wish(isPersistent: true))
            #expect(renewed.session.id == begun.session.id)
            #expect(renewed.session.lineage.current == 2)
            #expect(renewed.session.createdAt == begun.session.createdAt)
            #expect(renewed.session.authenticatedAt == harness.now)
            #expect(renewed.session.proofs == [Proof(.password, at: harness.now)])
            let (record, state) = try #require(try await harness.store.browserSession(begun.session.id))
            #expect(record.session == renewed.session)
            #expect(
                state
                    == BrowserSessionState(
                        session: begun.session.id, isPersistent: true, renewedAt: harness.now,
                        previousProofs: begun.session.proofs))
            #expect(try await harness.isLive(child))
            #expect(try await harness.reread(child).proofs == begun.session.proofs, "as it was proven for it")
            #expect(harness.observer.records.isEmpty)
        },
        StoreCase("another user's proof ends the browser session first") { harness in
            let (user, client) = try await harness.addPages()
            let grace = try await harness.addUser("grace")
            let (_, begun) = try await harness.signInOnPages(user, client, form: 1)
            let child = try await harness.child(of: begun, user, client)
            let stale = SignInCompletion.Ground.proof(
                harness.authenticated(grace, version: 2), isPersistent: false, presented: begun.session.id)
            #expect(try await harness.complete(grace, client, nil, on: stale).word == "lostRace")
            #expect(try await harness.isLive(begun), "a sign-in that fails ends nobody's session")
            let (_, next) = try await harness.signInOnPages(grace, client, form: 2, presented: begun.session.id)
            #expect(next.session.id != begun.session.id)
            #expect(try await harness.reread(begun).endReason == .replacedByLogin)
            #expect(try await harness.reread(child).endReason == .replacedByLogin)
            #expect(try await harness.isLive(next))
        },
        StoreCase("an ended browser session is never renewed, nor does it lead to a code") { harness in
            let (user, client) = try await harness.addPages()
            let (_, begun) = try await harness.signInOnPages(user, client, form: 1)
            try await harness.revoke(.session(begun.session.id), .logout)
            let ended = try await harness.reread(begun)
            let (_, next) = try await harness.signInOnPages(user, client, form: 2, presented: begun.session.id)
            #expect(next.session.id != begun.session.id)
            #expect(try await harness.reread(begun) == ended)
            let ground = SignInCompletion.Ground.browser(begun.session.id, generation: 1)
            #expect(try await harness.complete(user, client, nil, on: ground).word == "browserGone")
        },
        StoreCase("a code rests on the browser session of its user and on a generation that still counts") { harness in
            let (user, client) = try await harness.addPages()
            let grace = try await harness.addUser("grace")
            let (_, begun) = try await harness.signInOnPages(user, client, form: 1)
            func word(_ person: User, _ id: SessionID, _ generation: UInt32) async throws -> String {
                let outcome = try await harness.complete(
                    person, client, nil, on: .browser(id, generation: generation))
                return outcome.word
            }
            #expect(try await word(grace, begun.session.id, 1) == "browserGone")
            #expect(try await word(user, .generate(at: harness.now), 1) == "browserGone")
            #expect(try await word(user, begun.session.id, 2) == "browserGone")
            let direct = try await harness.begin(try harness.beginning(user, client))
            #expect(try await word(user, direct.session.id, 1) == "browserGone")
            harness.advance(by: .seconds(60))
            _ = try await harness.signInOnPages(user, client, form: 2, presented: begun.session.id)
            harness.advance(by: .milliseconds(29_999))
            let old = try harness.issued(
                try await harness.complete(user, client, nil, on: .browser(begun.session.id, generation: 1)))
            let session = try harness.begun(try await harness.redeem(old.code, client)).session
            #expect(session.authenticatedAt == begun.session.authenticatedAt, "it proves what it proved before")
            harness.advance(by: .milliseconds(1))
            #expect(try await word(user, begun.session.id, 1) == "browserGone")
            #expect(try await word(user, begun.session.id, 2) == "issued")
            harness.advance(by: .seconds(12 * 3600))
            #expect(try await word(user, begun.session.id, 2) == "browserGone")
        },
        StoreCase("a user has 16 browser sessions beside the others, and one more ends the oldest") { harness in
            let (user, client) = try await harness.addPages()
            var browsers: [SessionRecord] = []
            for number in UInt8(1)...17 {
                harness.advance(by: .milliseconds(1))
                browsers.append(try await harness.signInOnPages(user, client, form: number).browser)
                if number == 16 { #expect(harness.observer.records.isEmpty) }
            }
            #expect(try await harness.reread(browsers[0]).endReason == .tooManySessions)
            for browser in browsers.dropFirst() { #expect(try await harness.isLive(browser)) }
            let other = try await harness.begin(try harness.beginning(user, client))
            #expect(try await harness.isLive(browsers[1]))
            #expect(try await harness.isLive(other))
        },
    ]

    private static let childCases: [StoreCase] = [
        StoreCase("what came from a browser session ends with it, except what is to outlive it") { harness in
            let (user, client) = try await harness.addPages()
            let (code, browser) = try await harness.signInOnPages(user, client, form: 1)
            let (_, second) = try await harness.signInOnPages(user, client, form: 2)
            let first = try harness.begun(try await harness.redeem(code, client))
            let other = try await harness.child(of: browser, user, try await harness.addClient("other"))
            let kept = try await harness.child(of: browser, user, client, offline)
            let foreign = try await harness.child(of: second, user, client)
            let direct = try await harness.begin(try harness.beginning(user, client))
            let waiting = try harness.issued(
                try await harness.complete(
                    user, client, nil, on: .browser(browser.session.id, generation: 1), offline)
            ).code
            try await harness.revoke(.session(browser.session.id), .logout)
            let ended = [browser, first, other]
            #expect(
                Set(harness.observer.records.map(\.entry.target)) == Set(ended.map { .session($0.session.id) }))
            #expect(harness.observer.records.count == 3)
            for record in ended { #expect(try await harness.reread(record).endReason == .logout) }
            for record in [second, kept, foreign, direct] { #expect(try await harness.isLive(record)) }
            #expect(try await harness.redeem(waiting, client).word == "refused", "a code of an ended browser session")
        },
        StoreCase("a session never begins from a browser session that ends at the same time") { harness in
            let (user, client) = try await harness.addPages()
            for number in UInt8(1)...20 {
                let (code, browser) = try await harness.signInOnPages(user, client, form: number)
                let made = try await withThrowingTaskGroup(of: SessionRecord?.self) { group in
                    group.addTask {
                        try await harness.revoke(.session(browser.session.id), .logout)
                        return nil
                    }
                    group.addTask {
                        guard case .begun(let record, _, _) = try await harness.redeem(code, client) else { return nil }
                        return record
                    }
                    return try await group.reduce(nil) { $0 ?? $1 }
                }
                if let made { #expect(try await !harness.isLive(made)) }
                #expect(try await !harness.isLive(browser))
            }
        },
        StoreCase("an application has eight sessions of a browser session, and the ninth ends the oldest") { harness in
            let (user, client) = try await harness.addPages()
            let other = try await harness.addClient("other")
            let (_, browser) = try await harness.signInOnPages(user, client)
            func add(_ client: Client, _ wish: StoreHarness.Wish = StoreHarness.Wish()) async throws -> SessionRecord {
                harness.advance(by: .milliseconds(1))
                return try await harness.child(of: browser, user, client, wish)
            }
            let kept = try await add(client, offline)
            let foreign = try await add(other)
            var children: [SessionRecord] = []
            for _ in 0..<8 { children.append(try await add(client)) }
            #expect(harness.observer.records.isEmpty)
            children.append(try await add(client))
            #expect(harness.observer.records.map(\.entry.target) == [.session(children[0].session.id)])
            #expect(try await harness.reread(children[0]).endReason == .tooManySessions)
            for record in children.dropFirst() + [kept, foreign, browser] { #expect(try await harness.isLive(record)) }
        },
        StoreCase("the end of a user's other sessions keeps the browser session behind the kept one") { harness in
            let (user, client) = try await harness.addPages()
            let other = try await harness.addClient("other")
            let (_, browser) = try await harness.signInOnPages(user, client, form: 1)
            let (_, second) = try await harness.signInOnPages(user, client, form: 2)
            let here = try await harness.child(of: browser, user, client)
            let elsewhere = try await harness.child(of: second, user, client)
            let direct = try await harness.begin(try harness.beginning(user, client))
            try await harness.revoke(.otherSessions(user.id, keeping: here.session.id), .user)
            for record in [browser, here] { #expect(try await harness.isLive(record)) }
            for record in [second, elsewhere, direct] { #expect(try await !harness.isLive(record)) }
            let sibling = try await harness.child(of: browser, user, other)
            let third = try await harness.signInOnPages(user, client, form: 3).browser
            try await harness.revoke(.otherSessions(user.id, keeping: browser.session.id), .user)
            for record in [browser, here, sibling] { #expect(try await harness.isLive(record)) }
            #expect(try await !harness.isLive(third))
        },
    ]

    private static let consentCases: [StoreCase] = [
        StoreCase("a consent adds to those of before and reads back, also after a restart") { harness in
            let (user, client) = try await harness.addPages()
            let other = try await harness.addClient("other")
            var wish = StoreHarness.Wish(scope: "openid", needsConsent: true, consent: Scope("openid"))
            _ = try await harness.signInOnPages(user, client, form: 1, wish)
            harness.advance(by: .seconds(1))
            _ = try await harness.signInOnPages(user, other, form: 2, wish)
            harness.advance(by: .seconds(1))
            wish.scope = "profile openid"
            wish.consent = Scope("profile openid")
            _ = try await harness.signInOnPages(user, client, form: 3, wish)
            try await harness.reopen()
            let consents = try await harness.store.consents(of: user.id)
            #expect(consents.map(\.client) == [client.id, other.id])
            #expect(consents.map(\.scope.description) == ["openid profile", "openid"])
            #expect(consents.first?.grantedAt == harness.now)
            #expect(try await harness.events(.consentGranted).count == 3)
        },
        StoreCase("a code needs a consent for all of its scope at the time when it is written") { harness in
            let (user, client) = try await harness.addPages()
            let grace = try await harness.addUser("grace")
            var wish = StoreHarness.Wish(scope: "openid", needsConsent: true)
            let row = harness.row(user, client, harness.form())
            func word(_ person: User) async throws -> String {
                let proven = harness.authenticated(person)
                let ground = SignInCompletion.Ground.proof(proven, isPersistent: false, presented: nil)
                let outcome = try await harness.complete(
                    person, client, person.id == user.id ? row : nil, on: ground, wish)
                return outcome.word
            }
            #expect(try await word(user) == "consentGone")
            #expect(try await harness.store.signIn(row.form) == nil, "nothing was written")
            wish.consent = Scope("openid")
            let (_, browser) = try await harness.signInOnPages(user, client, form: 2, wish)
            wish.consent = nil
            #expect(try await word(grace) == "consentGone")
            let ground = SignInCompletion.Ground.browser(browser.session.id, generation: 1)
            #expect(try await harness.complete(user, client, nil, on: ground, wish).word == "issued")
            wish.scope = "openid profile"
            #expect(try await harness.complete(user, client, nil, on: ground, wish).word == "consentGone")
            wish.scope = "openid"
            _ = try await harness.store.removeConsent(of: client.id, by: user.id)
            #expect(try await harness.complete(user, client, nil, on: ground, wish).word == "consentGone")
        },
        StoreCase("a consent that is taken back takes sessions and codes of that client along") { harness in
            let (user, client) = try await harness.addPages()
            let other = try await harness.addClient("other")
            let grace = try await harness.addUser("grace")
            let (code, browser) = try await harness.signInOnPages(
                user, client, form: 1, StoreHarness.Wish(needsConsent: true, consent: Scope("openid profile")))
            let child = try harness.begun(try await harness.redeem(code, client))
            let lasting = try await harness.child(of: browser, user, client, offline)
            let kept = try await harness.child(of: browser, user, other)
            let foreign = try await harness.begin(try harness.beginning(grace, client))
            let waiting = try await harness.signInOnPages(user, client, form: 2).code
            let unaffected = try await harness.signInOnPages(user, other, form: 3).code
            let ended = try #require(try await harness.store.removeConsent(of: client.id, by: user.id))
            #expect(Set(ended.map(\.entry.target)) == Set([child, lasting].map { .session($0.session.id) }))
            for record in [child, lasting] { #expect(try await harness.reread(record).endReason == .consentRemoved) }
            for record in [browser, kept, foreign] { #expect(try await harness.isLive(record)) }
            #expect(try await harness.redeem(waiting, client).word == "refused")
            #expect(try await harness.redeem(code, client).word == "replayed", "a used code is still known")
            _ = try harness.begun(try await harness.redeem(unaffected, other))
            #expect(try await harness.store.consents(of: user.id).isEmpty)
            #expect(try await harness.store.removeConsent(of: client.id, by: user.id) == nil)
            #expect(try await harness.events(.consentRemoved).count == 1)
        },
    ]
}
