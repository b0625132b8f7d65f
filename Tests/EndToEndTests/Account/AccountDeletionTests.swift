import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// `POST /api/v1/me/delete`: the account goes for who proves the password, and for nobody else.
struct AccountDeletionTests {
    private static let wrong = "not-the-right-one-at-all"

    private func delete(
        _ server: TestServer, _ bearer: String, password: String = TestServer.password,
        headers: [(String, String)] = []
    ) async throws -> TestResponse {
        try await server.http.post(
            "/api/v1/me/delete", json: ["current_password": .string(password)], headers: headers, bearer: bearer)
    }

    private func account(_ server: TestServer, _ name: String = "ada") async throws -> String {
        try #require(try await server.login(name, scope: "latchkey:account")["access_token"])
    }

    @Test func `the account goes as when an administrator deletes it, in the name of its user`() async throws {
        try await withServer { server in
            let user = try await server.addUser()
            try await server.addUser("bob")
            try await server.addClient()
            let other = try await server.login()
            let bob = try await account(server, "bob")
            let bearer = try await account(server)
            let answer = try await delete(server, bearer)
            #expect(answer.status == 204, "\(answer.text)")
            #expect(answer.body.isEmpty)

            #expect(try await server.services.store.user(.id(user.id)) == nil)
            #expect(try await server.refresh(try #require(other["refresh_token"]))["latchkey_reason"] == "unknown")
            for token in [bearer, try #require(other["access_token"])] {
                #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: token).status == 401)
            }
            #expect(try await server.login().status == 401)
            #expect(try await server.list().entries.map(\.kind) == [.user])
            let events = try await server.services.audit.page(AuditFilter(user: user.id)).items
            #expect(events.filter { $0.kind == .userDeleted }.map(\.actor) == [.user(user.id)])
            #expect(events.filter { $0.kind == .revoked }.map(\.details["reason"]) == ["user_deleted"])
            // A second time there is nobody left to ask.
            #expect(try await delete(server, bearer).status == 401)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: bob).status == 200)
            // The name is free, and its new owner has nothing of the old one's.
            let heir = try await server.addUser()
            #expect(heir.id != user.id)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: bearer).status == 401)
        }
    }

