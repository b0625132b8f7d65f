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

    private func document(
        _ issuer: String = "https://example.com/auth", sendsEvents: Bool = false, offersStatusLists: Bool = false
    ) throws -> JSONObject {
        try StrictJSON.parseObject(
            AuthorizationServerMetadata(
                issuer: issuer, sendsEvents: sendsEvents, offersStatusLists: offersStatusLists
            ).encode())
    }

    @Test func `it names the issuer byte for byte and nothing that does not exist`() throws {
        let issuer = "https://example.com/auth"
        let document = try document(issuer)
        #expect(document["issuer"]?.string == issuer)
        for (name, path) in [
            ("jwks_uri", "/.well-known/jwks.json"), ("revocation_list_uri", "/revocations"),
            ("authorization_endpoint", "/oauth2/authorize"), ("token_endpoint", "/oauth2/token"),
            ("userinfo_endpoint", "/oauth2/userinfo"), ("end_session_endpoint", "/oauth2/logout"),
        ] {
            #expect(document[name]?.string == issuer + path)
        }
        #expect(
            document["grant_types_supported"]?.strings == [
                "authorization_code", "refresh_token", "client_credentials",
            ])
        #expect(document["introspection_endpoint_auth_methods_supported"]?.strings?.contains("none") == false)
        for name in [
            "registration_endpoint", "device_authorization_endpoint", "pushed_authorization_request_endpoint",
            "check_session_iframe", "backchannel_logout_supported", "frontchannel_logout_supported",
            "require_pushed_authorization_requests", "dpop_signing_alg_values_supported",
            "request_object_signing_alg_values_supported", "claim_types_supported", "display_values_supported",
        ] {
            #expect(document[name] == nil)
        }
    }

    @Test func `it says what the authorization endpoint takes, and that it takes no request objects`() throws {
        let document = try document()
        #expect(document["response_types_supported"]?.strings == ["code"])
        #expect(document["response_modes_supported"]?.strings == ["query", "form_post"])
        #expect(document["code_challenge_methods_supported"]?.strings == ["S256"])
        #expect(
            document["prompt_values_supported"]?.strings == ["none", "login", "consent", "select_account"])
        #expect(document["authorization_response_iss_parameter_supported"]?.bool == true)
        for name in ["request_parameter_supported", "request_uri_parameter_supported", "claims_parameter_supported"] {
            #expect(document[name]?.bool == false)
        }
        #expect(document["subject_types_supported"]?.strings == ["public"])
        #expect(document["id_token_signing_alg_values_supported"]?.strings?.contains("RS256") == true)
        #expect(document["id_token_signing_alg_values_supported"]?.strings?.contains("none") == false)
        #expect(document["acr_values_supported"]?.strings == ["urn:latchkey:1fa"])
        #expect(document["ui_locales_supported"]?.strings == ["en", "de"])
    }

    @Test func `scopes are those of OpenID Connect and our own, that of events only with events`() throws {
        let scopes = ["openid", "profile", "email", "address", "phone", "offline_access"]
        let ours = ["latchkey:account", "latchkey:admin"]
        #expect(try document()["scopes_supported"]?.strings == scopes + ours)
        #expect(try document(sendsEvents: true)["scopes_supported"]?.strings == scopes + ours + ["latchkey:events"])
    }

    private enum Form { case text, texts, flag }

    /// The registered members that this server could have, and their types (IANA registry of OAuth Authorization Server
    /// Metadata; OpenID Connect Discovery 1.0 section 3).
    private static let registered: [String: Form] = [
        "issuer": .text, "authorization_endpoint": .text, "token_endpoint": .text, "userinfo_endpoint": .text,
        "jwks_uri": .text, "end_session_endpoint": .text, "revocation_endpoint": .text,
        "introspection_endpoint": .text, "status_list_aggregation_endpoint": .text, "scopes_supported": .texts,
        "response_types_supported": .texts, "response_modes_supported": .texts, "grant_types_supported": .texts,
        "acr_values_supported": .texts, "subject_types_supported": .texts,
        "id_token_signing_alg_values_supported": .texts, "token_endpoint_auth_methods_supported": .texts,
        "revocation_endpoint_auth_methods_supported": .texts, "introspection_endpoint_auth_methods_supported": .texts,
        "claims_supported": .texts, "ui_locales_supported": .texts, "code_challenge_methods_supported": .texts,
        "prompt_values_supported": .texts, "claims_parameter_supported": .flag, "request_parameter_supported": .flag,
        "request_uri_parameter_supported": .flag, "authorization_response_iss_parameter_supported": .flag,
    ]

    /// OpenID Connect Discovery 1.0 section 3.
    private static let required = [
        "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
        "subject_types_supported", "id_token_signing_alg_values_supported",
    ]

    @Test func `every member is registered, but one, has the registered type, and names no value twice`() throws {
        let issuer = "https://auth.example.com"
        let document = try document(issuer, sendsEvents: true, offersStatusLists: true)
        for member in document.members where member.name != "revocation_list_uri" {
            switch Self.registered[member.name] {
            case .text:
                let text = try #require(member.value.string, "\(member.name)")
                #expect(text.utf8.starts(with: issuer.utf8), "\(member.name)")
            case .texts:
                let texts = try #require(member.value.strings, "\(member.name)")
                #expect(!texts.isEmpty && Set(texts).count == texts.count, "\(member.name)")
            case .flag: #expect(member.value.bool != nil, "\(member.name)")
            case nil: Issue.record("\(member.name) is not registered")
            }
        }
        for name in Self.required { #expect(document[name] != nil, "\(name)") }
    }
}
