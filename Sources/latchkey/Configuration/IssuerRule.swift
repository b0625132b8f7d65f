import Foundation
package import LatchkeyHTTP

/// The required form of an issuer identifier (RFC 8414 section 2), and the default on loopback.
package enum IssuerRule {
    /// Accepts an https URL without query and fragment, or http on a loopback host.
    /// - Throws: ``ConfigurationError`` that says what is wrong.
    package static func check(_ issuer: String) throws(ConfigurationError) {
        func refuse(_ reason: String) -> ConfigurationError {
            ConfigurationError("`issuer` is \(issuer), but \(reason), for instance https://auth.example.com.")
        }
        guard issuer.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let url = URLComponents(string: issuer),
            let scheme = url.scheme, let host = url.host, !host.isEmpty
        else { throw refuse("must be a URL") }
        guard url.query == nil, url.fragment == nil, !issuer.contains("?"), !issuer.contains("#") else {
            throw refuse("must have no query and no fragment")
        }
        guard url.user == nil, url.password == nil else { throw refuse("must not contain a user name") }
        guard !issuer.hasSuffix("/") else { throw refuse("must not end with a slash") }
        switch scheme {
        case "https": return
        case "http" where isLoopback(host): return
        case "http": throw refuse("plain http is for localhost only; use https")
        default: throw refuse("must begin with https://")
        }
    }

    /// The issuer when none is configured: on loopback, the first address's port on localhost.
    /// - Throws: ``ConfigurationError`` when a listen address is reachable from other machines, or its port is not
    ///   known.
    package static func assumed(
        listen: [ListenAddress], isTLS: Bool
    ) throws(ConfigurationError) -> String {
        let remote = listen.first { !$0.isLoopback }
        if let remote {
            throw ConfigurationError(
                "`issuer` must be set, because `listen` has \(remote), which other machines can reach: give the public URL, "
                    + "for instance --issuer https://auth.example.com.")
        }
        guard case .tcp(_, let port)? = listen.first, port != 0 else {
            throw ConfigurationError(
                "`issuer` must be set when the system chooses the port, "
                    + "for instance --issuer http://localhost:8080.")
        }
        return "\(isTLS ? "https" : "http")://localhost:\(port)"
    }

    static func isLoopback(_ host: String) -> Bool {
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        return bare == "localhost" || bare.hasSuffix(".localhost") || ClientAddress(bare)?.isLoopback == true
    }
}
