import HTTPTypes
import LatchkeyHTTP
import Testing

struct CORSPolicyTests {
    private static let own = "https://app.example.com"
    private static let other = "https://other.example.com"

    private let policy = CORSPolicy(publicPaths: ["/.well-known/jwks.json"])
    private let table = RouteTable([
        .reached(.get, "/.well-known/jwks.json", .open), .reached(.post, "/oauth2/token", .client),
        .reached(.post, "/api/v1/login", .firstParty), .reached(.post, "/api/v1/refresh", .application),
        .reached(.post, "/api/v1/logout", .open), .reached(.get, "/api/v1/me", .bearer),
        .reached(.get, "/api/v1/sessions", .account), .reached(.get, "/api/v1/admin/users", .admin(.reads)),
        .reached(.get, "/healthz", .open), .reached(.get, "/revocations", .listReader),
    ])

    private func resource(_ path: String) throws -> RouteTable.Resource { try #require(table.resolve(path)) }

    @Test(arguments: [
        "/oauth2/token", "/api/v1/login", "/api/v1/refresh", "/api/v1/logout", "/api/v1/me", "/api/v1/sessions",
        "/api/v1/admin/users",
    ])
    func `an answer is readable for an origin that may read it, and for no other`(path: String) throws {
        let resource = try resource(path)
        for origin in [Self.other, nil] {
            let fields = policy.answer(resource, origin: origin, mayRead: origin == nil)
            #expect(fields[.accessControlAllowOrigin] == nil)
            #expect(fields[.accessControlAllowCredentials] == nil)
            #expect(fields[.vary]?.contains("Origin") == true)
        }
        let fields = policy.answer(resource, origin: Self.own, mayRead: true)
        #expect(fields[.accessControlAllowOrigin] == Self.own)
        #expect(fields[.accessControlAllowCredentials] == "true")
    }

    @Test func `what depends on the origin says so, readable or not`() throws {
        #expect(
            policy.answer(try resource("/api/v1/login"), origin: nil, mayRead: false)[.vary] == "Origin, Sec-Fetch-Site"
        )
        #expect(policy.answer(nil, origin: Self.own, mayRead: false)[.vary] == "Origin")
        #expect(policy.answer(nil, origin: Self.own, mayRead: true)[.accessControlAllowOrigin] == Self.own)
    }

    @Test func `a wildcard never comes with credentials`() throws {
        let resource = try resource("/.well-known/jwks.json")
        let preflight = policy.preflight(resource, origin: Self.other, isRegistered: false)
        for fields in [policy.answer(resource, origin: Self.own, mayRead: true), preflight] {
            #expect(fields[.accessControlAllowOrigin] == "*")
            #expect(fields[.accessControlAllowCredentials] == nil)
            #expect(fields[.vary] == nil)
        }
    }

    @Test(arguments: ["/healthz", "/revocations"])
    func `what is for no page says nothing, preflight included`(path: String) throws {
        let resource = try resource(path)
        #expect(policy.answer(resource, origin: Self.own, mayRead: true)[.accessControlAllowOrigin] == nil)
        #expect(
            policy.preflight(resource, origin: Self.own, isRegistered: true)[.accessControlAllowOrigin] == nil)
    }

    @Test func `a preflight answers for the union of all clients' origins`() throws {
        let resource = try resource("/api/v1/login")
        for origin in [Self.own, Self.other] {
            let fields = policy.preflight(resource, origin: origin, isRegistered: true)
            #expect(fields[.accessControlAllowOrigin] == origin)
            #expect(fields[.accessControlAllowCredentials] == "true")
            // Those that the path does not have, too: a page that errs in the method has to see the 405.
            #expect(fields[.accessControlAllowMethods] == "GET, POST, PUT, PATCH, DELETE")
            for name in ["X-Latchkey-CSRF", "X-Requested-With"] {
                #expect(fields[.accessControlAllowHeaders]?.contains(name) == true)
            }
            #expect(fields[.vary]?.hasPrefix("Origin") == true)
        }
        for origin in ["null", "https://evil.test", "", "https://app.example.com.evil.test"] {
            let fields = policy.preflight(resource, origin: origin, isRegistered: false)
            #expect(fields[.accessControlAllowOrigin] == nil)
            #expect(fields[.accessControlAllowMethods] == nil)
        }
    }
}
