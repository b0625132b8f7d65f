import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing
import latchkey

@testable import LatchkeyHTTP

/// The admin API as the operator calls it: through the router, without a socket.
struct AdminAPITests {
    private struct Reply {
        let status: Int
        let json: JSONObject?

        subscript(_ name: String) -> JSONValue? { json?[name] }
        var items: [JSONObject] { json?["items"]?.array?.compactMap(\.object) ?? [] }
    }

    private func call(_ server: TestServer, _ method: String, _ path: String, _ body: String? = nil) async -> Reply {
        let answer = await server.program.http.respond(
            method: method, path: "/api/v1/admin" + path, body: body.map { Array($0.utf8) })
        return Reply(status: answer.status, json: try? StrictJSON.parseObject(answer.body, maximumLength: 1 << 20))
    }

    private let alice = #"{"name":"Alice","password":"quiet-otters-paint-fences","roles":["editor"]}"#

    // MARK: Users

    @Test func `bad input about users is refused and changes nothing`() async throws {
        try await withServer { server in
            let cases: [(String, String, String?, Int)] = [
                ("POST", "/users", #"{"name":"x"}"#, 400), ("POST", "/users", nil, 415),
                ("POST", "/users", #"{"name":"x","password":"short"}"#, 422),
                ("POST", "/users", #"{"name":"","password":"quiet-otters-paint-fences"}"#, 400),
                ("POST", "/users", #"{"name":"x","password":"quiet-otters-paint-fences","rolls":[]}"#, 400),
                ("GET", "/users?limit=0", nil, 400), ("GET", "/users?cursor=%21", nil, 400),
                ("GET", "/users/nobody", nil, 404), ("DELETE", "/users/nobody", nil, 404),
                ("PATCH", "/users/nobody", "{}", 404), ("PUT", "/users/nobody", "{}", 405),
                ("PUT", "/users/nobody/password", #"{"password":"quiet-otters-paint-fences"}"#, 404),
            ]
            for (method, path, body, status) in cases {
                let reply = await call(server, method, path, body)
                #expect(reply.status == status, "\(method) \(path)")
                #expect(reply["status"]?.integer == Int64(status), "\(method) \(path)")
            }
            #expect(await call(server, "GET", "/users").items.isEmpty)
        }
    }

    @Test func `a user is added, found, changed, disabled, enabled and removed`() async throws {
        try await withServer { server in
            let added = await call(server, "POST", "/users", alice)
            #expect(added.status == 201)
            let id = try #require(added["id"]?.string)
            #expect(added["password"] == nil)
            #expect(await call(server, "POST", "/users", alice).status == 409)
            #expect(await call(server, "GET", "/users/alice")["id"]?.string == id)
            #expect(await call(server, "GET", "/users/\(id)")["name"]?.string == "Alice")
            #expect(await call(server, "GET", "/users?name=ALICE").items.count == 1)
            #expect(await call(server, "GET", "/users?name=bob").items.isEmpty)
            let changed = await call(
                server, "PATCH", "/users/alice", #"{"name":"Alice B","must_change_password":true}"#)
            #expect(changed["name"]?.string == "Alice B")
            #expect(changed["roles"]?.strings == ["editor"])
            #expect(changed["must_change_password"]?.bool == true)
            #expect(await call(server, "POST", "/users/\(id)/disable")["disabled"]?.bool == true)
            #expect(await call(server, "POST", "/users/\(id)/enable")["disabled"]?.bool == false)
            #expect(await call(server, "DELETE", "/users/\(id)").status == 204)
            #expect(await call(server, "GET", "/users/\(id)").status == 404)
        }
    }

    @Test func `a limit is judged beside a name, too`() async throws {
        try await withServer { server in
            try await server.addUser()
            for limit in ["0", "1001", "9223372036854775807", "-1", "x", ""] {
                for query in ["name=ada&limit=\(limit)", "limit=\(limit)&name=ada", "name=nobody&limit=\(limit)"] {
                    let reply = await call(server, "GET", "/users?" + query)
                    #expect(reply.status == 400, "\(query)")
                    #expect(reply["code"]?.string == "invalid_request", "\(query)")
                }
            }
            for (query, count) in [("name=ada&limit=1", 1), ("limit=1000&name=ada", 1), ("name=nobody&limit=1", 0)] {
                let reply = await call(server, "GET", "/users?" + query)
                #expect(reply.status == 200 && reply.items.count == count, "\(query)")
            }
        }
    }

    @Test func `a list is walked by its cursor, newest first, without gaps or repetitions`() async throws {
        try await withServer { server in
            for name in ["a1", "a2", "a3", "a4", "a5"] { try await server.addUser(name) }
            var names: [String] = []
            var cursor: String?
            repeat {
                let page = await call(server, "GET", "/users?limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""))
                #expect(page["next_cursor"] != nil)
                names += page.items.compactMap { $0["name"]?.string }
                cursor = page["next_cursor"]?.string
            } while cursor != nil
            #expect(names == ["a5", "a4", "a3", "a2", "a1"])
        }
    }

    @Test func `an import judges each line, and a dry run writes nothing`() async throws {
        try await withServer { server in
            try await server.addUser("taken")
            let hash = "$2b$04$abcdefghijklmnopqrstuuFU27aaPrtNUMgqN1ZvP9xJ6a2tBVoeO"
            let lines = """
                {"lines":[{"name":"new","password_hash":"\(hash)"},{"name":"taken","password_hash":"\(hash)"},\
                {"name":"bad","password_hash":"plain text"}],"first_line":11,"dry_run":DRY}
                """
            for (dry, users) in [("true", 1), ("false", 2)] {
                let reply = await call(server, "POST", "/users/import", lines.replacing("DRY", with: dry))
                let results = reply["results"]?.array?.compactMap(\.object) ?? []
                #expect(results.map { $0["outcome"]?.string } == ["imported", "already_exists", "refused"])
                #expect(results.map { $0["line"]?.integer } == [11, 12, 13])
                #expect(results.last?["detail"]?.string?.contains("plain text") == false)
                #expect(await call(server, "GET", "/users").items.count == users)
            }
        }
    }

    // MARK: Clients

    @Test func `a secret is shown when it is made and never again`() async throws {
        try await withServer { server in
            let added = await call(server, "POST", "/clients", #"{"id":"service","kind":"confidential"}"#)
            #expect(added.status == 201)
            let secret = try #require(added["client_secret"]?.string)
            #expect(secret.utf8.count == 43)
            for path in ["/clients", "/clients/service"] {
                let answer = await server.program.http.respond(
                    method: "GET", path: "/api/v1/admin" + path, body: nil)
                #expect(!String(decoding: answer.body, as: UTF8.self).contains("secret"))
            }
            let rotated = await call(server, "POST", "/clients/service/rotate-secret")
            #expect(rotated.status == 200)
            #expect(rotated["client_secret"]?.string != secret)
            #expect(
                await call(server, "POST", "/clients/service/rotate-secret", #"{"grace_seconds":2592001}"#).status
                    == 400)
            #expect(await call(server, "POST", "/clients", #"{"id":"service","kind":"public"}"#).status == 409)
        }
    }

    @Test func `a client's setting is cleared by null and kept when absent`() async throws {
        try await withServer { server in
            let added = await call(
                server, "POST", "/clients",
                #"{"id":"spa","kind":"public","access_ttl_seconds":60,"algorithm":"EdDSA"}"#)
            #expect(added["client"]?.object?["access_ttl_seconds"]?.integer == 60)
            let changed = await call(server, "PATCH", "/clients/spa", #"{"access_ttl_seconds":null}"#)
            #expect(changed.status == 200)
            #expect(changed["client"]?.object?["access_ttl_seconds"] == nil)
            #expect(changed["client"]?.object?["algorithm"]?.string == "EdDSA")
        }
    }

    // MARK: Sessions and revocations

    @Test func `a session is listed, explained and ended, twice without harm`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let sid = try #require(try await server.login()["sid"])
            for query in ["", "?user=ada", "?client=spa", "?state=active", "?user=ada&client=spa&state=active"] {
                #expect(await call(server, "GET", "/sessions\(query)").items.count == 1, "\(query)")
            }
            #expect(await call(server, "GET", "/sessions?client=other").items.isEmpty)
            #expect(await call(server, "GET", "/sessions?state=sleeping").status == 400)
            #expect(await call(server, "GET", "/sessions?user=nobody").status == 404)
            #expect(await call(server, "GET", "/sessions/\(sid)")["state"]?.string == "active")
            #expect(await call(server, "DELETE", "/sessions/\(sid)").status == 204)
            #expect(await call(server, "DELETE", "/sessions/\(sid)").status == 204)
            #expect(await call(server, "GET", "/sessions/\(sid)")["state"]?.string == "ended")
            #expect(try await server.list().entries.map(\.kind) == [.session])
            let explained = await call(server, "GET", "/sessions/\(sid)/explain")
            #expect(explained["verdict"]?.string?.contains("by the operator") == true)
            #expect(await call(server, "DELETE", "/sessions/nonsense").status == 404)
        }
    }

    @Test func `a revocation answers 201 with the entry, and 200 when nothing was left`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let sid = try #require(try await server.login()["sid"])
            let body = #"{"kind":"session","id":"\#(sid)","reason":"lost phone"}"#
            let first = await call(server, "POST", "/revocations", body)
            #expect(first.status == 201)
            #expect(first["kind"]?.string == "session")
            #expect(first["id"]?.string == sid)
            #expect(first["note"]?.string == "lost phone")
            #expect(first["actor"]?.string == "operator")
            let second = await call(server, "POST", "/revocations", body)
            #expect(second.status == 200)
            #expect(second["detail"]?.string != nil)
            #expect(try await server.list().entries.count == 1)
        }
    }

    @Test func `each kind of revocation reaches the log, and the tail follows it`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let bodies = [
                #"{"kind":"token","id":"AAAAAAAAAAAAAAAAAAAAAA"}"#, #"{"kind":"user","id":"ada"}"#,
                #"{"kind":"client","id":"spa"}"#, #"{"kind":"all","sessions":true}"#,
            ]
            for body in bodies {
                #expect(await call(server, "POST", "/revocations", body).status == 201, "\(body)")
            }
            let newest = await call(server, "GET", "/revocations").items.compactMap { $0["kind"]?.string }
            #expect(newest == ["all", "client", "user", "token"])
            let tail = await call(server, "GET", "/revocations?after=2")
            #expect(tail.items.compactMap { $0["seq"]?.integer } == [3, 4])
            #expect(tail["after"]?.integer == 4)
            let empty = await call(server, "GET", "/revocations?after=4")
            #expect(empty.items.isEmpty)
            #expect(empty["after"]?.integer == 4)
        }
    }

    @Test func `a revocation that makes no sense is refused and writes nothing`() async throws {
        try await withServer { server in
            let note = String(repeating: "x", count: 201)
            let cases: [(String, Int)] = [
                (#"{"kind":"everything"}"#, 400), (#"{"kind":"session"}"#, 400),
                (#"{"kind":"session","id":"x"}"#, 400), (#"{"kind":"all","id":"x"}"#, 400),
                (#"{"kind":"user","id":"nobody"}"#, 404), (#"{"kind":"client","id":"nobody"}"#, 404),
                (#"{"kind":"key","id":"nobody"}"#, 404), (#"{"kind":"user","id":"a","sessions":true}"#, 400),
                (#"{"kind":"all","reason":"\#(note)"}"#, 400),
                (#"{"kind":"session","id":"0199a0c4-5e1f-7000-8000-000000000000"}"#, 404),
            ]
            for (body, status) in cases {
                #expect(await call(server, "POST", "/revocations", body).status == status, "\(body)")
            }
            let list = try await server.list()
            #expect(list.sequence == 0)
        }
    }

    // MARK: Keys

    @Test func `keys show their timeline, and an emergency replaces and condemns them`() async throws {
        try await withServer { server in
            let before = await call(server, "GET", "/keys").items
            #expect(Set(before.compactMap { $0["state"]?.string }) == ["active", "announced"])
            #expect(before.allSatisfy { ($0["may_sign_at"] != nil) == ($0["state"]?.string == "announced") })
            #expect(await call(server, "POST", "/keys/rotate").status == 409)
            #expect(await call(server, "POST", "/keys/rotate", #"{"algorithm":"none"}"#).status == 400)
            #expect(await call(server, "POST", "/keys/rotate", #"{"only":"x"}"#).status == 400)
            let after = await call(server, "POST", "/keys/rotate", #"{"emergency":true}"#)
            #expect(after.status == 200)
            let old = Set(before.compactMap { $0["kid"]?.string })
            #expect(old.isDisjoint(with: after.items.compactMap { $0["kid"]?.string }))
            let all = await call(server, "GET", "/keys?all=true").items
            #expect(all.filter { $0["withdrawn"]?.bool == true }.count == old.count)
            #expect(await call(server, "GET", "/keys?all=perhaps").status == 400)
            #expect(await call(server, "POST", "/keys/import", #"{"pem":"nonsense"}"#).status == 400)
        }
    }

    @Test func `the master key rotates and everything still opens`() async throws {
        try await withServer { server in
            _ = try await server.addConfidentialClient()
            let reply = await call(server, "POST", "/master-key/rotate")
            #expect(reply.status == 200)
            #expect(reply["current_slot"]?.integer == 1)
            #expect(reply["resealed_secrets"]?.integer == 1)
            #expect(await call(server, "POST", "/clients/service/rotate-secret").status == 200)
        }
    }

    // MARK: Tokens, audit, figures

    @Test func `a minted token works, and never with a scope of our own API`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let minted = await call(
                server, "POST", "/tokens", #"{"user":"ada","client_id":"spa","scope":"profile","expires_in":60}"#)
            #expect(minted.status == 201)
            let token = try #require(minted["access_token"]?.string)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: token).status == 200)
            let refused: [(String, Int)] = [
                (#"{"user":"ada","client_id":"spa","scope":"latchkey:admin"}"#, 400),
                (#"{"user":"ada","client_id":"spa","expires_in":3601}"#, 400),
                (#"{"user":"nobody","client_id":"spa"}"#, 404), (#"{"user":"ada","client_id":"nobody"}"#, 404),
            ]
            for (body, status) in refused {
                #expect(await call(server, "POST", "/tokens", body).status == status, "\(body)")
            }
            #expect(await call(server, "GET", "/audit?kind=token.minted").items.count == 1)
        }
    }

    @Test func `the audit trail is filtered by closed lists`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            #expect(
                await call(server, "GET", "/audit?user=ada").items.compactMap { $0["kind"]?.string } == ["user.created"]
            )
            #expect(await call(server, "GET", "/audit?client=spa").items.count == 1)
            #expect(await call(server, "GET", "/audit?kind=nonsense").status == 400)
            #expect(await call(server, "GET", "/audit?session=nonsense").status == 400)
        }
    }

    @Test func `the audit trail of a deleted user is found by name and by id, with the name`() async throws {
        try await withServer { server in
            let user = try await server.addUser()
            #expect(await call(server, "DELETE", "/users/ada").status == 204)
            for reference in ["ada", "ADA", user.id.description] {
                let items = await call(server, "GET", "/audit?user=\(reference)").items
                let kinds = items.compactMap { $0["kind"]?.string }
                #expect(kinds == ["user.deleted", "revocation.added", "user.created"], "\(reference)")
                #expect(items.allSatisfy { $0["user_name"]?.string == "ada" && $0["actor"]?.string == "operator" })
            }
            #expect(await call(server, "GET", "/audit?user=nobody").status == 404)
        }
    }

    @Test func `lists begin at an instant in Unix seconds, and at nothing else`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            #expect(try await server.login().status == 200)
            for list in ["/audit?kind=login.succeeded&", "/sessions?"] {
                #expect(await call(server, "GET", list + "since=1").items.count == 1)
                #expect(await call(server, "GET", list + "since=9007199254740992").items.isEmpty)
                for wrong in ["2h", "-1", "2026-11-28T14:00:00Z", "9007199254740993", "1.5"] {
                    #expect(await call(server, "GET", list + "since=\(wrong)").status == 400, "\(wrong)")
                }
            }
        }
    }

    @Test func `a presented token is revoked when it is one of ours, and only as such`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            let access = try #require(login["access_token"])
            let refresh = try #require(login["refresh_token"])
            let refused = [
                #"{"kind":"token"}"#, #"{"kind":"token","id":"abc","token":"\#(access)"}"#,
                #"{"kind":"session","token":"\#(access)"}"#, #"{"kind":"all","token":"\#(access)"}"#,
                #"{"kind":"token","token":""}"#, #"{"kind":"token","token":"\#(access)x"}"#,
                #"{"kind":"token","token":"\#(refresh)x"}"#,
            ]
            for body in refused {
                #expect(await call(server, "POST", "/revocations", body).status == 400, "\(body)")
            }
            #expect(try await server.list().entries.isEmpty)
            let body = #"{"kind":"token","token":"\#(access)","reason":"found"}"#
            let revoked = await call(server, "POST", "/revocations", body)
            #expect(revoked.status == 201 && revoked["kind"]?.string == "token" && revoked["note"]?.string == "found")
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: access).status == 401)
            #expect(await call(server, "POST", "/revocations", body).status == 200)
            #expect(try await server.refresh(refresh).status == 200, "the session lives on")
            let whole = await call(server, "POST", "/revocations", #"{"kind":"token","token":"\#(refresh)"}"#)
            #expect(whole.status == 201 && whole["kind"]?.string == "session")
            #expect(try await server.refresh(refresh)["latchkey_reason"] == "revoked")
        }
    }

    @Test func `figures and consumers are told`() async throws {
        try await withServer { server in
            try await server.addUser()
            _ = try await server.http.get("/revocations?consumer=orders")
            #expect(await call(server, "GET", "/stats")["users"]?.integer == 1)
            #expect(await call(server, "GET", "/consumers").items.first?["name"]?.string == "orders")
        }
    }
}
