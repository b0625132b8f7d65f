/// The names and attributes of all our cookies: the only place that names a cookie.
package struct CookieForm: Sendable, Equatable {
    /// Whether the browser sends a cookie with requests that a link or redirect from another site causes.
    enum SameSite: String { case lax = "Lax", strict = "Strict" }

    /// Plain http on this machine: no `Secure`, hence no `__Host-` prefix either, because Safari drops Secure cookies
    /// there. Never for an issuer that other machines can reach.
    package let isDevelopment: Bool

    /// - Parameter issuer: the only thing that decides the form; headers of a request never do.
    package init(issuer: String) {
        isDevelopment = Self.isOnThisMachine(issuer: issuer)
    }

    /// `__Host-latchkey_<purpose>`, or the development form.
    func name(_ purpose: String) -> String { (isDevelopment ? "latchkey_dev_" : "__Host-latchkey_") + purpose }

    func attributes(_ sameSite: SameSite) -> String {
        (isDevelopment ? "Path=/; HttpOnly" : "Path=/; Secure; HttpOnly") + "; SameSite=\(sameSite.rawValue)"
    }

    private static func isOnThisMachine(issuer: String) -> Bool {
        guard issuer.hasPrefix("http://") else { return false }
        let authority = issuer.dropFirst("http://".count).prefix { $0 != "/" }
        let host =
            authority.first == "["
            ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        return host == "localhost" || host.hasSuffix(".localhost") || ClientAddress(String(host))?.isLoopback == true
    }
}
