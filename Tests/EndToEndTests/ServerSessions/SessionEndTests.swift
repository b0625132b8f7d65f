import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Whatever ends a server session ends it for the very next request; what does not, does not.
struct SessionEndTests {
    enum Cause: String, CaseIterable, Sendable {
        case logout, admin, revokeSession, revokeUser, revokeClient, revokeAll, passwordSet, passwordChange, disableUser
        case disableClient, deleteUser, deleteOwnAccount, deleteClient, revokeOthers

        func happen(_ server: TestServer, cookie: String) async throws {
            let sid = try #require(try await server.session(cookie)["sid"])
            let sub = try #require(try await server.session(cookie)["sub"])
            let services = server.services
            let user = try #require(UserID(sub))
            let client = try #require(ClientID("web"))
            switch self {
            case .logout: #expect(try await server.logOut(cookie).status == 204)
            case .admin:
                #expect(try await server.overSocket.send("DELETE", "/api/v1/admin/sessions/\(sid)").status == 204)
            case .revokeSession: #expect(try await server.revoke("session", sid).status == 201)
            case .revokeUser: #expect(try await server.revoke("user", sub).status == 201)
            case .revokeClient: #expect(try await server.revoke("client", "web").status == 201)
            case .revokeAll: #expect(try await server.revoke("all", sessions: true).status == 201)
            case .passwordSet:
                let reset = try await server.overSocket.send(
                    "PUT", "/api/v1/admin/users/ada/password", body: #"{"password":"seven-new-otters-sing"}"#)
                #expect(reset.status < 300, "\(reset.text)")
            case .deleteOwnAccount:
                let bearer = try #require(
                    try await server.login(client: "web", scope: "latchkey:account")["access_token"])
                let gone = try await server.http.post(
                    "/api/v1/me/delete", json: ["current_password": .string(TestServer.password)], bearer: bearer)
                #expect(gone.status == 204, "\(gone.text)")
            case .passwordChange, .revokeOthers:
                // Another session of the user, with tokens for the account API.
                let login = try await server.login(client: "web", scope: "latchkey:account")
                let bearer = try #require(login["access_token"])
                if self == .revokeOthers {
                    let path = "/api/v1/sessions/revoke-others"
                    #expect(try await server.http.post(path, json: [:], bearer: bearer).integer("revoked") == 1)
                } else {
                    let changed = try await server.http.post(
                        "/api/v1/password",
                        json: [
                            "current_password": .string(TestServer.password), "new_password": "seven-new-otters-sing",
                        ], bearer: bearer)
                    #expect(changed.status == 200)
                }
            case .disableUser:
                #expect(try await server.overSocket.send("POST", "/api/v1/admin/users/ada/disable").status == 200)
            case .disableClient: _ = try await services.clients.setDisabled(client, true, actor: .operator)
            case .deleteUser: try await services.store.deleteUser(user, actor: .operator)
            case .deleteClient: try await services.clients.delete(client, actor: .operator)
            }
        }
    }

    @Test(arguments: Cause.allCases)
    func `it ends at once by`(cause: Cause) async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addWebClient()
            let cookie = try await server.signedIn()
            #expect(try await server.session(cookie).status == 200)
            #expect(try await server.forward("client_id=web", cookie: cookie).status == 200)
            try await cause.happen(server, cookie: cookie)
            #expect(try await server.session(cookie).status == 401)
            #expect(try await server.forward("client_id=web&token=1", cookie: cookie).status == 401)
        }
    }

    @Test func `revoking tokens alone spares the session`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addWebClient()
            let cookie = try await server.signedIn()
            #expect(try await server.revoke("all", sessions: false).status == 201)
            #expect(try await server.session(cookie).status == 200)
        }
    }

    @Test func `signing out needs header and origin, takes the cookie away, and may be repeated`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addWebClient()
            try await server.addWebClient("shop")
            let cookie = try await server.signedIn()
            for headers in [[], [("Origin", TestServer.appOrigin)], [("X-Latchkey-CSRF", "1")]] {
                #expect(try await server.logOut(cookie, headers: headers).status == 403)
            }
            // In another client's name it stays.
            let foreign = try await server.logOut(cookie, client: "shop")
            #expect(foreign.status == 204)
            #expect(!foreign.forgets("latchkey_dev_session"))
            #expect(try await server.session(cookie).status == 200)

            for _ in 0..<2 {
                let response = try await server.logOut(cookie)
                #expect(response.status == 204)
                #expect(response.forgets("latchkey_dev_session"))
                #expect(response[field: "Clear-Site-Data"] == "\"cache\"")
                #expect(try await server.session(cookie).status == 401)
            }
            #expect(try await server.logOut(nil).status == 204)
            #expect(try await server.list().entries.map(\.kind) == [.session])
        }
    }

    @Test func `the oldest of too many sessions ends`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let user = try await server.addUser()
            try await server.addWebClient()
            let first = try await server.signedIn()
            clock.advance(by: .milliseconds(1))
            let second = try await server.signedIn()
            let client = try #require(ClientID("web"))
            for _ in 0..<255 {
                clock.advance(by: .milliseconds(1))
                _ = try await server.services.store.beginSession(
                    SessionBeginning(
                        id: .generate(at: clock.now), nonce: [UInt8](repeating: 1, count: 16),
                        authenticated: Authenticated(
                            user: user, credentialVersion: 1, proofs: [Proof(.password, at: clock.now)],
                            admission: nil),
                        client: client, transport: .session, scope: Scope(), absoluteLifetime: .seconds(3600),
                        deviceName: nil, network: "192.0.2.1", replacing: nil))
            }
            #expect(try await server.session(first).status == 401)
            #expect(try await server.session(second).status == 200)
        }
    }

    @Test func `the operator sees the transport, and why it ended`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addWebClient()
            let cookie = try await server.signedIn()
            let sid = try #require(try await server.session(cookie)["sid"])
            let path = "/api/v1/admin/sessions"
            let list = try await server.overSocket.get(path).json.object?["items"]?.array ?? []
            #expect(list.map { $0.object?["transport"]?.string } == ["session"])
            #expect(try await server.overSocket.get("\(path)/\(sid)")["transport"] == "session")
            let live = try await server.overSocket.get("\(path)/\(sid)/explain")
            #expect(live["verdict"]?.hasPrefix("The session is live: last used") == true)
            _ = try await server.logOut(cookie)
            let ended = try await server.overSocket.get("\(path)/\(sid)/explain")
            #expect(ended["verdict"]?.hasPrefix("The user signed out: 20") == true)
            #expect(ended.json.object?["session"]?.object?["transport"]?.string == "session")
        }
    }
}
