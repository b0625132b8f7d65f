import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing
import latchkey

/// The key set and the metadata document.
struct DiscoveryTests {
    @Test func `the key set is public, cacheable and names no private member`() async throws {
        try await withServer { server in
            let response = try await server.http.get(
                "/.well-known/jwks.json", headers: [("Origin", "https://any.test")])
            #expect(response.status == 200)
            #expect(response[field: "Content-Type"] == "application/jwk-set+json")
            #expect(
                response[field: "Cache-Control"]
                    == "public, max-age=300, stale-while-revalidate=300, stale-if-error=3600")
            #expect(response[field: "Access-Control-Allow-Origin"] == "*")
            #expect(response[field: "Access-Control-Allow-Credentials"] == nil)
            let keys = try #require(response.json.object?["keys"]?.array).compactMap(\.object)
            #expect(keys.count == 2)
            for key in keys {
                #expect(key["use"]?.string == "sig")
                for name in ["d", "p", "q", "dp", "dq", "qi", "k"] { #expect(key[name] == nil) }
            }
            let tag = try #require(response[field: "ETag"])
            #expect(!tag.hasPrefix("W/"))
            let again = try await server.http.get("/.well-known/jwks.json", headers: [("If-None-Match", tag)])
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
            #expect(again[field: "ETag"] == tag)
        }
    }

    @Test func `a rotation changes the key set and its tag at once`() async throws {
        try await withServer { server in
            let before = try await server.http.get("/.well-known/jwks.json")
            try await server.services.keys.emergency(only: nil, actor: .operator)
            let tag = try #require(before[field: "ETag"])
            let after = try await server.http.get("/.well-known/jwks.json", headers: [("If-None-Match", tag)])
            #expect(after.status == 200)
            #expect(after.body != before.body)
        }
    }

    @Test func `the metadata answers under both spellings of an issuer with a path`() async throws {
        try await withServer(["issuer": "https://example.com/auth"]) { server in
            let plain = try await server.http.get("/.well-known/oauth-authorization-server")
            let inserted = try await server.http.get("/.well-known/oauth-authorization-server/auth")
            #expect(plain.status == 200)
            #expect(plain.body == inserted.body)
            #expect(plain["issuer"] == "https://example.com/auth")
            #expect(plain["token_endpoint"] == "https://example.com/auth/oauth2/token")
            #expect(plain[field: "Access-Control-Allow-Origin"] == "*")
            #expect(try await server.http.get("/.well-known/oauth-authorization-server/other").status == 404)
            // OpenID Connect appends its part, which a proxy strips of the issuer's path.
            let appended = try await server.http.get("/.well-known/openid-configuration")
            #expect(appended.body == plain.body)
            #expect(appended[field: "Access-Control-Allow-Origin"] == "*")
            #expect(try await server.http.get("/.well-known/openid-configuration/auth").status == 404)
        }
    }
}