    @Test func `a wrong password is 403 with its reason, and changes nothing`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let bearer = try await account(server)
            let answer = try await delete(server, bearer, password: Self.wrong)
            #expect(answer.status == 403)
            #expect(answer["code"] == "current_password_wrong")
            #expect(answer[field: "WWW-Authenticate"] == nil, "nothing that makes a client refresh its token")
            #expect(!answer.text.contains(Self.wrong))
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: bearer).status == 200)
            #expect(try await server.login().status == 200)
            #expect(try await server.list().entries.isEmpty)
        }
    }

    @Test func `wrong guesses are throttled by the counters of the login`() async throws {
        try await withServer(["login.throttle.account_failures": "3"], clock: TestClock()) { server in
            try await server.addUser()
            try await server.addClient()
            let bearer = try await account(server)
            // The guesses at the three places are one series.
            #expect(try await delete(server, bearer, password: Self.wrong).status == 403)
            #expect(try await server.login(password: Self.wrong).status == 401)
            let change = try await server.http.post(
                "/api/v1/password",
                json: ["current_password": .string(Self.wrong), "new_password": "brave-herons-count-stars"],
                bearer: bearer)
            #expect(change.status == 403)
            let early = try await delete(server, bearer)
            #expect(early.status == 429)
            #expect(early[field: "Retry-After"] == "1")
            #expect(try await server.services.store.statistics().users == 1)
        }
    }

    @Test func `without a token, without the scope and for a client itself nothing is deleted`() async throws {
        try await withServer { server in
            try await server.addUser(roles: ["admin"])
            try await server.addUser("root", roles: ["admin"])
            try await server.addClient(scope: "openid latchkey:account latchkey:admin")
            let secret = try await server.addConfidentialClient()
            let body: [String: JSONValue] = ["current_password": .string(TestServer.password)]
            let bare = try await server.http.post("/api/v1/me/delete", json: body)
            #expect(bare.status == 401)
            #expect(bare["code"] == "bearer_missing")
            for scope in ["openid", "latchkey:admin"] {
                let token = try #require(try await server.login(scope: scope)["access_token"])
                let answer = try await delete(server, token)
                #expect(answer.status == 403, "\(scope)")
                #expect(answer["code"] == "insufficient_scope", "\(scope)")
            }
            #expect(try await delete(server, try await server.serviceToken(secret: secret)).status == 403)
            #expect(try await server.services.store.statistics().users == 2)
        }
    }

    @Test(arguments: [
        "{}", #"{"current_password":""}"#, #"{"current_password":null}"#, #"{"current_password":7}"#,
        #"{"current_password":"{password}","user":"bob"}"#, #"{"current_password":"{password}","sub":null}"#,
        #"{"password":"{password}"}"#, #"{"Current_password":"{password}"}"#, "", "[]",
    ])
    func `a body with anything else in it, or without the password, changes nothing`(text: String) async throws {
        try await withBystander { bystander in
            let answer = try await bystander.server.http.send(
                "POST", "/api/v1/me/delete",
                headers: [
                    ("Authorization", "Bearer \(bystander.account)"), ("Content-Type", "application/json"),
                ], body: Array(bystander.filled(text).utf8))
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer["code"] == "invalid_request")
            #expect(!answer.text.contains("bob"))
        }
    }

    @Test func `the last administrator stays, whoever else there is`() async throws {
        try await withServer { server in
            try await server.addUser(roles: ["admin"])
            try await server.addClient()
            try await server.addUser("bob", roles: ["editor", "administrator"])
            let off = try await server.addUser("former", roles: ["admin"])
            _ = try await server.services.users.setDisabled("former", true, actor: .operator)
            let bearer = try await account(server)
            let refused = try await delete(server, bearer)
            #expect(refused.status == 409)
            #expect(refused["code"] == "conflict")
            #expect(refused["detail"]?.contains("last administrator") == true)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: bearer).status == 200)
            // A wrong password is told first: the role is nobody else's business.
            #expect(try await delete(server, bearer, password: Self.wrong)["code"] == "current_password_wrong")

            _ = try await server.services.users.setDisabled(off.id.description, false, actor: .operator)
            #expect(try await delete(server, bearer).status == 204)
            // An administrator is not held by any rule: the operator's socket can always make another one.
            #expect(try await server.overSocket.send("DELETE", "/api/v1/admin/users/former").status == 204)
        }
    }

    @Test func `when administrators delete themselves at the same time one is left`() async throws {
        try await withServer { server in
            try await server.addClient()
            let names = (0..<8).map { "admin-\($0)" }
            for name in names { try await server.addUser(name, roles: ["admin"]) }
            // Whom each one finds may be gone when it counts; who was refused for that asks again.
            var left = names
            for _ in 0..<names.count {
                var tokens: [(String, String)] = []
                for name in left { tokens.append((name, try await account(server, name))) }
                let gone = try await withThrowingTaskGroup(of: (String, Int).self) { group in
                    for (name, token) in tokens {
                        group.addTask { (name, try await delete(server, token).status) }
                    }
                    return try await group.reduce(into: Set<String>()) { gone, answer in
                        #expect([204, 409].contains(answer.1))
                        if answer.1 == 204 { gone.insert(answer.0) }
                    }
                }
                left.removeAll(where: gone.contains)
                #expect(!left.isEmpty)
                if gone.isEmpty { break }
            }
            #expect(left.count == 1)
            #expect(try await server.services.store.statistics().users == 1)
        }
    }

    @Test func `a page that lives by a cookie is told to forget it`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient(origins: [TestServer.appOrigin])
            let login = try await server.http.post(
                "/api/v1/login",
                json: [
                    "username": "ada", "password": .string(TestServer.password), "client_id": "spa",
                    "transport": "cookie", "scope": "latchkey:account",
                ], headers: TestServer.page)
            let cookie = try #require(login.cookie("latchkey_dev_refresh_spa"))
            let bearer = try #require(login["access_token"])
            let wrong = try await delete(
                server, bearer, password: Self.wrong, headers: TestServer.page + [("Cookie", cookie)])
            #expect(!wrong.forgets("latchkey_dev_refresh_spa"))
            let answer = try await delete(server, bearer, headers: TestServer.page + [("Cookie", cookie)])
            #expect(answer.status == 204)
            #expect(answer.forgets("latchkey_dev_refresh_spa"))
            #expect(answer[field: "Access-Control-Allow-Origin"] == TestServer.appOrigin)
        }
    }

    @Test func `a password set meanwhile stops the deletion, and the session that asked is over`() async throws {
        // One attempt of the pair at a time: the test has the turn, and the deletion waits for it.
        try await withServer(["login.throttle.account_failures": "1"], clock: TestClock()) { server in
            let user = try await server.addUser()
            try await server.addClient()
            let bearer = try await account(server)
            let turn = try await server.services.throttle.admit(.known(user), network: "127.0.0.1")
            let deletion = Task {
                try await server.http.send(
                    "POST", "/api/v1/me/delete",
                    headers: [("Content-Type", "application/json"), ("Authorization", "Bearer \(bearer)")],
                    body: Array("{\"current_password\":\"\(TestServer.password)\"}".utf8), timeout: .seconds(600))
            }
            // It mostly waits by then. When it is late, it meets the end of its session: the answer is the same.
            for _ in 0..<5 {
                #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: bearer).status == 200)
            }
            let hash = try #require(try await server.services.store.loginRecord(user: user.id)?.credential.hash)
            _ = try await server.services.store.setPassword(
                user.id, hash: hash, ifVersion: nil, mustChange: true, actor: .operator)
            turn.release()
            let answer = try await deletion.value
            #expect(answer.status == 401, "\(answer.text)")
            #expect(answer["code"] == "invalid_token")
            #expect(try await server.services.store.user(.id(user.id)) != nil)
        }
    }
}
