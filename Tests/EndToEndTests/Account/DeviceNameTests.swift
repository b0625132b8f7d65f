import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// `PATCH /api/v1/sessions/{sid}`: users name the devices of their own live sessions.
struct DeviceNameTests {
    private func rename(
        _ server: TestServer, _ sid: String, _ body: String, bearer: String?
    ) async throws -> TestResponse {
        try await server.http.send(
            "PATCH", "/api/v1/sessions/\(sid)",
            headers: [("Content-Type", "application/json")]
                + (bearer.map { [("Authorization", "Bearer \($0)")] } ?? []), body: Array(body.utf8))
    }

    private func signIn(_ server: TestServer, _ name: String = "ada") async throws -> (bearer: String, sid: String) {
        let login = try await server.login(name, scope: "latchkey:account")
        return (try #require(login["access_token"]), try #require(login["sid"]))
    }

    private func stored(_ server: TestServer, _ sid: String) async throws -> String? {
        try await server.services.store.session(try #require(SessionID(sid)))?.session.deviceName
    }

    @Test func `a name is set, shown, kept by a refresh, and taken away again`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            let sid = try #require(login["sid"])
            let bearer = try await signIn(server).bearer
            let longest = String(repeating: "🦦", count: 64)
            for name in ["Ada's phone", "日本のノート", longest, "e\u{301}", "\u{E9}"] {
                let answer = try await rename(server, sid, #"{"device_name":"\#(name)"}"#, bearer: bearer)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer["id"] == sid)
                #expect(answer["device_name"].map { Array($0.utf8) } == Array(name.utf8))
                #expect(answer.json.object?["current"]?.bool == false)
                #expect(try await stored(server, sid).map { Array($0.utf8) } == Array(name.utf8))
            }
            _ = try await server.refresh(try #require(login["refresh_token"]))
            #expect(try await stored(server, sid) == "\u{E9}")
            let cleared = try await rename(server, sid, #"{"device_name":null}"#, bearer: bearer)
            #expect(cleared.status == 200)
            #expect(cleared.json.object?["device_name"] == nil)
            #expect(try await stored(server, sid) == nil)
            _ = try await rename(server, sid, #"{"device_name":"kept"}"#, bearer: bearer)
            #expect(try await server.list().entries.isEmpty)
        }
        try await withServer(folder: folder) { server in
            let sessions = try await server.services.store.sessions(SessionFilter(), page: PageRequest()).items
            #expect(sessions.map(\.session.deviceName).contains("kept"))
        }
    }

    @Test(arguments: [
        "{}", #"{"device_name":""}"#, #"{"device_name":7}"#, #"{"device_name":["a"]}"#,
        #"{"device_name":"a","name":"b"}"#, #"{"device_name":"a","current":true}"#, #"{"devicename":"a"}"#,
        #"{"device_name":"a\u0007b"}"#, #"{"device_name":"a\r\nb"}"#, #"{"device_name":"a\u0085b"}"#,
        #"{"device_name":"a\u2028b"}"#, #"{"device_name":"a\u202eb"}"#, #"{"device_name":"a\u2067b"}"#, "", "[]",
        "{\"device_name\":\"\(String(repeating: "a", count: 65))\"}",
        "{\"device_name\":\"\(String(repeating: "e\u{301}", count: 33))\"}",
    ])
    func `what no list should show, and what is not known, is refused and changes nothing`(body: String) async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let (bearer, sid) = try await signIn(server)
            _ = try await rename(server, sid, #"{"device_name":"before"}"#, bearer: bearer)
            let answer = try await rename(server, sid, body, bearer: bearer)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer["code"] == "invalid_request")
            #expect(try await stored(server, sid) == "before")
        }
    }

    @Test func `others' sessions, ended ones and those that never were are not found`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addUser("bob")
            try await server.addClient()
            let ada = try await signIn(server)
            let bob = try await signIn(server, "bob")
            let ended = try await signIn(server)
            _ = try await server.http.authorised("POST", "/api/v1/logout", bearer: ended.bearer)
            let body = #"{"device_name":"mine now"}"#
            var texts: Set<String> = []
            for sid in [ada.sid, ended.sid, "01930000-0000-7000-8000-000000000000"] {
                let answer = try await rename(server, sid, body, bearer: bob.bearer)
                #expect(answer.status == 404, "\(answer.text)")
                texts.insert(answer.text)
            }
            #expect(texts.count == 1, "what is another's looks like what is not there")
            #expect(try await rename(server, ended.sid, body, bearer: ada.bearer).status == 404)
            #expect(try await rename(server, "nonsense", body, bearer: ada.bearer).status == 404)
            #expect(try await stored(server, ada.sid) == nil)
            #expect(try await stored(server, ended.sid) == nil)
        }
    }

    @Test func `without the scope nothing is named`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            let sid = try #require(login["sid"])
            let body = #"{"device_name":"x"}"#
            #expect(try await rename(server, sid, body, bearer: nil).status == 401)
            let narrow = try await rename(server, sid, body, bearer: login["access_token"])
            #expect(narrow.status == 403)
            #expect(narrow["code"] == "insufficient_scope")
            #expect(try await stored(server, sid) == nil)
        }
    }

    @Test func `a page of the client may ask for it, and a preflight names the method`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient(origins: [TestServer.appOrigin])
            let (bearer, sid) = try await signIn(server)
            let preflight = try await server.http.send(
                "OPTIONS", "/api/v1/sessions/\(sid)",
                headers: [("Origin", TestServer.appOrigin), ("Access-Control-Request-Method", "PATCH")])
            #expect(preflight[field: "Access-Control-Allow-Origin"] == TestServer.appOrigin)
            let methods = preflight[field: "Access-Control-Allow-Methods"] ?? ""
            #expect(methods.split(separator: ",").map { $0.trimmingPrefix(" ") }.contains("PATCH"), "\(methods)")
            let answer = try await server.http.send(
                "PATCH", "/api/v1/sessions/\(sid)",
                headers: [
                    ("Origin", TestServer.appOrigin), ("Authorization", "Bearer \(bearer)"),
                    ("Content-Type", "application/json"),
                ], body: Array(#"{"device_name":"page"}"#.utf8))
            #expect(answer.status == 200)
            #expect(answer[field: "Access-Control-Allow-Origin"] == TestServer.appOrigin)
        }
    }
}
