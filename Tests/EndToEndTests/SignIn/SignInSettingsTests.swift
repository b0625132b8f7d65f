import Crypto
import Foundation
import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// What an operator's settings change on the pages and in ID tokens.
struct SignInSettingsTests {
    private static let redirectURI = "https://app.example.com/callback"
    private static let verifier = String(repeating: "v", count: 43)

    private func addClient(
        _ server: TestServer, scope: String = "openid profile email orders:read", consent: ClientSettings.Consent,
        idTokenClaims: Bool = false
    ) async throws {
        var draft = ClientDraft(id: try #require(ClientID("app")), kind: .public)
        draft.settings.redirectURIs = [Self.redirectURI]
        draft.settings.scope = Scope(scope)
        draft.settings.consent = consent
        draft.settings.idTokenClaims = idTokenClaims
        _ = try await server.services.clients.create(draft, actor: .operator)
    }

    private func open(_ server: TestServer, language: String? = nil) async throws -> TestResponse {
        let challenge = Base64URL.string(Array(SHA256.hash(data: Array(Self.verifier.utf8))))
        let query = [
            "client_id=app", "response_type=code", "scope=openid%20profile%20email%20orders:read",
            "redirect_uri=https%3A%2F%2Fapp.example.com%2Fcallback", "code_challenge_method=S256",
            "code_challenge=\(challenge)",
        ]
        return try await server.http.get(
            "/oauth2/authorize?" + query.joined(separator: "&"),
            headers: language.map { [("Accept-Language", $0)] } ?? [])
    }

    /// The hidden fields of a page, and the cookies that came with it.
    private func signIn(
        _ server: TestServer, _ name: String = "ada", language: String? = nil
    ) async throws -> TestResponse {
        let page = try await open(server, language: language)
        let cookies = page.all("Set-Cookie").compactMap { $0.split(separator: ";").first }.joined(separator: "; ")
        let hidden = /<input type="hidden" name="([^"]*)" value="([^"]*)"/
        var form = page.text.matches(of: hidden).map { (String($0.1), String($0.2)) }
        form += [("username", name), ("password", TestServer.password)]
        var headers = [("Origin", "http://localhost:8080"), ("Cookie", cookies)]
        if let language { headers.append(("Accept-Language", language)) }
        return try await server.http.post("/signin/password", form: form, headers: headers)
    }

    /// The claims of the ID token of a whole sign-in, and its length.
    private func idToken(_ server: TestServer) async throws -> (claims: JSONObject, length: Int, reply: TestResponse) {
        let page = try await signIn(server)
        let refresh = try #require(page[field: "Refresh"], "\(page.text)")
        let code = try #require(refresh.firstMatch(of: /code=([^&]*)/)).1
        let reply = try await server.http.post(
            "/oauth2/token",
            form: [
                ("grant_type", "authorization_code"), ("client_id", "app"), ("code", String(code)),
                ("redirect_uri", Self.redirectURI), ("code_verifier", Self.verifier),
            ])
        let token = try #require(reply["id_token"], "\(reply.text)")
        return (try claims(token), token.utf8.count, reply)
    }

    private func claims(_ token: String) throws -> JSONObject {
        let payload = try #require(token.split(separator: ".").dropFirst().first)
        return try StrictJSON.parseObject(try #require(Base64URL.decode(String(payload))))
    }

    private func tell(_ server: TestServer, _ claims: String = "{}") async throws {
        var profile = ProfileDraft()
        profile.email = .set("ada@example.com")
        profile.displayName = .set("Ada Lovelace")
        profile.claims = .set(try StrictJSON.parseObject(Array(claims.utf8)))
        try await server.services.users.update("ada", UserChange(), profile: profile, actor: .operator)
    }

    // MARK: Pages

    @Test func `the pages have the operator's name, and the label says whether an address will do`() async throws {
        try await withServer(["pages.name": "Example & Sons"]) { server in
            try await server.addUser()
            try await addClient(server, consent: .never)
            let page = try await open(server)
            #expect(page.status == 200 && page.text.contains("Example &amp; Sons"))
            #expect(page.text.contains(">User name</label>") && !page.text.contains("User name or e-mail"))
            let german = try await open(server, language: "de")
            #expect(german.text.contains(#"<html lang="de""#))
            let other = try await open(server, language: "fr")
            #expect(other.text.contains(#"<html lang="en""#))
        }
        try await withServer(["users.email_sign_in": "true", "pages.language": "de"]) { server in
            try await server.addUser()
            try await tell(server)
            try await addClient(server, consent: .never)
            #expect(try await open(server, language: "en").text.contains(">User name or e-mail</label>"))
            #expect(try await open(server, language: "fr").text.contains(#"<html lang="de""#))
            let missing = try await signIn(server, "", language: "en")
            #expect(missing.status == 422 && missing.text.contains(">User name or e-mail</label>"))
            #expect(try await signIn(server, "ADA@example.com")[field: "Refresh"] != nil)
        }
    }

    @Test func `the consent page has the operator's sentence in the reader's language, or the scope's name`()
        async throws
    {
        let settings = [
            "pages.scopes.en": "orders:read=See your <orders>",
            "pages.scopes.de": "orders:read=Ihre Bestellungen sehen",
        ]
        for (settings, language, expected) in [
            (settings, "en", "See your &lt;orders&gt;"), (settings, "de", "Ihre Bestellungen sehen"),
            ([:], "en", "The permission “orders:read”"),
        ] {
            try await withServer(settings) { server in
                try await server.addUser()
                try await addClient(server, consent: .ask)
                let page = try await signIn(server, language: language)
                #expect(page.status == 200 && page.text.contains(expected), "\(page.text)")
                #expect(page.text.contains("<code>orders:read</code>"))
            }
        }
    }

    // MARK: ID tokens

    @Test func `claims about the user are in ID tokens only of clients that ask for them`() async throws {
        for asks in [false, true] {
            try await withServer { server in
                try await server.addUser()
                try await tell(server)
                try await addClient(server, consent: .never, idTokenClaims: asks)
                let token = try await idToken(server)
                #expect(token.claims["email"]?.string == (asks ? "ada@example.com" : nil))
                #expect(token.claims["email_verified"]?.bool == (asks ? false : nil))
                #expect(token.claims["name"]?.string == (asks ? "Ada Lovelace" : nil))
                #expect(token.claims["preferred_username"]?.string == (asks ? "ada" : nil))
                #expect(token.claims["aud"]?.string == "app")
                // A refresh tells what is known now.
                try await tell(server, #"{"given_name":"Ada"}"#)
                let refreshed = try await server.refresh(try #require(token.reply["refresh_token"]), client: "app")
                let claims = try claims(try #require(refreshed["id_token"]))
                #expect(claims["given_name"]?.string == (asks ? "Ada" : nil))
                #expect(claims["sub"] == token.claims["sub"] && claims["auth_time"] == token.claims["auth_time"])
            }
        }
    }

    @Test func `an ID token stays short, whatever a profile has`() async throws {
        try await withServer(["claims.scopes": "orders:read=groups story"]) { server in
            try await server.addUser()
            let story = String(repeating: "x", count: 4000)
            let picture = "https://pictures.example/" + String(repeating: "p", count: 2000)
            try await tell(server, #"{"groups":["staff"],"story":"\#(story)","picture":"\#(picture)","gender":"f"}"#)
            try await addClient(server, consent: .never, idTokenClaims: true)
            let token = try await idToken(server)
            #expect(token.length <= 2000)
            #expect(token.claims["story"] == nil && token.claims["picture"] == nil)
            #expect(token.claims["groups"] != nil && token.claims["email"] != nil && token.claims["gender"] != nil)
        }
    }
}
