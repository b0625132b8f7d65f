import LatchkeyHTTP
import LatchkeyTokens
import Testing

struct AuthorizationServerMetadataTests {
    private static let wellKnown = "/.well-known/oauth-authorization-server"

    @Test(arguments: [
        ("https://auth.example.com", [wellKnown]),
        ("https://auth.example.com/", [wellKnown]),
        ("http://[::1]:8080", [wellKnown]),
        ("https://example.com/auth", [wellKnown, wellKnown + "/auth"]),
        ("https://example.com/a/b/", [wellKnown, wellKnown + "/a/b"]),
    ])
    func `an issuer's path is inserted after the well-known part`(issuer: String, paths: [String]) {
        #expect(AuthorizationServerMetadata(issuer: issuer).paths == paths)
    }

    @Test func `it names the issuer byte for byte and nothing that does not exist`() throws {
        let issuer = "https://example.com/auth"
        let document = try StrictJSON.parseObject(AuthorizationServerMetadata(issuer: issuer).encode())
        #expect(document["issuer"]?.string == issuer)
        #expect(document["jwks_uri"]?.string == issuer + "/.well-known/jwks.json")
        #expect(document["revocation_list_uri"]?.string == issuer + "/revocations")
        #expect(document["response_types_supported"]?.strings == [])
        #expect(document["grant_types_supported"]?.strings == ["refresh_token", "client_credentials"])
        #expect(document["introspection_endpoint_auth_methods_supported"]?.strings?.contains("none") == false)
        for name in [
            "authorization_endpoint", "registration_endpoint", "device_authorization_endpoint", "userinfo_endpoint",
            "code_challenge_methods_supported", "pushed_authorization_request_endpoint",
        ] {
            #expect(document[name] == nil)
        }
        #expect(document["scopes_supported"]?.strings?.contains("openid") == false)
    }
}
