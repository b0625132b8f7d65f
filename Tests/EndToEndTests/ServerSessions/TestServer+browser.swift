import AsyncHTTPClient
import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Short ways through server sessions.
extension TestServer {
    static let appOrigin = "https://app.example.com"
    static let callback = "https://app.example.org/latchkey/callback"
    static let audience = "https://api.example.com"
    /// What a page of the application sends with a request that lives by a cookie.
    static let page = [("X-Latchkey-CSRF", "1"), ("Origin", appOrigin), ("Sec-Fetch-Site", "same-origin")]

    /// Requests whose redirects are shown.
    var browser: TestHTTP { TestHTTP(base: http.base, client: .withoutRedirects) }

    /// A first-party client with an origin, a login page, a callback and an audience of its own.
    @discardableResult
    func addWebClient(
        _ id: String = "web", kind: Client.Kind = .public, origins: [String] = [TestServer.appOrigin],
        redirectURIs: [String] = [TestServer.callback], loginURI: String? = "https://auth.example.com/login?page=1",
        firstParty: Bool = true, idle: Duration? = nil, absolute: Duration? = nil
    ) async throws -> ClientSecret? {
        var draft = ClientDraft(id: try #require(ClientID(id)), kind: kind)
        draft.settings.firstParty = firstParty
        draft.settings.origins = origins
        draft.settings.redirectURIs = redirectURIs
        draft.settings.loginURI = loginURI
        draft.settings.audiences = [Self.audience]
        draft.settings.scope = Scope("openid orders latchkey:account")
        draft.settings.idleLifetime = idle
        draft.settings.absoluteLifetime = absolute
        return try await services.clients.create(draft, actor: .operator).secret
    }

    func signIn(
        _ name: String = "ada", client: String = "web", headers: [(String, String)] = TestServer.page,
        more: [String: JSONValue] = [:]
    ) async throws -> TestResponse {
        let body: [String: JSONValue] = [
            "username": .string(name), "password": .string(Self.password), "client_id": .string(client),
            "transport": "session",
        ]
        return try await browser.post("/api/v1/login", json: body.merging(more) { $1 }, headers: headers)
    }

    /// The pair of a session cookie that works.
    func signedIn(_ name: String = "ada", client: String = "web") async throws -> String {
        let response = try await signIn(name, client: client)
        return try #require(response.cookie("latchkey_dev_session"), "\(response.text)")
    }

    /// What the application's backend asks with the browser's cookie.
    func session(_ cookie: String?, client: String? = nil) async throws -> TestResponse {
        try await browser.get(
            "/api/v1/session" + (client.map { "?client_id=\($0)" } ?? ""),
            headers: cookie.map { [("Cookie", $0)] } ?? [])
    }

    func logOut(_ cookie: String?, client: String = "web", headers: [(String, String)] = page) async throws
        -> TestResponse
    {
        try await browser.post(
            "/api/v1/logout", json: ["client_id": .string(client)],
            headers: headers + (cookie.map { [("Cookie", $0)] } ?? []))
    }

    /// What a proxy asks.
    func forward(
        _ query: String, cookie: String? = nil, bearer: String? = nil, headers: [(String, String)] = []
    ) async throws -> TestResponse {
        try await browser.get(
            "/forward-auth?\(query)",
            headers: headers + (cookie.map { [("Cookie", $0)] } ?? [])
                + (bearer.map { [("Authorization", "Bearer \($0)")] } ?? []))
    }
}

extension TestResponse {
    /// The name and value of a cookie that the answer sets; nil when it sets none of that name, or takes it away.
    func cookie(_ name: String) -> String? {
        let line = all("Set-Cookie").first { $0.hasPrefix(name + "=") && !$0.hasPrefix(name + "=;") }
        return line.map { String($0.prefix { $0 != ";" }) }
    }

    /// Whether the answer makes the browser forget a cookie.
    func forgets(_ name: String) -> Bool {
        all("Set-Cookie").contains { $0.hasPrefix(name + "=;") && $0.hasSuffix("Max-Age=0") }
    }

    /// A parameter of the URL that the answer sends the browser to.
    func redirected(_ name: String) -> String? {
        (self[field: "Location"] ?? self["redirect_to"]).flatMap { URLParameters.value(name, in: $0) }
    }
}

/// Reads a URL's query as browsers do.
enum URLParameters {
    static func value(_ name: String, in url: String) -> String? {
        guard let query = url.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
        let pair = query.split(separator: "&").first { $0.hasPrefix(name + "=") }
        return pair.flatMap { String($0.dropFirst(name.count + 1)).removingPercentEncoding }
    }
}
