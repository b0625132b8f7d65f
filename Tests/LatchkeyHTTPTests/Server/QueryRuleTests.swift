import HTTPTypes
import LatchkeyCore
import NIOCore
import TestSupport
import Testing
import latchkey

@testable import LatchkeyHTTP

/// What routes take in their query, against the API document.
struct QueryRuleTests {
    private let list = QueryRule.documented("GET /api/v1/admin/sessions")

    @Test(arguments: ["x=1", "users=ada", "user%CC%81=ada", "Limit=1", "=1", "limit=1&x=", "x", "user[]=ada"])
    func `an unknown parameter is refused with the names of the known ones`(query: String) {
        let refusal = #expect(throws: Refusal.self) { try list.read(query) }
        #expect(refusal?.code == .invalidRequest)
        #expect(
            refusal?.detail
                == "The query has an unknown parameter. Known parameters: limit, cursor, user, client, state, since."
        )
    }

    @Test(arguments: ["limit=", "limit", "user=&limit=1", "state=", "cursor=", "client"])
    func `an empty parameter is refused with its name`(query: String) {
        let refusal = #expect(throws: Refusal.self) { try list.read(query) }
        #expect(refusal?.code == .invalidRequest)
        #expect(refusal?.detail.hasSuffix("is empty: give a value, or leave it out.") == true)
    }

    @Test func `a route that is described without parameters takes none`() {
        for operation in ["POST /api/v1/login", "GET /nowhere"] {
            let refusal = #expect(throws: Refusal.self) { try QueryRule.documented(operation).read("a=1") }
            #expect(refusal?.detail == "This path takes no query parameters.")
        }
    }

    @Test func `the endpoints of RFC 6749 ignore unknown parameters and leave out empty ones`() throws {
        let form = try QueryRule.tolerant.read("x=1&scope=&y")
        #expect(form["scope"] == nil)
        #expect(form["x"] == "1")
        #expect(throws: Refusal(.invalidRequest, "")) { try QueryRule.tolerant.read("x=1&x=2") }
        #expect(throws: Refusal(.invalidRequest, "")) { try QueryRule.tolerant.read("x=%zz") }
    }

    @Test func `what a handler reads itself is not judged before it`() throws {
        for query in ["x=1&x=2", "x=%zz", "=&&=", nil] {
            #expect(try QueryRule.unread.read(query) == RequestParameters())
        }
    }

    /// Routes that anybody's links, caches or libraries may ask with parameters of their own.
    private static let tolerant: Set<String> = [
        "POST /oauth2/token", "POST /oauth2/revoke", "POST /oauth2/introspect", "GET /oauth2/userinfo",
        "POST /oauth2/userinfo", "GET /start", "GET /callback",
        "GET /openapi.json", "GET /.well-known/jwks.json", "GET /.well-known/oauth-authorization-server",
        "GET /.well-known/openid-configuration", "GET /.well-known/ssf-configuration", "GET /healthz", "GET /readyz",
    ]

    @Test func `every route refuses what the document does not give it, and what it gives without a value`()
        async throws
    {
        try await withServer(["shared_signals.enabled": "true", "status_list.enabled": "true"]) { server in
            let routes = server.program.http.operatorService.routes.routes
            try await server.addUser()
            try await server.addClient(scope: "openid latchkey:account")
            let token = try #require(try await server.login(scope: "latchkey:account")["access_token"])
            var (asked, parameters) = (0, 0)
            // Receivers show a token first.
            for route in routes where route.access != .receiver && route.errorFormat != .page {
                let key = OpenAPIDocument.key(route)
                let path = route.template.replacing(/\{[^}]*\}/, with: "01930000-0000-7000-8000-000000000000")
                func refusal(_ query: String) async throws -> String? {
                    if route.access == .bearer || route.access == .account {
                        let answer = try await server.http.authorised(
                            route.method.rawValue, path + "?" + query, bearer: token)
                        return answer.status == 400 ? answer.text : nil
                    }
                    // As the operator, who has passed every gate.
                    let answer = await server.program.http.respond(
                        method: route.method.rawValue, path: path + "?" + query, body: nil)
                    return answer.status == 400 ? String(decoding: answer.body, as: UTF8.self) : nil
                }
                asked += 1
                let unknown = try await refusal("unknown=1")
                guard !Self.tolerant.contains(key) else {
                    #expect(unknown?.contains("unknown parameter") != true, "\(key)")
                    continue
                }
                #expect(
                    unknown?.contains("unknown parameter") == true
                        || unknown?.contains("takes no query parameters") == true,
                    "\(key): \(unknown ?? "passed")")
                for parameter in OpenAPIDocument.descriptions[key]?.query ?? [] {
                    parameters += 1
                    for empty in [parameter.name + "=", parameter.name] {
                        let refusal = try await refusal(empty)
                        #expect(refusal?.contains("is empty") == true, "\(key) \(empty)")
                    }
                    switch parameter.type {
                    case .integer:
                        for value in ["x", "-1", "1.5", "%2B1", "0x1", "1e3", "%D9%A1", "99999999999999999999"] {
                            let refusal = try await refusal("\(parameter.name)=\(value)")
                            #expect(refusal != nil, "\(key) \(value)")
                        }
                    case .choice:
                        let refusal = try await refusal("\(parameter.name)=neither")
                        #expect(refusal != nil, "\(key) \(parameter.name)")
                    default: break
                    }
                }
            }
            #expect(asked > 50 && parameters > 30, "\(asked) routes, \(parameters) parameters")
        }
    }

    @Test func `a request without a token is told that, and nothing about the query`() async throws {
        try await withServer { server in
            for (path, status) in [
                ("/api/v1/admin/users?x=1", 401), ("/api/v1/admin/users?limit=", 401),
                ("/api/v1/admin/users?limit=0", 401), ("/api/v1/sessions?access_token=x", 401), ("/api/v1/me?x=1", 401),
                ("/revocations?afer=3", 400), ("/revocations?after=&wait=1", 400),
            ] {
                let response = try await server.http.get(path)
                #expect(response.status == status, "\(path)")
            }
        }
    }
}
