import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing
import latchkey

@testable import LatchkeyHTTP

/// Fields of clients in the admin API: all behave alike, since no code here or there names one.
struct ClientFieldsTests {
    /// A good value of each field, as JSON.
    private static let good: [String: JSONValue] = [
        "first_party": true, "origins": .array(["https://a.example"]),
        "redirect_uris": .array(["https://a.example/cb"]),
        "login_uri": "https://a.example/login", "audiences": .array(["api"]), "scope": "openid orders:read",
        "grants": .array([]), "algorithm": "RS256", "access_ttl_seconds": 61, "idle_ttl_seconds": 3601,
        "absolute_ttl_seconds": 86401, "name": "Orders", "consent": "never", "pkce": "optional",
        "post_logout_redirect_uris": .array(["https://a.example/out"]), "id_token_algorithm": "EdDSA",
        "id_token_claims": true, "access_token_typ": "JWT", "essential_acr": true,
        "policy_uri": "https://a.example/policy", "tos_uri": "https://a.example/terms",
        "client_uri": "https://a.example/",
    ]

    private func update(_ json: String) throws -> ClientUpdate { try ClientUpdate.decode(Array(json.utf8)) }

    private func draft(_ json: String) throws -> ClientDraft { try ClientDraft(ClientCreate.decode(Array(json.utf8))) }

    private func json(_ value: JSONValue) -> String {
        String(decoding: JSONWriter.value { $0.value(value) }, as: UTF8.self)
    }

    @Test func `absent, null and a value are three things for every field that may be without a value`() throws {
        for field in ClientSettings.fields {
            let value = try #require(Self.good[field.name], "add a value for \(field.name)")
            var settings = ClientSettings(defaultsFor: .confidential)
            try update(#"{"\#(field.name)":\#(json(value))}"#).values.apply(to: &settings)
            #expect(field.value(in: settings) == value, "\(field.name)")
            let set = settings
            try update("{}").values.apply(to: &settings)
            #expect(settings == set)
            try update(#"{"\#(field.name)":null}"#).values.apply(to: &settings)
            #expect(field.value(in: settings) == (field.isOptional ? nil : value), "\(field.name)")
        }
    }

    @Test func `null in a new client is as good as absent`() throws {
        let nulls = ClientSettings.fields.map { #""\#($0.name)":null"# }.joined(separator: ",")
        for kind in Client.Kind.allCases {
            let named = try draft(#"{"id":"app","kind":"\#(kind.rawValue)",\#(nulls)}"#)
            #expect(named.settings == ClientSettings(defaultsFor: kind))
        }
    }

    @Test func `a field refuses every value of another type, and its name is all that is told`() throws {
        let others: [JSONValue] = [
            true, 1, .number(1.5), "canary", .array(["canary"]), .array([1]), .object(try object("{}")),
        ]
        for field in ClientSettings.fields {
            var accepted = 0
            for value in others {
                let body = #"{"\#(field.name)":\#(json(value))}"#
                do {
                    try update(body).values.check()
                    accepted += 1
                } catch let refusal as Refusal {
                    #expect(refusal.code == .invalidRequest)
                    #expect(refusal.detail.contains(field.name) && !refusal.detail.contains("canary"), "\(body)")
                }
            }
            #expect(accepted <= 1, "\(field.name)")
        }
    }

    private func object(_ json: String) throws -> JSONObject { try StrictJSON.parseObject(Array(json.utf8)) }

    @Test(arguments: [
        #"{"id":"web","kind":"public","grants":["password"]}"#, #"{"id":"web","kind":"public","algorithm":"none"}"#,
        #"{"id":"web","kind":"public","grants":["refresh_token","refresh_token\u0301"]}"#,
        #"{"id":"web","kind":"secret"}"#, #"{"id":"a b","kind":"public"}"#, #"{"kind":"public"}"#, #"{"id":"web"}"#,
        #"{"id":"web","kind":"public","scope":"a  b"}"#, #"{"id":"web","kind":"public","disabled":true}"#,
        #"{"id":"web","kind":"public","created_at":1}"#, #"{"id":"web","kind":"public","first_part\u0131":true}"#,
        #"{"id":"web","kind":"public","scope":"a","scope":"b"}"#,
    ])
    func `an unknown algorithm, grant, kind, id or member of a client is refused`(json: String) {
        #expect(throws: Refusal(.invalidRequest, "")) { try draft(json) }
    }

    @Test(arguments: [
        #"{"id":"x"}"#, #"{"kind":"public"}"#, #"{"client_secret":"0123456789abcdef"}"#, #"{"zzz":null}"#,
    ])
    func `a change knows the settings and nothing else`(json: String) {
        #expect(throws: Refusal(.invalidRequest, "")) { try update(json) }
    }

    @Test func `every field is set, shown, stored, cleared and described under the same name`() async throws {
        try await withServer { server in
            let admin = "/api/v1/admin/clients"
            var body = Self.good
            body["id"] = "app"
            body["kind"] = "confidential"
            let created = try await server.asOperator("POST", admin, body)
            #expect(created["client"]?.object.map(names) == names(expected: Self.good.keys))
            for (name, value) in Self.good { #expect(created["client"]?.object?[name] == value, "\(name)") }
            #expect(try await server.asOperator("GET", admin + "/app") == created["client"]?.object)
            let nulls = Dictionary(uniqueKeysWithValues: ClientSettings.fields.map { ($0.name, JSONValue.null) })
            let cleared = try await server.asOperator("PATCH", admin + "/app", nulls)["client"]?.object
            let left = ClientSettings.fields.filter { !$0.isOptional }.map(\.name)
            #expect(cleared.map(names) == names(expected: left))
            for name in left { #expect(cleared?[name] == Self.good[name], "\(name)") }
        }
    }

    private func names(_ object: JSONObject) -> Set<String> { Set(object.members.map(\.name)) }

    private func names(expected fields: some Sequence<String>) -> Set<String> {
        Set(fields).union(["id", "kind", "disabled", "created_at"])
    }

    @Test func `a reserved id is refused in words, and nothing is made`() async throws {
        try await withServer { server in
            for id in ["latchkey", "LatchKey-Console"] {
                let body: [String: JSONValue] = ["id": .string(id), "kind": "public"]
                let answer = try await server.asOperator("POST", "/api/v1/admin/clients", body)
                #expect(answer["code"] == "invalid_request")
                #expect(answer["detail"]?.string?.contains("choose another id") == true)
            }
            let list = try await server.asOperator("GET", "/api/v1/admin/clients")
            #expect(list["items"] == .array([]))
        }
    }
}

extension TestServer {
    /// Asks the admin API as the command line does, without a token.
    fileprivate func asOperator(
        _ method: String, _ path: String, _ body: [String: JSONValue]? = nil
    ) async throws -> JSONObject {
        let bytes = body.map { body in
            JSONWriter.object { json in for (name, value) in body { json.member(name, value) } }
        }
        let answer = await program.http.respond(method: method, path: path, body: bytes)
        return try StrictJSON.parseObject(answer.body)
    }
}
