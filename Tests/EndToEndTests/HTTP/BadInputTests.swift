import LatchkeyCore
import TestSupport
import Testing

/// A form that must be refused. `{secret}`, `{refresh}` and `{access}` stand for real ones.
struct BadForm: Sendable, CustomTestStringConvertible {
    let form: String
    let status: Int
    let error: String

    init(_ form: String, _ status: Int, _ error: String) {
        self.form = form
        self.status = status
        self.error = error
    }

    var testDescription: String { form.isEmpty ? "an empty form" : String(form.prefix(80)) }
}

/// Malformed, oversized, duplicated and missing parameters at the OAuth endpoints: the right error of RFC 6749, and
/// nothing changed.
struct BadInputTests {
    private static let refresh = "grant_type=refresh_token&client_id=spa&refresh_token={refresh}"
    private static let service = "client_id=service&client_secret={secret}"

    private func send(_ path: String, _ cases: [BadForm], headers: [(String, String)] = []) async throws {
        try await withBystander(noted: [.clientAuthenticationFailed, .refreshRefused]) { bystander in
            for bad in cases {
                let response = try await bystander.server.http.send(
                    "POST", path, headers: [("Content-Type", "application/x-www-form-urlencoded")] + headers,
                    body: Array(bystander.filled(bad.form).utf8))
                #expect(response.status == bad.status, "\(path) \(bad.form): \(response.text)")
                #expect(response["error"] == bad.error, "\(path) \(bad.form): \(response.text)")
                #expect(response[field: "Content-Type"] == "application/json", "\(path) \(bad.form)")
                #expect(response[field: "Cache-Control"] == "no-store", "\(path) \(bad.form)")
            }
        }
    }

    @Test func `the token endpoint takes no form that is incomplete, repeated or unreadable`() async throws {
        let many = (0...64).map { "p\($0)=1" }.joined(separator: "&")
        try await send(
            "/oauth2/token",
            [
                BadForm("", 400, "invalid_request"),
                BadForm("client_id=spa", 400, "invalid_request"),
                BadForm("grant_type=&client_id=spa&refresh_token={refresh}", 400, "invalid_request"),
                BadForm("grant_type=refresh_token&client_id=spa", 400, "invalid_request"),
                BadForm("grant_type=refresh_token&client_id=spa&refresh_token=", 400, "invalid_request"),
                BadForm(Self.refresh + "&grant_type=refresh_token", 400, "invalid_request"),
                BadForm(Self.refresh + "&client_id=spa", 400, "invalid_request"),
                BadForm(Self.refresh + "&refresh_token={refresh}", 400, "invalid_request"),
                BadForm(Self.refresh + "&scope=openid&sc%6Fpe=profile", 400, "invalid_request"),
                BadForm(Self.refresh + "&unknown=1&unknown=2", 400, "invalid_request"),
                BadForm(Self.refresh + "&scope=&scope=openid", 400, "invalid_request"),
                BadForm(Self.refresh + "&" + many, 400, "invalid_request"),
                BadForm(Self.refresh + "%", 400, "invalid_request"),
                BadForm(Self.refresh + "%zz", 400, "invalid_request"),
                BadForm(Self.refresh + "%00", 400, "invalid_request"),
                BadForm(Self.refresh + "&device=%C3%28", 400, "invalid_request"),
                BadForm(Self.refresh + "&device=%ED%A0%80", 400, "invalid_request"),
                BadForm(Self.refresh + "&scope=openid++profile", 400, "invalid_scope"),
                BadForm(Self.refresh + "&scope=openid%22", 400, "invalid_scope"),
                BadForm(Self.refresh + "&scope=latchkey:admin", 400, "invalid_scope"),
                BadForm(Self.refresh + "&resource=https://evil.test", 400, "invalid_target"),
                BadForm(Self.refresh + "x", 400, "invalid_grant"),
                BadForm("grant_type=refresh_token&client_id=third&refresh_token={refresh}", 400, "invalid_grant"),
                BadForm("grant_type=refresh_token&client_id=spa&refresh_token={access}", 400, "invalid_grant"),
            ])
    }

