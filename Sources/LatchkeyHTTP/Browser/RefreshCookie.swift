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
        isDevelopment = Self.isLoopbackHTTP(issuer)
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

    private var attributes: String {
        isDevelopment ? "Path=/; HttpOnly; SameSite=Strict" : "Path=/; Secure; HttpOnly; SameSite=Strict"
    }

    private static func isLoopbackHTTP(_ issuer: String) -> Bool {
        guard issuer.hasPrefix("http://") else { return false }
        let authority = issuer.dropFirst("http://".count).prefix { $0 != "/" }
        let host =
            authority.first == "["
            ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        return host == "localhost" || host.hasSuffix(".localhost") || ClientAddress(String(host))?.isLoopback == true
    }
}
