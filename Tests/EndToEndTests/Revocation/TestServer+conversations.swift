import Foundation
import LatchkeyBytes
import LatchkeyTokens
import TestSupport
import Testing

/// The operator's way in: the admin API over a data directory's Unix socket, without a token.
struct OperatorSocket: Sendable {
    private let http: TestHTTP
    /// The client would otherwise send the socket's path, which is no host.
    private let host = [("Host", "localhost")]

    init(_ folder: TemporaryFolder) {
        http = TestHTTP(base: "http+unix://" + PercentEncoding.encode(folder.file("latchkey.sock")))
    }

    func get(_ path: String) async throws -> TestResponse { try await http.get(path, headers: host) }

    func post(_ path: String, json: [String: JSONValue]) async throws -> TestResponse {
        try await http.post(path, json: json, headers: host)
    }

    /// - Parameter body: JSON.
    func send(_ method: String, _ path: String, body: String? = nil) async throws -> TestResponse {
        try await http.send(
            method, path, headers: host + (body == nil ? [] : [("Content-Type", "application/json")]),
            body: body.map { Array($0.utf8) })
    }
}

extension TestServer {
    var overSocket: OperatorSocket { OperatorSocket(folder) }

    /// A token of the client itself (RFC 6749 4.4).
    func clientCredentials(_ id: String = "service", secret: String) async throws -> TestResponse {
        try await http.post(
            "/oauth2/token", form: [("grant_type", "client_credentials")],
            headers: [("Authorization", "Basic " + Data("\(id):\(secret)".utf8).base64EncodedString())])
    }

    /// The access token of a client that has just authenticated.
    func serviceToken(_ id: String = "service", secret: String) async throws -> String {
        let response = try await clientCredentials(id, secret: secret)
        return try #require(response["access_token"], "\(response.text)")
    }

    /// Adds to the log by `POST /api/v1/admin/revocations`.
    func revoke(
        _ kind: String, _ id: String? = nil, sessions: Bool? = nil
    ) async throws -> TestResponse {
        var body = ["\"kind\":\"\(kind)\""]
        if let id { body.append("\"id\":\"\(id)\"") }
        if let sessions { body.append("\"sessions\":\(sessions)") }
        return try await overSocket.send(
            "POST", "/api/v1/admin/revocations", body: "{\(body.joined(separator: ","))}")
    }

    /// The public keys in the order served: `kid` and `alg`.
    func publishedKeys() async throws -> [(kid: String, algorithm: String)] {
        let keys = try await http.get("/.well-known/jwks.json").json.object?["keys"]?.array ?? []
        return try keys.map {
            (kid: try #require($0.object?["kid"]?.string), algorithm: try #require($0.object?["alg"]?.string))
        }
    }

    /// Every key's state by `kid`, those that are gone included, as the admin API tells it.
    func keyStates() async throws -> [String: String] {
        let items = try await overSocket.get("/api/v1/admin/keys?all=true").json.object?["items"]?.array ?? []
        return Dictionary(
            uniqueKeysWithValues: try items.map {
                (try #require($0.object?["kid"]?.string), try #require($0.object?["state"]?.string))
            })
    }
}
