import Argon2
import Dispatch
import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// Setting another password: the policy at the wire, the duty to change, and logins that race a change.
struct PasswordChangeTests {
    private static let new = "brave-herons-count-stars"

    private func change(
        _ server: TestServer, bearer: String, from current: String, to next: String
    ) async throws -> TestResponse {
        try await server.http.post(
            "/api/v1/password", json: ["current_password": .string(current), "new_password": .string(next)],
            bearer: bearer)
    }

    private func replace(
        _ server: TestServer, _ name: String = "ada", old: String = TestServer.password, new: String
    ) async throws -> TestResponse {
        try await server.http.post(
            "/api/v1/login",
            json: [
                "username": .string(name), "password": .string(old), "client_id": "spa", "new_password": .string(new),
            ])
    }

    @Test func `passwords that the policy refuses change nothing`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let bearer = try #require(try await server.login(scope: "latchkey:account")["access_token"])
            for (why, password) in [
                ("14 code points", "qz7-otter-fenc"),
                ("14 letters, each of two code points until composed", String(repeating: "e\u{301}", count: 14)),
                ("14 code points of four bytes", String(repeating: "🦦", count: 14)),
                ("1025 bytes", String(repeating: "q7-", count: 341) + "xy"),
                ("1026 bytes in NFC", String(repeating: "\u{E9}", count: 513)),
                ("the list of common ones", "qwertyuiopasdfgh"),
                ("the list, in capitals and with spaces", "Qwerty Uiop ASDFGH"),
                ("the user's name and digits", "ada123456789012"),
                ("digits and the user's name", "123456 ADA 789012"),
                ("the product's name and digits", "2026latchkey2026"),
                ("the same as before", TestServer.password),
            ] {
                let response = try await change(server, bearer: bearer, from: TestServer.password, to: password)
                #expect(response.status == 422, "\(why): \(response.text)")
                #expect(response["code"] == "password_rejected", "\(why)")
                #expect(!response.text.contains(password), "\(why)")
            }
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: bearer).status == 200)
            #expect(try await server.login().status == 200)
            #expect(try await server.services.store.revocationState().lastSequence == 0)
        }
    }

    @Test func `passwords just inside the policy are accepted, and both normal forms are one password`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            var current = TestServer.password
            var bearer = try #require(try await server.login(scope: "latchkey:account")["access_token"])
            for (password, same) in [
                ("qz7-otter-fence", "qz7-otter-fence"),
                (String(repeating: "e\u{301}", count: 15), String(repeating: "\u{E9}", count: 15)),
                (String(repeating: "🦦", count: 15), String(repeating: "🦦", count: 15)),
                (String(repeating: "q7-", count: 341) + "x", String(repeating: "q7-", count: 341) + "x"),
                // 1536 bytes as sent, 1024 in NFC.
                (String(repeating: "e\u{301}", count: 512), String(repeating: "\u{E9}", count: 512)),
                ("ada likes latchkey 123", "ada likes latchkey 123"), ("  spaces around it  ", "  spaces around it  "),
            ] {
                let response = try await change(server, bearer: bearer, from: current, to: password)
                #expect(response.status == 200, "\(password.prefix(20)): \(response.text)")
                bearer = try #require(response["access_token"])
                current = password
                #expect(try await server.login(password: same).status == 200)
                #expect(try await server.login(password: same + "x").status == 401, "nothing is cut off")
            }
        }
    }

    @Test func `a password that must be changed gives no token until a good one takes its place`() async throws {
        try await withServer { server in
            try await server.addUser(mustChange: true)
            try await server.addClient()
            let wrong = try await server.login(password: "not-the-right-one-at-all")
            let guess = try await replace(server, old: "not-the-right-one-at-all", new: Self.new)
            let unknown = try await replace(server, "nobody", old: "not-the-right-one-at-all", new: Self.new)
            for response in [guess, unknown] {
                #expect(response.status == 401)
                #expect(response.body == wrong.body, "who does not know the password learns nothing of the duty")
            }
            let told = try await server.login()
            #expect(told.status == 403)
            #expect(told["code"] == "password_change_required")
            #expect(told["access_token"] == nil)
            for bad in ["short", "ada123456789012", TestServer.password] {
                let response = try await replace(server, new: bad)
                #expect(response.status == 422, "\(bad)")
                #expect(response["code"] == "password_rejected")
            }
            #expect(try await server.services.store.statistics().sessions == 0)
            #expect(try await replace(server, new: Self.new).status == 200)
            #expect(try await server.login().status == 401)
            #expect(try await server.login(password: Self.new).status == 200)
            // Nobody changes a password by the way.
            let unasked = try await replace(server, old: Self.new, new: TestServer.password)
            #expect(unasked.status == 400)
            #expect(unasked["code"] == "invalid_request")
            #expect(try await server.login(password: Self.new).status == 200)
        }
    }

    @Test func `an administrator's new password ends what the old one began`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            try await server.services.users.setPassword("ada", Password(Self.new), mustChange: true, actor: .operator)
            let refreshed = try await server.refresh(try #require(login["refresh_token"]))
            #expect(refreshed["latchkey_reason"] == "revoked")
            let access = try #require(login["access_token"])
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: access).status == 401)
            #expect(try await server.login().status == 401)
            #expect(try await server.login(password: Self.new)["code"] == "password_change_required")
        }
    }

    @Test func `wrong guesses at the current password count and are throttled`() async throws {
        try await withServer(["login.throttle.account_failures": "3"], clock: TestClock()) { server in
            try await server.addUser()
            try await server.addClient()
            let bearer = try #require(try await server.login(scope: "latchkey:account")["access_token"])
            for _ in 0..<3 {
                let wrong = try await change(server, bearer: bearer, from: "not-the-right-one-at-all", to: Self.new)
                #expect(wrong.status == 403)
                #expect(wrong["code"] == "current_password_wrong")
            }
            let early = try await change(server, bearer: bearer, from: TestServer.password, to: Self.new)
            #expect(early.status == 429)
            #expect(early[field: "Retry-After"] == "1")
            #expect(try await server.login().status == 429, "the same counter as at login")
        }
    }

    @Test func `a wrong current password makes no client refresh its token, and a page can read why`() async throws {
        let origin = "https://app.example.com"
        try await withServer { server in
            try await server.addUser()
            try await server.addClient(origins: [origin])
            let bearer = try #require(try await server.login(scope: "latchkey:account")["access_token"])
            let wrong = try await server.http.post(
                "/api/v1/password",
                json: ["current_password": "not-the-right-one-at-all", "new_password": .string(Self.new)],
                headers: [("Origin", origin)], bearer: bearer)
            #expect(wrong.status == 403)
            #expect(wrong["title"] == "The current password is wrong")
            #expect(wrong[field: "WWW-Authenticate"] == nil)
            #expect(wrong[field: "Access-Control-Allow-Origin"] == origin)
            // A token that is no good is a 401 still.
            _ = try await server.http.authorised("POST", "/api/v1/logout", bearer: bearer)
            let ended = try await change(server, bearer: bearer, from: TestServer.password, to: Self.new)
            #expect(ended.status == 401)
            #expect(ended["code"] == "invalid_token")
        }
    }

    @Test func `a change that lost the race with another one learns that its session has ended`() async throws {
        // One attempt of the pair at a time: the test has the turn, and the change waits for it.
        try await withServer(["login.throttle.account_failures": "1"], clock: TestClock()) { server in
            let user = try await server.addUser()
            try await server.addClient()
            let bearer = try #require(try await server.login(scope: "latchkey:account")["access_token"])
            let turn = try await server.services.throttle.admit(.known(user), network: "127.0.0.1")
            let passwords = #"{"current_password":"\#(TestServer.password)","new_password":"\#(Self.new)"}"#
            let late = Task {
                try await server.http.send(
                    "POST", "/api/v1/password",
                    headers: [("Content-Type", "application/json"), ("Authorization", "Bearer \(bearer)")],
                    body: Array(passwords.utf8), timeout: .seconds(600))
            }
            // It mostly waits by then. When it is late, it meets the end of its session: the answer is the same.
            for _ in 0..<5 {
                #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: bearer).status == 200)
            }
            let hash = try #require(try await server.services.store.loginRecord(user: user.id)?.credential.hash)
            _ = try await server.services.store.setPassword(
                user.id, hash: hash, ifVersion: nil, mustChange: false, actor: .operator)
            turn.release()
            let answer = try await late.value
            #expect(answer.status == 401, "\(answer.text)")
            #expect(answer["code"] == "invalid_token")
            #expect(try await server.services.store.loginRecord(user: user.id)?.credential.hash == hash)
        }
    }

    @Test func `a login that verified the old password before a change loses`() async throws {
        try await withServer(["login.hash_threads": "1", "login.max_queue_wait": "60s"]) { server in
            let user = try await server.addUser()
            try await server.addClient()
            let credential = try #require(try await server.services.store.loginRecord(user: user.id)?.credential)
            // The login has read the row when it waits for the one thread, which is held until the password has changed.
            let pool = server.services.hashPool
            let gate = DispatchSemaphore(value: 0)
            let held = Task { try await pool.run(group: FairnessGroup("held")) { _ in gate.wait() } }
            defer { gate.signal() }
            try await eventually("the thread is held") { pool.statistics.running == 1 }
            let login = Task { try await server.login() }
            try await eventually("the login waits") { pool.statistics.queued == 1 }
            let other = credential.hash.replacing("$argon2id$", with: "$argon2i$")
            _ = try await server.services.store.setPassword(
                user.id, hash: other, ifVersion: credential.version, mustChange: false, actor: .operator)
            gate.signal()
            try await held.value
            let response = try await login.value
            #expect(response.status == 401, "\(response.text)")
            #expect(response["code"] == "invalid_credentials")
            #expect(try await server.services.store.statistics().sessions == 0)
        }
    }

    @Test func `of logins and changes at the same time no session of the old password is left`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            var old = TestServer.password
            for round in 0..<8 {
                let new = "otters-paint-fence-\(round)"
                let current = old
                let logins = Task {
                    try await withThrowingTaskGroup(of: TestResponse.self) { group in
                        for _ in 0..<6 { group.addTask { try await server.login(password: current) } }
                        return try await group.reduce(into: [TestResponse]()) { $0.append($1) }
                    }
                }
                try await server.services.users.setPassword("ada", Password(new), actor: .operator)
                for response in try await logins.value {
                    #expect([200, 401].contains(response.status), "\(response.text)")
                    guard let token = response["refresh_token"] else { continue }
                    #expect(try await server.refresh(token).status == 400, "round \(round)")
                }
                #expect(try await server.login(password: new).status == 200)
                old = new
            }
        }
    }
}
