import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// A server with two users and two clients that people can sign out of.
struct LogoutScene: Sendable {
    static let path = "/oauth2/logout"
    static let back = "https://app.example.com/bye"
    static let backWithQuery = "https://app.example.com/bye?from=web"

    let server: TestServer

    static func run(
        clock: TestClock? = nil, _ body: @Sendable (LogoutScene) async throws -> Void
    ) async throws {
        try await withServer(clock: clock) { server in
            let scene = LogoutScene(server: server)
            for name in ["ada", "eve"] { try await server.addUser(name) }
            for (id, uris) in [("web", [back, backWithQuery]), ("other", ["https://other.example.com/bye"])] {
                try await scene.signIns.addClient(id) { $0.postLogoutRedirectURIs = uris }
            }
            try await body(scene)
        }
    }

    var signIns: SignInScene { SignInScene(server) }

    func browser() -> TestBrowser { signIns.browser() }

    /// The ID token, and the session that it names.
    func signedIn(
        _ browser: TestBrowser, _ user: String = "ada", to client: String = "web", scope: String = "openid"
    ) async throws -> (hint: String, session: SessionID, tokens: TestResponse) {
        var answer = try await signIns.authorize(browser, ["client_id": client, "scope": scope])
        if DeliveredAnswer(answer) == nil {
            answer = try await browser.submit(try ShownPage(answer), SignInScene.typed(user))
        }
        let code = try #require(DeliveredAnswer(answer)?.code, "\(answer.status) \(answer.text)")
        let tokens = try await signIns.redeem(code, client: client)
        let claims = try await signIns.idClaims(tokens).claims
        return (
            try #require(tokens["id_token"]), try #require(claims["sid"]?.string.flatMap { SessionID($0) }), tokens
        )
    }

    func isLive(_ session: SessionID) async throws -> Bool {
        try await server.services.store.session(session).map { $0.session.endedAt == nil } ?? false
    }

    /// An ID token with other claims, signed with the server's own key.
    func token(_ token: String, _ changes: [String: JSONValue], type: String? = nil) throws -> String {
        let jws = try JWS(parsing: Array(token.utf8))
        let signer = try #require(server.services.keyRing.current.signer(for: jws.header.algorithm))
        let input =
            Self.header(jws, signer.id, type) + "." + Base64URL.string(try Self.payload(jws.payload, changes))
        return input + "." + Base64URL.string(try signer.signature(of: Array(input.utf8)))
    }

    /// The same token with other claims under the old signature.
    static func tampered(_ token: String, _ changes: [String: JSONValue]) throws -> String {
        let parts = token.split(separator: ".")
        let jws = try JWS(parsing: Array(token.utf8))
        return "\(parts[0]).\(Base64URL.string(try payload(jws.payload, changes))).\(parts[2])"
    }

    private static func header(_ jws: JWS, _ key: KeyID, _ type: String?) -> String {
        Base64URL.string(
            JSONWriter.object { json in
                json.member("alg", jws.header.algorithm.rawValue)
                json.member("kid", key.description)
                if let type { json.member("typ", type) }
            })
    }

    private static func payload(_ payload: [UInt8], _ changes: [String: JSONValue]) throws -> [UInt8] {
        let claims = try StrictJSON.parseObject(payload)
        return JSONWriter.object { json in
            for member in claims.members where changes[member.name] == nil { json.member(member.name, member.value) }
            for (name, value) in changes.sorted(by: { $0.key < $1.key }) { json.member(name, value) }
        }
    }
}

extension TestBrowser {
    /// Opens the endpoint with these parameters, in their order.
    func logout(_ parameters: [(String, String)] = []) async throws -> TestResponse {
        let query = parameters.map { PercentEncoding.encode($0.0) + "=" + PercentEncoding.encode($0.1) }
        return try await get(query.isEmpty ? LogoutScene.path : LogoutScene.path + "?" + query.joined(separator: "&"))
    }

    /// What the authorization endpoint answers without asking: `code`, or the error.
    func silently() async throws -> String {
        let answer = try await get(SignInScene.path(["prompt": "none"]))
        let delivered = try #require(DeliveredAnswer(answer), "\(answer.status) \(answer.text)")
        return delivered.error ?? (delivered.code == nil ? delivered.url : "code")
    }
}

/// What came back.
enum LogoutOutcome: Equatable {
    case asks
    case signedOut
    case goes(String)
    case stays
    case refused(Int)

    init(_ response: TestResponse) throws {
        if response.status >= 400, response.status != 422 {
            self = .refused(response.status)
        } else if let delivered = DeliveredAnswer(response) {
            self = .goes(delivered.url)
        } else {
            let page = try ShownPage(response)
            switch page.heading {
            case "You are signed out": self = .signedOut
            case "You are signed in": self = .stays
            default: self = page.element(id: "logout-form") == nil ? .refused(response.status) : .asks
            }
        }
    }
}
