import LatchkeyTokens
import TestSupport
import Testing

/// Request lines and fields that nobody should send: paths with a second spelling, wrong methods, heads too large.
struct BadRequestHeadTests {
    private func administrator(_ server: TestServer) async throws -> String {
        try await server.addUser("root", roles: ["admin"])
        try await server.addClient("console", scope: "latchkey:admin")
        return try #require(try await server.login("root", client: "console", scope: "latchkey:admin")["access_token"])
    }

    @Test func `a path has one spelling`() async throws {
        try await withServer { server in
            let bearer = "Authorization: Bearer \(try await administrator(server))"
            let base = server.http.base
            let plain = try await RawExchange.send(["GET /api/v1/admin/stats HTTP/1.1", bearer], to: base)
            #expect(plain.status == 200)
            for path in [
                "//api/v1/admin/stats", "/api//v1/admin/stats", "/api/v1/admin/stats/", "/api/v1/admin/stats//",
                "/./api/v1/admin/stats", "/api/v1/admin/../admin/stats", "/api/v1/me/../admin/stats",
                "/api/v1/admin/%2e%2e/admin/stats", "/api/v1/admin/.%2E/admin/stats", "/api/v1%2Fadmin/stats",
                "/api/v1/admin%5Cstats", "/api/v1/admin\\stats", "/api/v1/admin/stats%00", "/api/v1/admin/stats;x=1",
                "/api/v1/admin/%73tats", "/API/V1/ADMIN/STATS", "/api/v1/admin/stats%20", "/api/v1/admin/stats%",
                "/api/v1/admin/stats#x", "api/v1/admin/stats", "*", "http://localhost/api/v1/admin/stats",
                "/healthz/../api/v1/admin/stats", "/../../../../etc/passwd", "/..%2f..%2fetc/passwd", "/%c0%ae%c0%ae/x",
            ] {
                let answer = try await RawExchange.send(["GET \(path) HTTP/1.1", bearer], to: base)
                #expect([400, 404].contains(answer.status), "\(path): \(answer.status)")
                #expect(answer[field: "Content-Type"] == "application/problem+json", "\(path): \(answer.head)")
            }
            let oauth = try await RawExchange.send(["GET /oauth2/nothing HTTP/1.1"], to: base)
            #expect(oauth.status == 404)
            #expect(oauth["error"] == "invalid_request")
        }
    }

    @Test func `every path answers 405 with Allow, in its own error format`() async throws {
        try await withServer { server in
            let document = try StrictJSON.parse(
                try await server.http.get("/openapi.json").body, maximumLength: 4 << 20, maximumDepth: 64)
            let paths = try #require(document.object?["paths"]?.object)
            #expect(paths.members.count > 30)
            for path in paths.members {
                let verbs: Set = ["get", "post", "put", "patch", "delete"]
                let documented = Set(path.value.object?.members.map(\.name) ?? []).intersection(verbs)
                #expect(!documented.isEmpty)
                // Where a proxy takes any 2xx for leave, OPTIONS is refused; where GET spends something, HEAD is.
                let options: Set<String> = path.name == "/forward-auth" ? [] : ["options"]
                let head: Set<String> = documented.contains("get") && path.name != "/callback" ? ["head"] : []
                let target = path.name.replacing(/\{[a-z_]+\}/, with: "x")
                for verb in verbs.subtracting(documented).union(["trace", "propfind"]) {
                    let response = try await server.http.send(verb.uppercased(), target)
                    #expect(response.status == 405, "\(verb) \(path.name): \(response.status)")
                    let allowed = Set(response[field: "Allow"]?.split(separator: ", ").map { $0.lowercased() } ?? [])
                    let expected = documented.union(options).union(head)
                    #expect(allowed == expected, "\(verb) \(path.name)")
                    if target.hasPrefix("/oauth2/") {
                        #expect(response["error"] == "invalid_request", "\(path.name)")
                        #expect(response[field: "Content-Type"] == "application/json", "\(path.name)")
                    } else {
                        #expect(response["code"] == "method_not_allowed", "\(path.name)")
                        #expect(response[field: "Content-Type"] == "application/problem+json", "\(path.name)")
                    }
                }
            }
        }
    }

    @Test func `a head that is too large is 431 and never a fault`() async throws {
        try await withServer { server in
            let base = server.http.base
            let get = "GET /api/v1/me HTTP/1.1"
            let megabyte = try await RawExchange.send(
                [get, "X-Large: " + String(repeating: "a", count: 1 << 20)], to: base)
            #expect(megabyte.status == 431)
            let bearer = try await RawExchange.send(
                [get, "Authorization: Bearer " + String(repeating: "a", count: 17 * 1024)], to: base)
            #expect(bearer.status == 431)
            let many = try await RawExchange.send([get] + (0...100).map { "X-\($0): 1" }, to: base)
            #expect(many.status == 431)
            let target = try await RawExchange.send(["GET /\(String(repeating: "a", count: 9000)) HTTP/1.1"], to: base)
            #expect(target.status == 431)
            for answer in [megabyte, bearer, many, target] {
                #expect(answer[field: "Content-Type"] == "application/problem+json")
                #expect(answer["code"] == "headers_too_large")
            }
        }
    }

    @Test(arguments: [
        "GET /api/v1/me\r\n\r\n", "GET /api/v1/me HTTP/9.9\r\nHost: a\r\n\r\n",
        "\u{0}\u{1}\u{2}\r\n\r\n", "GET /api/v1/me HTTP/1.1\r\n\r\n",
        "GET /api/v1/me HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /api/v1/me HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n",
        "GET /api/v1/me HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n",
        "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func `what is not HTTP is refused and closes the connection`(text: String) async throws {
        try await withServer { server in
            let answer = try await RawExchange.send(Array(text.utf8), to: server.http.base)
            #expect((400...431).contains(answer.status), "\(answer.head)")
            #expect(answer[field: "Connection"]?.lowercased() == "close")
            #expect(try await server.http.get("/healthz").status == 200)
        }
    }
}
