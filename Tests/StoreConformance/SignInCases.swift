import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    static let signInCases: [StoreCase] = pageCodeCases + formCases + overtakenCases

    private static let policy = SweepPolicy(
        auditRetention: .seconds(90 * 86400), idleLifetime: .seconds(14 * 86400), throttleWindow: .seconds(900))

    private static let pageCodeCases: [StoreCase] = [
        StoreCase("a code carries everything from the sign-in to the session, also through a restart") { harness in
            let (user, client) = try await harness.addPages()
            var wish = StoreHarness.Wish(scope: "openid offline_access", nonce: "n-1")
            wish.resources = ["https://a.example", "https://b.example/x"]
            let proven = Proof(.password, at: harness.now)
            let (code, browser) = try await harness.signInOnPages(user, client, wish)
            try await harness.reopen()
            harness.advance(by: .seconds(59))
            let outcome = try await harness.redeem(code, client)
            guard case .begun(let record, let nonce, _) = outcome else { throw UnexpectedAnswer(outcome.word) }
            #expect(nonce == "n-1")
            #expect(record.session.parent == browser.session.id)
            #expect(record.session.resources == wish.resources)
            #expect(record.session.proofs == [proven])
            #expect(record.session.authenticatedAt == proven.at)
            #expect(record.session.beginning == .code)
            #expect(record.session.outlivesParent)
            #expect(record.session.network == StoreHarness.network)
            #expect(try await harness.reread(record) == record.session)
        },
        StoreCase("nothing but the right use of a code counts, before and after its use") { harness in
            let (user, client) = try await harness.addPages()
            let other = try await harness.addClient("other")
            let (code, _) = try await harness.signInOnPages(user, client)
            let wrong: [(StoreHarness) async throws -> CodeOutcome] = [
                { try await $0.redeem(code, other) },
                { try await $0.redeem(code, client, verifier: String(repeating: "w", count: 43)) },
                { try await $0.redeem(code, client, verifier: nil) },
                { try await $0.redeem(code, client, redirectURI: "https://app.example/other") },
                { try await $0.redeem(.generate(), client) },
            ]
            for attempt in wrong { #expect(try await attempt(harness).word == "refused") }
            let record = try harness.begun(try await harness.redeem(code, client, redirectURI: nil))
            for attempt in wrong { #expect(try await attempt(harness).word == "refused") }
            #expect(try await harness.isLive(record))
            #expect(try await harness.events(.loginCodeReplayed).isEmpty)
            harness.advance(by: .seconds(3000))
            #expect(try await harness.redeem(code, client).word == "replayed")
            #expect(try await harness.reread(record).endReason == .replay)
            #expect(harness.observer.records.map(\.entry.target) == [.session(record.session.id)])
        },
        StoreCase("a code without a challenge takes no verifier, and asks for its redirect URI") { harness in
            let (user, client) = try await harness.addPages()
            let (code, _) = try await harness.signInOnPages(user, client, StoreHarness.Wish(challenge: nil))
            #expect(try await harness.redeem(code, client).word == "downgraded")
            #expect(try await harness.redeem(code, client, verifier: nil, redirectURI: nil).word == "refused")
            let record = try harness.begun(try await harness.redeem(code, client, verifier: nil))
            #expect(try await harness.redeem(code, client).word == "downgraded")
            #expect(try await harness.isLive(record))
        },
        StoreCase("two completions of one form at a time give one code") { harness in
            let (user, client) = try await harness.addPages()
            let words = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 {
                    let completion = try harness.completion(
                        user, client, harness.row(user, client, harness.form()),
                        on: .proof(harness.authenticated(user), isPersistent: false, presented: nil))
                    group.addTask { try harness.granted(try await harness.store.completeSignIn(completion)).word }
                }
                return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(words == ["issued": 1, "taken": 19])
            #expect(
                try await harness.store.sessions(SessionFilter(user: user.id), page: PageRequest()).items.count == 1)
            #expect(try await harness.events(.loginCodeIssued).count == 1)
            let row = try #require(try await harness.store.signIn(harness.form()))
            #expect(try await harness.store.code(ofSignIn: row.id) != nil)
        },
    ]

    private static let formCases: [StoreCase] = [
        StoreCase("a form keeps one proof, the latest of its user, and refuses others") { harness in
            let (user, client) = try await harness.addPages()
            let grace = try await harness.addUser("grace")
            let other = try await harness.addClient("other")
            let row = harness.row(user, client, harness.form())
            #expect(try await harness.note(row, by: user).word == "noted")
            #expect(try await harness.store.signIn(row.form) == row)
            for wrong in [
                harness.row(grace, client, row.form), harness.row(user, other, row.form),
                harness.row(user, client, row.form, request: [UInt8](repeating: 6, count: 32)),
            ] {
                let proven = wrong.user == user.id ? user : grace
                #expect(try await harness.note(wrong, by: proven).word == "taken")
                let ground = SignInCompletion.Ground.proof(
                    harness.authenticated(proven), isPersistent: false, presented: nil)
                let client = wrong.client == client.id ? client : other
                #expect(try await harness.complete(proven, client, wrong, on: ground).word == "taken")
            }
            #expect(try await harness.store.signIn(row.form) == row)
            for form in [harness.form(2), harness.form(browser: 2)] {
                #expect(try await harness.store.signIn(form) == nil)
            }
            harness.advance(by: .seconds(5))
            let again = harness.row(user, client, row.form)
            #expect(try await harness.note(again, by: user).word == "noted")
            let kept = try #require(try await harness.store.signIn(row.form))
            #expect(kept.id == row.id && kept.nonce == row.nonce && kept.createdAt == row.createdAt)
            #expect(kept.proofs == again.proofs)
        },
        StoreCase("a form that has led to a code grants nothing more") { harness in
            let (user, client) = try await harness.addPages()
            let grace = try await harness.addUser("grace")
            let row = harness.row(user, client, harness.form())
            #expect(try await harness.note(row, by: user).word == "noted")
            let (code, browser) = try await harness.signInOnPages(user, client)
            let used = try #require(try await harness.store.signIn(row.form))
            #expect(used.id == row.id)
            #expect(used.session == browser.session.id)
            #expect(try await harness.store.code(ofSignIn: row.id)?.digest == code.digest)
            for person in [user, grace] {
                let again = harness.row(person, client, row.form)
                #expect(try await harness.note(again, by: person).word == "taken")
                let ground = SignInCompletion.Ground.proof(
                    harness.authenticated(person), isPersistent: false, presented: browser.session.id)
                #expect(try await harness.complete(person, client, again, on: ground).word == "taken")
            }
            let onBrowser = SignInCompletion.Ground.browser(browser.session.id, generation: 1)
            #expect(try await harness.complete(user, client, row, on: onBrowser).word == "taken")
            #expect(try await harness.isLive(browser))
        },
        StoreCase("a user has 16 forms under way: the oldest of the same network goes, never the new one") { harness in
            let (user, client) = try await harness.addPages()
            func add(_ number: UInt8, _ network: String) async throws {
                harness.advance(by: .milliseconds(1))
                let row = harness.row(user, client, harness.form(number), network: network)
                #expect(try await harness.note(row, by: user).word == "noted")
            }
            func numbers() async throws -> [UInt8] {
                var found: [UInt8] = []
                for number in UInt8(1)...40 where try await harness.store.signIn(harness.form(number)) != nil {
                    found.append(number)
                }
                return found
            }
            for number in UInt8(1)...16 { try await add(number, number <= 2 ? "192.0.2.1" : "198.51.100.1") }
            #expect(try await numbers() == Array(1...16))
            try await add(17, "192.0.2.1")
            #expect(try await numbers() == Array(2...17), "the oldest of 192.0.2.1")
            try await add(18, "203.0.113.1")
            #expect(try await numbers() == Array(3...18), "of a new network: the oldest of all")
            try await add(19, "198.51.100.1")
            #expect(try await numbers() == Array(4...19))
            // Also one that ends at once.
            harness.advance(by: .milliseconds(1))
            _ = try await harness.signInOnPages(user, client, form: 20)
            #expect(try await numbers() == Array(4...16) + [18, 19, 20], "the oldest of 192.0.2.1")
        },
        StoreCase("the sweep takes a sign-in when its time is over") { harness in
            let (user, client) = try await harness.addPages()
            let row = harness.row(user, client, harness.form())
            #expect(try await harness.note(row, by: user).word == "noted")
            harness.advance(by: .milliseconds(599_999))
            _ = try await harness.sweep(policy, limit: 100)
            #expect(try await harness.store.signIn(row.form) != nil)
            harness.advance(by: .milliseconds(60_001))
            _ = try await harness.sweep(policy, limit: 100)
            #expect(try await harness.store.signIn(row.form) == nil)
        },
        StoreCase("a deleted user's or client's forms, codes and consents are gone") { harness in
            let (user, client) = try await harness.addPages()
            let grace = try await harness.addUser("grace")
            let other = try await harness.addClient("other")
            let wish = StoreHarness.Wish(needsConsent: true, consent: Scope("openid profile"))
            let first = try await harness.signInOnPages(user, client, form: 1, wish)
            let second = try await harness.signInOnPages(grace, client, form: 2, wish)
            let third = try await harness.signInOnPages(grace, other, form: 3, wish)
            try await harness.store.deleteUser(user.id, actor: .operator)
            #expect(try await harness.store.signIn(harness.form(1)) == nil)
            #expect(try await harness.store.consents(of: user.id).isEmpty)
            #expect(try await harness.redeem(first.code, client).word == "refused")
            #expect(try await harness.store.browserSession(first.browser.session.id) == nil)
            try await harness.store.deleteClient(client.id, actor: .operator)
            harness.advance(by: .seconds(1))
            let again = try await harness.addClient()
            #expect(try await harness.store.signIn(harness.form(2)) == nil)
            #expect(try await harness.store.consent(of: grace.id, to: again.id) == nil)
            #expect(try await harness.redeem(second.code, again).word == "refused")
            #expect(try await harness.store.consents(of: grace.id).map(\.client) == [other.id])
            harness.advance(by: .seconds(1))
            _ = try harness.begun(try await harness.redeem(third.code, other))
        },
    ]

    private typealias Cause = @Sendable (StoreHarness, User, Client) async throws -> Void

    /// What takes a sign-in away, by number. All but the last one also before there is a code.
    private static let causes: [(number: UInt8, name: String, cause: Cause)] = [
        (1, "a new password", changePassword), (2, "a disabled user, enabled again", disableAndEnable),
        (3, "the end of the user's sessions", { harness, user, _ in try await harness.revoke(.user(user.id)) }),
        (4, "the end of all sessions", { harness, _, _ in try await harness.revoke(.all(sessions: true)) }),
        (5, "a disabled client", disableClient), (6, "a deleted user", deleteUser),
        (7, "the end of the client's sessions", { harness, _, client in try await harness.revoke(.client(client.id)) }),
    ]

    private static let changePassword: Cause = { harness, user, _ in
        _ = try await harness.store.setPassword(
            user.id, hash: "hash-2", ifVersion: nil, mustChange: false, actor: .operator)
    }

    private static let disableAndEnable: Cause = { harness, user, _ in
        for disabled in [true, false] {
            _ = try await harness.store.setUserDisabled(user.id, disabled, actor: .operator)
        }
    }

    private static let disableClient: Cause = { harness, _, client in
        _ = try await harness.store.setClientDisabled(client.id, true, actor: .operator)
    }

    private static let deleteUser: Cause = { harness, user, _ in
        try await harness.store.deleteUser(user.id, actor: .operator)
    }

    private static let overtakenCases: [StoreCase] = [
        StoreCase("whatever ends sessions between the proof and the code wins") { harness in
            #expect(try await harness.store.ensureBuiltInClient(.signInPages))
            for (number, name, cause) in causes where number <= 6 {
                let user = try await harness.addUser("user\(number)")
                let client = try await harness.addClient("app\(number)")
                let row = harness.row(user, client, harness.form(number))
                #expect(try await harness.note(row, by: user).word == "noted")
                let proven = harness.authenticated(user)
                harness.advance(by: .seconds(1))
                try await cause(harness, user, client)
                harness.advance(by: .seconds(2))
                let outcome = try await harness.complete(
                    user, client, row, on: .proof(proven, isPersistent: false, presented: nil))
                let holder = try await harness.store.holder(of: row)
                #expect(holder == nil || number == 5, "\(name)")
                #expect(["lostRace", "clientRefused"].contains(outcome.word), "\(name): \(outcome.word)")
                #expect(
                    try await harness.store.sessions(SessionFilter(user: user.id), page: PageRequest()).items.isEmpty)
            }
        },
        StoreCase("whatever ends sessions between the code and its use wins") { harness in
            #expect(try await harness.store.ensureBuiltInClient(.signInPages))
            for (number, name, cause) in causes {
                let user = try await harness.addUser("user\(number)")
                let client = try await harness.addClient("app\(number)")
                let (code, _) = try await harness.signInOnPages(user, client, form: number)
                harness.advance(by: .seconds(1))
                try await cause(harness, user, client)
                harness.advance(by: .seconds(2))
                #expect(try await harness.redeem(code, client).word == "refused", "\(name)")
            }
        },
        StoreCase("a code of the very second of its client's revocation waits, so the next revocation cannot miss it") {
            harness in
            let (user, client) = try await harness.addPages()
            try await harness.revoke(.client(client.id))
            harness.advance(by: .milliseconds(300))
            let completion = try harness.completion(
                user, client, harness.row(user, client, harness.form()),
                on: .proof(harness.authenticated(user), isPersistent: false, presented: nil))
            guard case .wait = try await harness.store.completeSignIn(completion) else {
                throw UnexpectedAnswer("the code did not wait")
            }
            #expect(try await harness.store.signIn(harness.form()) == nil)
            harness.advance(by: .milliseconds(700))
            _ = try harness.issued(try harness.granted(try await harness.store.completeSignIn(completion)))
        },
        StoreCase("a proof is kept only for a user and a password that are still the same") { harness in
            let (user, client) = try await harness.addPages()
            let row = harness.row(user, client, harness.form())
            _ = try await harness.store.setPassword(
                user.id, hash: "hash-2", ifVersion: 1, mustChange: false, actor: .operator)
            #expect(try await harness.note(row, by: user).word == "lostRace")
            _ = try await harness.store.setUserDisabled(user.id, true, actor: .operator)
            let newer = harness.row(user, client, harness.form(), version: 3)
            #expect(try await harness.note(newer, by: user).word == "lostRace")
            #expect(try await harness.store.signIn(row.form) == nil)
        },
        StoreCase("a reset clock takes back what is of the wrong time") { harness in
            let (user, client) = try await harness.addPages()
            harness.advance(by: .seconds(400 * 86400))
            let (code, browser) = try await harness.signInOnPages(user, client)
            harness.advance(by: .seconds(-400 * 86400))
            try await harness.store.resetClockFloor(to: harness.now, actor: .operator)
            harness.advance(by: .seconds(5))
            #expect(try await harness.redeem(code, client).word == "refused")
            #expect(try await harness.store.signIn(harness.form()) == nil)
            #expect(try await harness.store.browserSession(browser.session.id) == nil)
        },
    ]
}