    @Test func `grants that do not exist here, and those that a client may not use, give nothing`() async throws {
        try await send(
            "/oauth2/token",
            [
                BadForm(
                    "grant_type=password&client_id=spa&username=ada&password={password}", 400, "unsupported_grant_type"),
                BadForm(
                    "grant_type=password&\(Self.service)&username=ada&password={password}", 400,
                    "unsupported_grant_type"),
                BadForm("grant_type=authorization_code&client_id=spa&code=x", 400, "invalid_grant"),
                BadForm(
                    "grant_type=REFRESH_TOKEN&client_id=spa&refresh_token={refresh}", 400, "unsupported_grant_type"),
                BadForm("grant_type=client_credentials&client_id=spa", 400, "unauthorized_client"),
            ])
    }

    @Test(arguments: ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"])
    func `an unknown client, or one that cannot authenticate, gets only invalid_client`(path: String) async throws {
        let rest = "grant_type=client_credentials&token={refresh}"
        try await send(
            path,
            [
                BadForm("client_id=nobody&\(rest)", 401, "invalid_client"),
                BadForm("client_id=service&\(rest)", 401, "invalid_client"),
                BadForm("client_id=service&client_secret=wrong&\(rest)", 401, "invalid_client"),
                BadForm("client_id=service&client_secret={secret}x&\(rest)", 401, "invalid_client"),
                BadForm("client_id=SERVICE&client_secret={secret}&\(rest)", 401, "invalid_client"),
                BadForm("client_id=spa&client_secret={secret}&\(rest)", 401, "invalid_client"),
                BadForm("client_id=sp%20a&\(rest)", 401, "invalid_client"),
                BadForm("client_id=\(String(repeating: "a", count: 65))&\(rest)", 401, "invalid_client"),
                BadForm("client_secret={secret}&\(rest)", 400, "invalid_request"),
                BadForm(rest, 401, "invalid_client"),
            ])
    }

    @Test(arguments: ["/oauth2/revoke", "/oauth2/introspect"])
    func `revocation and introspection want one token`(path: String) async throws {
        try await send(
            path,
            [
                BadForm(Self.service, 400, "invalid_request"),
                BadForm(Self.service + "&token=", 400, "invalid_request"),
                BadForm(Self.service + "&token={refresh}&token={access}", 400, "invalid_request"),
                BadForm(Self.service + "&token=%00", 400, "invalid_request"),
                BadForm(Self.service + "&token={refresh}&token_type_hint=a&token_type_hint=b", 400, "invalid_request"),
                BadForm("client_id=spa&client_id=spa&token={refresh}", 400, "invalid_request"),
            ])
    }

    @Test(arguments: ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"])
    func `a secret or token in the URL is refused even when the form is right`(path: String) async throws {
        let rest = "grant_type=client_credentials&token={refresh}&"
        for query in [
            "client_secret=x", "refresh_token=x", "token=x", "access_token=x", "password=x", "client%5Fsecret=x",
        ] {
            try await send("\(path)?\(query)", [BadForm(rest + Self.service, 400, "invalid_request")])
        }
    }

    @Test(arguments: ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"])
    func `two client authentications, or one that cannot be read, are refused`(path: String) async throws {
        let rest = "grant_type=client_credentials&token={refresh}"
        // "service:x"
        let basic = ("Authorization", "Basic c2VydmljZTp4")
        try await send(path, [BadForm("\(rest)&client_secret={secret}", 400, "invalid_request")], headers: [basic])
        try await send(path, [BadForm("\(rest)&client_id=spa", 400, "invalid_request")], headers: [basic])
        try await send(path, [BadForm(rest, 400, "invalid_request")], headers: [basic, basic])
        for unreadable in ["Basic", "Basic !!!!", "Basic c2VydmljZQ==", "Basic Ong=", "Basic c2VydmljZTol"] {
            try await send(
                path, [BadForm(rest, 401, "invalid_client")], headers: [("Authorization", unreadable)])
        }
    }

    @Test func `a client that is not first-party learns nothing about passwords`() async throws {
        try await withBystander { bystander in
            let server = bystander.server
            let before = server.services.health.hashing.completed
            let right = try await server.login(client: "third")
            let wrong = try await server.login(password: "not-the-right-one-at-all", client: "third")
            let nobody = try await server.login("nobody", client: "third")
            for response in [right, wrong, nobody] {
                #expect(response.status == 400)
                #expect(response["code"] == "unauthorized_client")
                #expect(response.body == right.body)
            }
            #expect(server.services.health.hashing.completed == before, "no password was looked at")
        }
    }
}
