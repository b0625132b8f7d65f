import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// `Config/nginx/forward-auth.conf` in a real nginx: an API that takes cookies and tokens.
@Suite(.enabled(if: NginxProcess.binary != nil, "\(NginxProcess.whereFrom)"))
struct ForwardAuthProxyTests {
    private func with(_ body: @Sendable (TestServer, ProxiedApplication) async throws -> Void) async throws {
        try await withServer(behindNginx) { server in
            let folder = try TemporaryFolder()
            let application = try await ProxiedApplication("forward-auth", before: server, folder: folder)
            try await server.addUser("ada", roles: ["staff"])
            try await server.addWebClient()
            try await body(server, application)
        }
    }

    private func token(_ server: TestServer, scope: String? = nil) async throws -> String {
        try #require(try await server.login(client: "web", scope: scope)["access_token"])
    }

    @Test func `cookie and token pass, and the upstream gets a fresh token that others can verify`() async throws {
        try await with { server, application in
            let token = try await token(server)
            let cookie = try await server.signedIn()
            let reader = PollingReader(server.http)
            try await reader.fetchKeys()
            for headers in [[("Authorization", "Bearer \(token)")], [("Cookie", cookie)]] {
                let response = try await application.outside.get("/orders?open=1", headers: headers)
                #expect(response.status == 200)
                #expect(response["uri"] == "/orders?open=1")
                #expect(response["user"] == "ada")
                let handed = try #require(response["authorization"])
                #expect(handed.hasPrefix("Bearer ey"))
                let minted = String(handed.dropFirst("Bearer ".count))
                #expect(minted != token)
                #expect(try await reader.judge(minted) == .accepted)
                let claims = try UnverifiedToken(parsing: minted).unverifiedClaims()
                #expect(claims.audience == [TestServer.audience])
                #expect(claims.subject == response["subject"])
                #expect(claims.sessionID?.description == response["session"])
            }
        }
    }

    @Test func `a POST passes with its body's length, and a PUT with its method`() async throws {
        try await with { server, application in
            let headers = [("Authorization", "Bearer \(try await token(server))")]
            let posted = try await application.outside.post("/orders", json: ["a": "b"], headers: headers)
            #expect(posted.status == 200)
            #expect(posted["method"] == "POST")
            #expect(posted["length"] == "9")
            let put = try await application.outside.send("PUT", "/orders/1", headers: headers, body: Array("x".utf8))
            #expect(put["method"] == "PUT")
        }
    }

    @Test func `without a credential, with a bad one or for another audience it is 401`() async throws {
        try await with { server, application in
            try await server.addClient("elsewhere", audiences: ["https://other.example"])
            let other = try #require(try await server.login(client: "elsewhere")["access_token"])
            let account = try await token(server, scope: "latchkey:account")
            let bad: [[(String, String)]] = [
                [], [("Authorization", "Bearer x")], [("Authorization", "Bearer \(other)")],
                [("Authorization", "Bearer \(account)")], [("Authorization", "Basic YTpi")],
                [("Cookie", "latchkey_dev_session=lks_x")], [("Cookie", "latchkey_dev_session=")],
            ]
            for headers in bad {
                let response = try await application.outside.get("/orders", headers: headers)
                #expect(response.status == 401, "\(headers)")
                #expect(response[field: "WWW-Authenticate"]?.hasPrefix("Bearer") == true)
                #expect(response["subject"] == nil)
            }
        }
    }

    @Test func `without the role a request is 403, and with it passes`() async throws {
        try await with { server, application in
            try await server.addUser("grace", roles: ["editor"])
            let staff = try await server.signedIn()
            let editor = try await server.signedIn("grace")
            #expect(try await application.outside.get("/edit/1", headers: [("Cookie", staff)]).status == 403)
            #expect(try await application.outside.get("/edit/1", headers: [("Cookie", editor)]).status == 200)
            #expect(try await application.outside.get("/edit/1").status == 401)
        }
    }

    @Test(arguments: [
        SessionEndTests.Cause.logout, .admin, .passwordChange, .passwordSet, .disableUser, .revokeUser, .revokeAll,
        .disableClient,
    ])
    func `cookie and token are refused at once by`(cause: SessionEndTests.Cause) async throws {
        try await with { server, application in
            let cookie = try await server.signedIn()
            // Two credentials of one session: the cookie, and the token that an upstream was handed.
            let first = try await application.outside.get("/", headers: [("Cookie", cookie)])
            #expect(first.status == 200)
            let handed = try #require(first["authorization"])
            #expect(try await application.outside.get("/", headers: [("Authorization", handed)]).status == 200)
            try await cause.happen(server, cookie: cookie)
            for headers in [[("Cookie", cookie)], [("Authorization", handed)]] {
                let response = try await application.outside.get("/", headers: headers)
                #expect(response.status == 401)
                #expect(response["subject"] == nil)
            }
        }
    }

    @Test(arguments: RevocationCause.allCases)
    func `every act that revokes is enforced at the next request, and affects no other session`(cause: RevocationCause)
        async throws
    {
        try await withServer(behindNginx) { server in
            let application = try await ProxiedApplication(
                "forward-auth", before: server, folder: try TemporaryFolder())
            let scene = try await RevocationScene(
                server.http, folder: server.folder, audience: TestServer.audience)
            func status(_ holder: RevocationScene.Holder) async throws -> Int {
                let bearer = try scene.token(holder)
                return try await application.outside.authorised("GET", "/orders", bearer: bearer).status
            }
            for holder in RevocationScene.Holder.allCases { #expect(try await status(holder) == 200) }
            try await cause.perform(on: scene)
            for holder in RevocationScene.Holder.allCases {
                #expect(try await status(holder) == (cause.mustDie.contains(holder) ? 401 : 200), "\(holder)")
            }
        }
    }

    @Test func `a client's own token reaches the upstream as it came`() async throws {
        try await with { server, application in
            let secret = try await server.addConfidentialClient(audiences: [TestServer.audience])
            let token = try await server.serviceToken(secret: secret)
            let response = try await application.outside.get("/", headers: [("Authorization", "Bearer \(token)")])
            #expect(response.status == 200)
            #expect(response["subject"] == "service")
            #expect(response["session"] == "" && response["user"] == "")
            #expect(response["authorization"] == "Bearer \(token)")
        }
    }

    @Test func `nobody claims to be somebody from outside`() async throws {
        try await with { server, application in
            #expect(try await application.outside.get("/", headers: ProxiedApplication.forged).status == 401)
            let cookie = try await server.signedIn()
            let response = try await application.outside.get(
                "/", headers: ProxiedApplication.forged + [("Cookie", cookie)])
            #expect(response.status == 200)
            #expect(!response.text.contains("forged"))
            #expect(response["token"] == "")
            #expect(try await application.outside.get("/_latchkey", headers: [("Cookie", cookie)]).status == 404)
        }
    }

    @Test func `with the server gone nothing passes`() async throws {
        let folder = try TemporaryFolder()
        let credentials = Captured("")
        let proxy = Captured<ProxiedApplication?>(nil)
        try await withServer(behindNginx) { server in
            let application = try await ProxiedApplication("forward-auth", before: server, folder: folder)
            try await server.addUser()
            try await server.addWebClient()
            credentials.value = try await server.signedIn()
            proxy.value = application
            let headers = [("Cookie", credentials.value)]
            #expect(try await application.outside.get("/", headers: headers).status == 200)
        }
        let application = try #require(proxy.value)
        let response = try await application.outside.get("/", headers: [("Cookie", credentials.value)])
        #expect(response.status == 500)
        #expect(response["subject"] == nil)
    }
}
