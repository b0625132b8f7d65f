package import HTTPTypes
package import LatchkeyCore
package import LatchkeyTokens

/// The cookie that carries a refresh token (RFC 6265; RFC 10017): one for each client, so that two applications on one
/// issuer do not overwrite each other's.
package struct RefreshCookie: Sendable, Equatable {
    private let form: CookieForm

    package init(_ form: CookieForm) { self.form = form }

    /// `__Host-latchkey_refresh_<client_id>`, or the development form.
    package func name(for client: ClientID) -> String { form.name("refresh_" + client.description) }

    /// The `Set-Cookie` line.
    /// - Parameter lifetime: the session's, in seconds.
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

    private var attributes: String { form.attributes(.strict) }
}
