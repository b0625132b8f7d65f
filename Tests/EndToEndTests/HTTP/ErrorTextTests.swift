import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// What an error says: in the characters of RFC 6749 5.2, and nothing of what the caller sent.
struct ErrorTextTests {
    /// Stands in every value; no text of ours contains it.
    private static let marker = "zq7vx"

    /// Values around the marker that a careless renderer would pass on.
    private static let values: [String] = {
        let fixed = [
            "\"", "\\", "\\\"", "\r\n", "\r\nSet-Cookie: a=b", "\t", "\u{0}", "\u{7F}", "é", "日本", "\u{202E}", "🦦",
            "<script>",
            "%s%n", "{{7*7}}", "' OR 1=1 --", "\u{FFFD}", String(repeating: "A", count: 4000),
        ]
        var generator = SeededGenerator(seed: 20_261_123)
        let noise = (0..<24).map { _ in
            String(
                String.UnicodeScalarView(
                    (0..<8).map { _ in Unicode.Scalar(UInt8.random(in: 0...255, using: &generator)) }))
        }
        return (fixed + noise).map { $0 + marker + $0 }
    }()

    private func expectSilence(
        _ response: TestResponse, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect((400..<500).contains(response.status), "\(what): \(response.status)", sourceLocation: sourceLocation)
        #expect(!response.text.lowercased().contains(Self.marker), "\(what) came back", sourceLocation: sourceLocation)
        for field in response.fields {
            #expect(
                !field.value.lowercased().contains(Self.marker), "\(what) in \(field.name)",
                sourceLocation: sourceLocation)
        }
        let text = try #require(
            response["error_description"] ?? response["detail"], "\(what)", sourceLocation: sourceLocation)
        #expect(!text.isEmpty, sourceLocation: sourceLocation)
        let allowed = text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        #expect(allowed, "\(what): \(text)", sourceLocation: sourceLocation)
    }

    @Test(arguments: ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"])
    func `forms of noise come back in no part of the answer`(path: String) async throws {
        try await withBystander(noted: [.clientAuthenticationFailed]) { bystander in
            let valid = [
                ("grant_type", "refresh_token"), ("client_id", "service"), ("client_secret", bystander.secret),
                ("refresh_token", "x"), ("token", "x"), ("scope", "orders:read"), ("resource", "https://a.test"),
            ]
            for value in Self.values {
                for (name, _) in valid {
                    let form = valid.map { ($0.0, $0.0 == name ? value : $0.1) }
                    let response = try await bystander.server.http.post(path, form: form)
                    // An unknown token is no error at these two.
                    if response.status == 200, path != "/oauth2/token" {
                        #expect(response.text == (path.hasSuffix("revoke") ? "" : #"{"active":false}"#))
                    } else {
                        try expectSilence(response, "\(path) \(name)")
                    }
                }
                let named = try await bystander.server.http.post(path, form: [(value, "1"), (value, "2")])
                try expectSilence(named, "\(path) a name")
            }
        }
    }

    @Test func `JSON of noise comes back in no part of the answer`() async throws {
        try await withBystander(noted: [.clientAuthenticationFailed, .loginFailed, .refreshRefused]) { bystander in
            for value in Self.values {
                for name in ["client_id", "client_secret", "scope", "transport", "device_name", "username"] {
                    var body: [String: JSONValue] = ["client_id": "spa", "username": 1, "password": "x"]
                    body[name] = .string(value)
                    let response = try await bystander.server.http.post("/api/v1/login", json: body)
                    try expectSilence(response, "login \(name)")
                }
                for path in ["/api/v1/refresh", "/api/v1/logout"] {
                    for name in ["client_id", "client_secret", "refresh_token", "scope"] {
                        var body: [String: JSONValue] = ["client_id": "nobody"]
                        body[name] = .string(value)
                        let response = try await bystander.server.http.post(path, json: body)
                        if response.status != 204 { try expectSilence(response, "\(path) \(name)") }
                    }
                }
                let bad = try await bystander.server.http.send(
                    "POST", "/api/v1/login", headers: [("Content-Type", "application/json")],
                    body: Array("{\"\(value)\":1,\"\(value)\":2".utf8))
                try expectSilence(bad, "broken JSON")
            }
        }
    }

    @Test func `heads of noise come back in no part of the answer`() async throws {
        try await withServer { server in
            try await server.addClient("spa", origins: ["http://localhost:5173"])
            for value in Self.values {
                let path = try await server.http.get("/" + PercentEncoding.encode(value))
                try expectSilence(path, "a path")
                let sid = try await server.http.get("/api/v1/sessions/" + PercentEncoding.encode(value))
                try expectSilence(sid, "a path below one of ours")
                let query = try await server.http.get("/revocations?after=" + PercentEncoding.encode(value))
                try expectSilence(query, "a query")
                // What may stand in a field's value (RFC 9110 5.5).
                guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), value.utf8.count < 4096 else { continue }
                for name in [
                    "Authorization", "Origin", "X-Request-Id", "Accept", "X-Forwarded-For", "Cookie", "User-Agent",
                ] {
                    let prefix = name == "Authorization" ? "Bearer " : ""
                    let response = try await server.http.get("/api/v1/me", headers: [(name, prefix + value)])
                    try expectSilence(response, name)
                }
            }
        }
    }
}
