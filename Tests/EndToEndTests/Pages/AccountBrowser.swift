import Foundation
import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import Synchronization
import TestSupport
import Testing

/// A browser that people use for their account: it keeps cookies and sends the forms of pages.
final class AccountBrowser: Sendable {
    let server: TestServer
    private let http: TestHTTP
    private let jar = Mutex<[String: String]>([:])

    init(_ server: TestServer) {
        self.server = server
        http = server.browser
    }

    var issuer: String { server.services.settings.issuer }
    var cookies: [String: String] { jar.withLock { $0 } }

    func get(_ path: String) async throws -> TestResponse {
        let own = path.hasPrefix(issuer) ? String(path.dropFirst(issuer.utf8.count)) : path
        return keep(try await http.get(own, headers: cookieField))
    }

    /// - Parameter origin: nil for none.
    func post(_ path: String, _ form: [(String, String)], origin: String?? = .none) async throws -> TestResponse {
        let sent = origin ?? issuer
        return keep(
            try await http.post(path, form: form, headers: cookieField + (sent.map { [("Origin", $0)] } ?? [])))
    }

    private var cookieField: [(String, String)] {
        let pairs = cookies.map { "\($0.key)=\($0.value)" }.sorted()
        return pairs.isEmpty ? [] : [("Cookie", pairs.joined(separator: "; "))]
    }

    private func keep(_ response: TestResponse) -> TestResponse {
        for line in response.all("Set-Cookie") {
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            jar.withLock { $0[String(pair[0])] = String(pair[1]) }
        }
        return response
    }

    // MARK: Ways

    /// Signs in on the page that a response shows or leads to.
    /// - Returns: the answer of the form.
    func signIn(
        _ response: TestResponse, name: String = "ada", password: String = TestServer.password
    ) async throws -> TestResponse {
        var page = response
        if let location = response[field: "Location"] { page = try await get(location) }
        #expect(page.status == 200 && page.text.contains("id=\"current-password\""), "\(page.text)")
        return try await post("/signin/password", page.hiddenFields + [("username", name), ("password", password)])
    }

    /// Opens a page of the account and signs in for it.
    func open(_ path: String) async throws -> TestResponse {
        let page = try await get(path)
        guard page.status == 303 else { return page }
        let answer = try await signIn(page)
        #expect(answer.status == 303 && answer[field: "Location"] == path, "\(answer.text)")
        return try await get(path)
    }

    /// Sends one of a page's forms, with the seal of the page.
    func act(
        _ path: String, on page: TestResponse, _ fields: [(String, String)] = []
    ) async throws -> TestResponse {
        let seal = try #require(page.hiddenFields.first { $0.0 == "seal" })
        return try await post(path, [seal] + fields)
    }

    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    /// Signs in to a client, which gets its tokens.
    func use(_ client: String) async throws -> TestResponse {
        let query = [
            ("client_id", client), ("redirect_uri", "https://orders.example.com/cb"), ("response_type", "code"),
            ("scope", "openid profile email"), ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ]
        .map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        var answer = try await get("/oauth2/authorize?\(query)")
        if answer.text.contains("id=\"current-password\"") { answer = try await signIn(answer) }
        if answer.text.contains("id=\"allow\"") {
            answer = try await post("/signin/consent", answer.hiddenFields + [("decision", "allow")])
        }
        let target = try #require(answer[field: "Refresh"] ?? answer[field: "Location"], "\(answer.text)")
        let code = try #require(target.split(separator: "code=").dropFirst().first?.prefix { $0 != "&" })
        return try await http.post(
            "/oauth2/token",
            form: [
                ("grant_type", "authorization_code"), ("code", String(code)), ("client_id", client),
                ("redirect_uri", "https://orders.example.com/cb"), ("code_verifier", Self.verifier),
            ])
    }
}

extension TestServer {
    /// A public client of somebody else, which asks for consent.
    func addForeignClient(_ id: String = "orders", name: String = "Orders") async throws {
        var draft = ClientDraft(id: try #require(ClientID(id)), kind: .public)
        draft.settings.redirectURIs = ["https://orders.example.com/cb"]
        draft.settings.name = name
        _ = try await services.clients.create(draft, actor: .operator)
    }
}

extension TestResponse {
    /// The unseen fields of the page's first form.
    var hiddenFields: [(String, String)] {
        let start = text.range(of: "<form")?.lowerBound ?? text.startIndex
        let end = text.range(of: "</form>", range: start..<text.endIndex)?.lowerBound ?? text.endIndex
        return text[start..<end].matches(of: /<input type="hidden" name="([^"]*)" value="([^"]*)">/).map {
            (Self.plain($0.1), Self.plain($0.2))
        }
    }

    private static func plain(_ text: Substring) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
            .reduce(String(text)) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }

    /// What the page says was done.
    var note: String? {
        text.firstMatch(of: /role="status"><p>([^<]*)</).map { String($0.1) }
    }

    /// The ids of the sessions in the order shown.
    var sessions: [String] { text.matches(of: /<dd><code>([0-9a-f-]{36})<\/code>/).map { String($0.1) } }
}
