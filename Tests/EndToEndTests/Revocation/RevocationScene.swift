import LatchkeyTokens
import TestSupport
import Testing

/// Two people signed in through two clients each, made and asked over HTTP and the operator's socket alone, so that it
/// can be played on a server in this process or in its own.
struct RevocationScene: Sendable {
    /// Whose access token: a ``RevocationCause`` aims at the first of them.
    enum Holder: CaseIterable {
        case victim
        /// The same user through another client.
        case userElsewhere
        /// Another user through the same client.
        case clientElsewhere
        /// Another user through another client.
        case stranger
    }

    let http: TestHTTP
    let admin: OperatorSocket
    let userID: String
    let access: [Holder: String]
    /// The victim's.
    let refreshToken: String

    /// Adds users and clients and signs in.
    /// - Parameter folder: the server's data directory.
    init(_ http: TestHTTP, folder: TemporaryFolder, audience: String? = nil) async throws {
        self.http = http
        admin = OperatorSocket(folder)
        for client in ["spa", "app"] {
            var body: [String: JSONValue] = ["id": .string(client), "kind": "public", "first_party": true]
            if let audience { body["audiences"] = .array([.string(audience)]) }
            let added = try await admin.post("/api/v1/admin/clients", json: body)
            #expect(added.status == 201, "\(added.text)")
        }
        var ids: [String] = []
        for name in ["ada", "bob"] {
            let added = try await admin.post(
                "/api/v1/admin/users", json: ["name": .string(name), "password": .string(TestServer.password)])
            ids.append(try #require(added["id"], "\(added.text)"))
        }
        userID = ids[0]
        let victim = try await Self.login(http, "ada", "spa")
        refreshToken = try #require(victim["refresh_token"])
        access = [
            .victim: try #require(victim["access_token"]),
            .userElsewhere: try #require(try await Self.login(http, "ada", "app")["access_token"]),
            .clientElsewhere: try #require(try await Self.login(http, "bob", "spa")["access_token"]),
            .stranger: try #require(try await Self.login(http, "bob", "app")["access_token"]),
        ]
    }

    func token(_ holder: Holder) throws -> String { try #require(access[holder]) }

    func login(_ name: String, _ client: String, scope: String? = nil) async throws -> TestResponse {
        try await Self.login(http, name, client, scope: scope)
    }

    private static func login(
        _ http: TestHTTP, _ name: String, _ client: String, scope: String? = nil
    ) async throws -> TestResponse {
        var body: [String: JSONValue] = [
            "username": .string(name), "password": .string(TestServer.password), "client_id": .string(client),
        ]
        if let scope { body["scope"] = .string(scope) }
        let response = try await http.post("/api/v1/login", json: body)
        #expect(response.status == 200, "\(response.text)")
        return response
    }

    func refresh(_ token: String) async throws -> TestResponse {
        try await http.post(
            "/oauth2/token",
            form: [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "spa")])
    }

    func admin(_ method: String, _ path: String, _ body: String? = nil) async throws -> TestResponse {
        try await admin.send(method, "/api/v1/admin" + path, body: body)
    }

    /// Adds to the log by `POST /api/v1/admin/revocations`.
    func revoke(_ members: [String: JSONValue]) async throws -> TestResponse {
        try await admin.post("/api/v1/admin/revocations", json: members)
    }

    /// A token of the victim's user for the account API.
    func accountToken() async throws -> String {
        try #require(try await login("ada", "spa", scope: LatchkeyTokens.Scope.latchkeyAccount)["access_token"])
    }
}
