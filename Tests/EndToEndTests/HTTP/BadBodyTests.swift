import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Bodies that are no acceptable JSON, of another type, or too large, at every endpoint of the API.
struct BadBodyTests {
    static let paths = [
        "/api/v1/login", "/api/v1/refresh", "/api/v1/logout", "/api/v1/password", "/api/v1/me/delete",
    ]
    static let forms = ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"]

    private func send(
        _ bystander: Bystander, _ path: String, _ body: [UInt8], types: [String] = ["application/json"]
    ) async throws -> TestResponse {
        // These look at the token before the body; a logout by bearer would succeed.
        let bearer =
            ["/api/v1/password", "/api/v1/me/delete"].contains(path)
            ? [("Authorization", "Bearer \(bystander.account)")] : []
        return try await bystander.server.http.send(
            "POST", path, headers: types.map { ("Content-Type", $0) } + bearer, body: body)
    }

    private func expectProblem(
        _ response: TestResponse, _ status: Int, _ code: String, _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let told = "\(what): \(response.status) \(response.text)"
        #expect(response.status == status, "\(told)", sourceLocation: sourceLocation)
        #expect(response["code"] == code, "\(told)", sourceLocation: sourceLocation)
        #expect(
            response[field: "Content-Type"] == "application/problem+json", "\(told)", sourceLocation: sourceLocation)
    }

    /// Valid for each of the endpoints, were it not for what the tests add.
    private static let members =
        #""username":"ada","password":"{password}","current_password":"{password}","#
        + #""new_password":"brave-herons-count-stars","client_id":"spa","refresh_token":"{refresh}""#

    @Test(arguments: paths) func `what is not one strict JSON object is refused`(path: String) async throws {
        let nested = String(repeating: "[", count: 17) + String(repeating: "]", count: 17)
        let texts = [
            "{", "[]", "null", "7", #""text""#, "\u{FEFF}{\(Self.members)}", "{\(Self.members)}x",
            "{\(Self.members)}{}",
            "{\(Self.members),}", "{/**/\(Self.members)}", "{\(Self.members),\"x\":NaN}", "{\(Self.members),\"x\":01}",
            "{\(Self.members),\"x\":1e999}", "{\(Self.members),'x':1}", #"{\#(Self.members),"client_id":"spa"}"#,
            #"{\#(Self.members),"cl\u0069ent_id":"spa"}"#, #"{\#(Self.members),"x":{"a":1,"a":2}}"#,
            #"{\#(Self.members),"x":"\ud800"}"#, #"{\#(Self.members),"x":"\u0000"}"#,
            "{\(Self.members),\"x\":\"\u{0}\"}",
            "{\(Self.members),\"x\":\"a\nb\"}", "{\(Self.members),\"x\":\(nested)}",
            String(repeating: "[", count: 60_000),
            String(repeating: #"{"a":"#, count: 10_000),
        ]
        try await withBystander { bystander in
            for text in texts {
                let response = try await send(bystander, path, Array(bystander.filled(text).utf8))
                expectProblem(response, 400, "invalid_request", "\(path) \(text.prefix(60))")
            }
            for bytes: [UInt8] in [
                [0xFF, 0xFE], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0xAF],
            ] {
                let body = Array(bystander.filled(#"{\#(Self.members),"x":""#).utf8) + bytes + Array("\"}".utf8)
                expectProblem(try await send(bystander, path, body), 400, "invalid_request", "\(path) \(bytes)")
            }
        }
    }

    @Test(arguments: paths) func `a body of another type is 415`(path: String) async throws {
        try await withBystander { bystander in
            let body = Array(bystander.filled("{\(Self.members)}").utf8)
            for types in [
                [], ["text/plain"], ["application/x-www-form-urlencoded"], ["multipart/form-data; boundary=x"],
                ["json"],
                ["application/json; charset=iso-8859-1"], ["application/json", "application/json"],
                ["application/jsonx"],
            ] {
                let response = try await send(bystander, path, body, types: types)
                expectProblem(response, 415, "unsupported_media_type", "\(path) \(types)")
            }
        }
    }

    @Test(arguments: forms) func `JSON and other types are 415 at the OAuth endpoints`(path: String) async throws {
        try await withBystander { bystander in
            let body = Array(bystander.filled("{\(Self.members)}").utf8)
            for types in [
                [], ["application/json"], ["text/plain"], ["multipart/form-data; boundary=x"],
                ["application/x-www-form-urlencoded; charset=utf-16"],
            ] {
                let response = try await send(bystander, path, body, types: types)
                #expect(response.status == 415, "\(path) \(types)")
                #expect(response["error"] == "invalid_request", "\(path) \(types)")
            }
        }
    }

    @Test(arguments: paths + forms) func `64 KiB are read and one byte more is not`(path: String) async throws {
        try await withBystander { bystander in
            let type = Self.forms.contains(path) ? "application/x-www-form-urlencoded" : "application/json"
            let full = [UInt8](repeating: UInt8(ascii: "["), count: 64 * 1024)
            let fits = try await send(bystander, path, full, types: [type])
            #expect((400...401).contains(fits.status), "\(path): \(fits.status)")
            let more = try await send(bystander, path, full + [UInt8(ascii: "[")], types: [type])
            #expect(more.status == 413, "\(path): \(more.status)")
            #expect(more["error"] == "invalid_request" || more["code"] == "payload_too_large", "\(path)")
            // The same without a length that tells beforehand.
            let chunked = try await RawExchange.send(
                [
                    "POST \(path) HTTP/1.1", "Content-Type: \(type)", "Authorization: Bearer \(bystander.account)",
                    "Transfer-Encoding: chunked",
                ],
                body: Array("10001\r\n".utf8) + full + Array("[\r\n0\r\n\r\n".utf8), to: bystander.server.http.base)
            #expect(chunked.status == 413, "\(path): \(chunked.status)")
        }
    }

    @Test(arguments: [
        ("/api/v1/login", #"{"client_id":"spa","username":"","password":"x"}"#, 400, "invalid_request"),
        ("/api/v1/login", #"{"client_id":"spa","username":"ada","password":""}"#, 400, "invalid_request"),
        ("/api/v1/login", #"{"client_id":"spa","username":["ada"],"password":"x"}"#, 400, "invalid_request"),
        ("/api/v1/login", #"{"client_id":"spa","username":null,"password":"x"}"#, 400, "invalid_request"),
        ("/api/v1/login", #"{"client_id":7,"username":"ada","password":"x"}"#, 400, "invalid_request"),
        ("/api/v1/login", #"{"client_id":"spa","username":"ada","password":{}}"#, 400, "invalid_request"),
        (
            "/api/v1/login", #"{"client_id":"spa","username":"ada","password":"x","new_password":1}"#, 400,
            "invalid_request"
        ),
        (
            "/api/v1/login", #"{"client_id":"spa","username":"ada","password":"x","scope":["a"]}"#, 400,
            "invalid_request"
        ),
        ("/api/v1/login", #"{"client_id":"spa","username":"ada","password":"x","scope":"a  b"}"#, 400, "invalid_scope"),
        (
            "/api/v1/login", #"{"client_id":"spa","client_secret":"x","username":"ada","password":"x"}"#, 401,
            "invalid_client"
        ),
        ("/api/v1/login", #"{"client_secret":"x","username":"ada","password":"x"}"#, 400, "invalid_request"),
        ("/api/v1/login", #"{"client_id":"service","username":"ada","password":"x"}"#, 401, "invalid_client"),
        ("/api/v1/refresh", "{}", 401, "invalid_client"),
        ("/api/v1/refresh", #"{"refresh_token":"{refresh}"}"#, 401, "invalid_client"),
        ("/api/v1/refresh", #"{"client_id":"nobody","refresh_token":"{refresh}"}"#, 401, "invalid_client"),
        ("/api/v1/refresh", #"{"client_id":"spa","refresh_token":7}"#, 400, "invalid_request"),
        ("/api/v1/refresh", #"{"client_id":"spa","refresh_token":"{refresh}","scope":"a  b"}"#, 400, "invalid_scope"),
        ("/api/v1/refresh", #"{"client_id":"spa","refresh_token":"{refresh}x"}"#, 401, "invalid_grant"),
        ("/api/v1/refresh", #"{"client_id":"third","refresh_token":"{refresh}"}"#, 401, "invalid_grant"),
        ("/api/v1/refresh", #"{"client_id":"spa"}"#, 403, "csrf_rejected"),
        ("/api/v1/logout", "{}", 401, "bearer_missing"),
        ("/api/v1/logout", #"{"refresh_token":7}"#, 400, "invalid_request"),
        ("/api/v1/logout", #"{"refresh_token":""}"#, 401, "bearer_missing"),
        ("/api/v1/logout", #"{"client_id":"nobody"}"#, 401, "invalid_client"),
        ("/api/v1/logout", #"{"client_id":"spa"}"#, 403, "csrf_rejected"),
        ("/api/v1/password", "{}", 400, "invalid_request"),
        ("/api/v1/password", #"{"current_password":"{password}"}"#, 400, "invalid_request"),
        ("/api/v1/password", #"{"new_password":"brave-herons-count-stars"}"#, 400, "invalid_request"),
        ("/api/v1/password", #"{"current_password":"{password}","new_password":["x"]}"#, 400, "invalid_request"),
        (
            "/api/v1/password", #"{"current_password":"wrong","new_password":"brave-herons-count-stars"}"#, 403,
            "current_password_wrong"
        ),
        ("/api/v1/me/delete", #"{"current_password":"wrong"}"#, 403, "current_password_wrong"),
    ])
    func `a member that is missing, of another type or not acceptable changes nothing`(
        path: String, text: String, status: Int, code: String
    ) async throws {
        try await withBystander(noted: [.clientAuthenticationFailed, .loginFailed, .refreshRefused]) { bystander in
            let response = try await send(bystander, path, Array(bystander.filled(text).utf8))
            expectProblem(response, status, code, "\(path) \(text)")
        }
    }
}
