package import HTTPTypes
package import LatchkeyCore
package import LatchkeyTokens

/// The cookie that carries a refresh token (RFC 6265; RFC 10017): one for each client, so that two applications on one
/// issuer do not overwrite each other's.
package struct RefreshCookie: Sendable, Equatable {
    /// Plain http on this machine: no `Secure`, hence no `__Host-` prefix either, since Safari drops Secure cookies
    /// there. Never for an issuer that others can reach.
    package let isDevelopment: Bool

    /// - Parameter issuer: decides the form alone; headers of a request never do.
    package init(issuer: String) {
        isDevelopment = CookieForm.isDevelopment(issuer: issuer)
    }

    /// `__Host-latchkey_refresh_<client_id>`, or the development form.
    package func name(for client: ClientID) -> String {
        (isDevelopment ? "latchkey_dev_refresh_" : "__Host-latchkey_refresh_") + client.description
    }

    /// The `Set-Cookie` line.
    /// - Parameter lifetime: in seconds; the session's.
    package func line(_ token: RefreshTokenString, for client: ClientID, lifetime: Int) -> String {
        "\(name(for: client))=\(token.text); \(attributes); Max-Age=\(max(0, lifetime))"
    }

    /// The `Set-Cookie` line that makes a browser forget the cookie.
    package func clearing(for client: ClientID) -> String {
        "\(name(for: client))=; \(attributes); Max-Age=0"
    }

    /// The token in a request's cookie. Two cookies of the name count as none: one of them was planted.
    package func token(in fields: HTTPFields, for client: ClientID) -> String? {
        guard case .value(let text) = Cookies(fields)[name(for: client)], !text.isEmpty else { return nil }
        return text
    }

    /// Has the browser forget the cookie of a session that has ended, when the request brought that very one: the
    /// browser may hold another one of the same client.
    func forget(_ session: SessionID, of client: ClientID, _ request: Request, _ context: RequestContext) {
        guard let text = token(in: request.headers, for: client), RefreshToken(text)?.session == session else { return }
        context.browser.setCookie(clearing(for: client))
    }

    private var attributes: String {
        isDevelopment ? "Path=/; HttpOnly; SameSite=Strict" : "Path=/; Secure; HttpOnly; SameSite=Strict"
    }
}

/// Which form our cookies have.
enum CookieForm {
    /// Whether the issuer is plain http on this machine.
    static func isDevelopment(issuer: String) -> Bool {
        guard issuer.hasPrefix("http://") else { return false }
        let authority = issuer.dropFirst("http://".count).prefix { $0 != "/" }
        let host =
            authority.first == "["
            ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        return host == "localhost" || host.hasSuffix(".localhost") || ClientAddress(String(host))?.isLoopback == true
    }
}

/// The two conditions on every request that lives by a cookie (DESIGN 8): a header that no form and no plain cross-site
/// request can carry, and a good origin. A pure function of the header fields.
package enum CSRFCheck {
    /// - Parameter origins: those of the request's own client.
    /// - Throws: `Refusal` `csrf_rejected`; then nothing was looked at and nothing changed.
    package static func pass(_ fields: HTTPFields, origins: [String]) throws(Refusal) {
        guard let sent = only(fields[values: .latchkeyCSRF]), sent.equalsBytes(of: "1") else {
            throw Refusal(.csrfRejected, "Requests that use the cookie need the header X-Latchkey-CSRF: 1.")
        }
        guard hasGoodOrigin(fields, origins: origins) else {
            throw Refusal(.csrfRejected, "The request does not come from an origin that is registered for this client.")
        }
    }

    /// A login that a browser sends from another site could set no usable cookie: Strict ones do not come back there.
    /// Told before the password is looked at, and whatever `Origin` says.
    /// - Throws: `Refusal` `cookie_transport_cross_site`.
    package static func refuseCrossSite(_ fields: HTTPFields) throws(Refusal) {
        guard !fields[values: .secFetchSite].containsBytes(of: "cross-site") else {
            throw Refusal(
                .cookieTransportCrossSite,
                "Cookies work only when application and issuer are on one site: serve both there, or use transport body."
            )
        }
    }

    /// `Origin`, when present, decides alone; only without it does the browser's word count that the page is ours.
    private static func hasGoodOrigin(_ fields: HTTPFields, origins: [String]) -> Bool {
        let sent = fields[values: .origin]
        guard sent.isEmpty else { return only(sent).map { origins.containsBytes(of: $0) } ?? false }
        return only(fields[values: .secFetchSite])?.equalsBytes(of: "same-origin") ?? false
    }

    private static func only(_ values: [String]) -> String? { values.count == 1 ? values[0] : nil }
}

extension HTTPField.Name {
    // The names are valid tokens; the fallbacks only satisfy the failable initialiser.
    package static let latchkeyCSRF = HTTPField.Name("X-Latchkey-CSRF") ?? .server
    package static let secFetchSite = HTTPField.Name("Sec-Fetch-Site") ?? .server
}
