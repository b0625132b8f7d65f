import LatchkeyTokens

/// Whether a redirect URI leads to a program on the user's machine, so that a person must click before it gets an
/// answer: any program there may ask in the name of a public client (RFC 8252 8.6), and browsers drop a redirect to an
/// application that no gesture caused.
///
/// | redirect URI | client | a click |
/// | --- | --- | --- |
/// | private scheme | any | yes |
/// | loopback | public | yes |
/// | loopback, of an origin that the client registered, and the issuer is plain http on loopback too | public | no: a web page in development |
/// | loopback | confidential | no: its secret says who redeems the code |
/// | https | any | no |
package enum AppRedirect {
    package static func needsClick(_ uri: String, client: Client, issuer: String) -> Bool {
        guard let parts = URIParts(uri) else { return true }
        if parts.scheme.equalsBytes(of: "https") { return false }
        guard parts.scheme.equalsBytes(of: "http"), parts.isLoopback else { return true }
        if client.kind == .confidential { return false }
        guard isInDevelopment(issuer), let origin = origin(of: parts) else { return true }
        return !client.origins.containsBytes(of: origin)
    }

    private static func isInDevelopment(_ issuer: String) -> Bool {
        guard let parts = URIParts(issuer) else { return false }
        return parts.scheme.equalsBytes(of: "http") && parts.isLoopback
    }

    /// As browsers write it (RFC 6454 6.2).
    private static func origin(of parts: URIParts) -> String? {
        parts.host.map { host in
            "\(parts.scheme)://\(host)" + (parts.port.map { $0 == 80 ? "" : ":\($0)" } ?? "")
        }
    }
}
