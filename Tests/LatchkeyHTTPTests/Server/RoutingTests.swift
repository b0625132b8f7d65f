import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import Testing

/// Paths, methods, and the headers of every response.
@Suite struct RoutingTests {
    private static func ask(_ request: String, isIssuerSecure: Bool = false) async throws -> String {
        try await ServerFixture.run(isIssuerSecure: isIssuerSecure) { server in
            let port = server.port
            return try await RawConnection.exchange(request + "Host: a\r\nConnection: close\r\n\r\n", port: port)
        }
    }

    @Test(arguments: [
        ("/oauth2//token", 400), ("//oauth2/token", 400), ("/oauth2/./token", 400), ("/oauth2/x/../token", 400),
        ("/oauth2/%2e%2e/oauth2/token", 400), ("/oauth2%2Ftoken", 400), ("/oauth2/token%00", 400),
        ("/oauth2\\token", 400), ("/oauth2/%5ctoken", 400), ("/oauth2/%zz", 400), ("http://a/oauth2/token", 400),
        ("/oauth2/token/", 404), ("/oauth2/%74oken", 404), ("/OAUTH2/token", 404), ("/oauth2/token;a=b", 404),
        ("/oauth2", 404), ("/oauth2/token/x", 404),
    ])
    func `a trick with the path never reaches another route`(path: String, status: Int) async throws {
        let answer = try await Self.ask("POST \(path) HTTP/1.1\r\n")
        #expect(answer.status == status)
        #expect(!answer.hasSuffix("token"))
    }

    @Test func `the wrong method gets 405 with Allow in the path's own format`() async throws {
        let answer = try await Self.ask("GET /oauth2/token HTTP/1.1\r\n")
        #expect(answer.status == 405)
        #expect(answer.header("Allow") == "POST, OPTIONS")
        #expect(answer.body == "oauth method_not_allowed")
        let delete = try await Self.ask("DELETE /who HTTP/1.1\r\n")
        #expect(delete.header("Allow") == "GET, HEAD, OPTIONS")
        #expect(delete.body == "problem method_not_allowed")
    }

    @Test(arguments: ["TRACE", "CONNECT", "PROPFIND", "get"])
    func `an odd method is refused`(method: String) async throws {
        let answer = try await Self.ask("\(method) /who HTTP/1.1\r\n")
        #expect([400, 405].contains(answer.status))
    }

    @Test func `HEAD answers like GET without the body`() async throws {
        let answer = try await Self.ask("HEAD /things/abc HTTP/1.1\r\n")
        #expect(answer.status == 200)
        #expect(answer.header("Content-Length") == "3")
        #expect(answer.body.isEmpty)
    }

    @Test func `OPTIONS lists the methods`() async throws {
        let answer = try await Self.ask("OPTIONS /who HTTP/1.1\r\n")
        #expect(answer.status == 204)
        #expect(answer.header("Allow") == "GET, HEAD, OPTIONS")
        #expect(answer.header("Content-Length") == nil)
    }

    @Test func `an unknown path below an OAuth endpoint's answers in its format`() async throws {
        #expect(try await Self.ask("GET /oauth2/nothing HTTP/1.1\r\n").body == "oauth not_found")
        #expect(try await Self.ask("GET /nothing HTTP/1.1\r\n").body == "problem not_found")
    }

    @Test func `a captured segment is decoded and must be text`() async throws {
        #expect(try await Self.ask("GET /things/a%20%C3%A9 HTTP/1.1\r\n").body == "a é")
        #expect(try await Self.ask("GET /things/%FF HTTP/1.1\r\n").status == 404)
    }

    @Test func `a fault is answered without detail`() async throws {
        let answer = try await Self.ask("GET /fault HTTP/1.1\r\n")
        #expect(answer.status == 500)
        #expect(!answer.contains("planted-secret"))
    }

    @Test func `every response carries the security headers, a fresh request id and the date`() async throws {
        for path in ["/who", "/nothing", "/fault", "//"] {
            let answer = try await Self.ask("GET \(path) HTTP/1.1\r\nX-Request-Id: chosen\r\n")
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
            #expect(answer.header("Referrer-Policy") == "no-referrer")
            #expect(answer.header("Cache-Control") == "no-store")
            #expect(answer.header("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
            #expect(answer.header("Strict-Transport-Security") == nil)
            #expect(answer.header("X-Request-Id").map { $0 != "chosen" && $0.count == 16 } == true)
            #expect(answer.header("Date") == "Sun, 06 Nov 1994 08:49:37 GMT")
            #expect(answer.header("Server") == nil)
        }
    }

    @Test func `HSTS is sent when the issuer is https`() async throws {
        let answer = try await Self.ask("GET /who HTTP/1.1\r\n", isIssuerSecure: true)
        #expect(answer.header("Strict-Transport-Security") == "max-age=63072000")
    }

    @Test func `metrics know templates and statuses, never paths`() async throws {
        let text = try await ServerFixture.run { server in
            let port = server.port
            try await blocking {
                for path in ["/things/secret-one", "/things/secret-two", "/secret-three"] {
                    let connection = try RawConnection(port: port)
                    connection.send("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    _ = try connection.receiveAll()
                }
            }
            return server.scrape()
        }
        #expect(text.contains("http_requests_total{method=\"GET\",route=\"/things/{name}\",status=\"200\"} 2"))
        #expect(text.contains("http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1"))
        #expect(text.contains("http_request_duration_seconds_count{method=\"GET\",route=\"/things/{name}\"} 2"))
        #expect(!text.contains("secret"))
    }

    @Test func `the table lists its routes and resolves them exactly`() {
        let table = RouteTable(ServerFixture.standardRoutes)
        #expect(table.routes.count == ServerFixture.standardRoutes.count)
        #expect(table.resolve("/things/x")?.template == "/things/{name}")
        #expect(table.resolve("/things/") == nil)
        #expect(table.resolve("/things/x/y") == nil)
        #expect(table.resolve("/who")?.route(for: .head)?.operationID == "who")
    }
}
