/// A redirect URI that a client may register; compared byte by byte later (RFC 9700 2.1), loopback ports apart.
enum RedirectURI {
    /// - Throws: `invalid_request` with the form that is asked for.
    static func check(_ uri: String, kind: Client.Kind) throws(Refusal) {
        guard uri.utf8.count <= 512, let parts = URIParts(uri) else {
            throw refused("A redirect URI is an absolute URI of at most 512 ASCII characters.")
        }
        guard !uri.contains("#") else { throw refused("A redirect URI has no fragment: remove it.") }
        guard !uri.contains("*") else { throw refused("A redirect URI has no wildcard: register each URI.") }
        switch parts.scheme {
        case "https":
            guard parts.host != nil else { throw refused("An https redirect URI names a host.") }
        case "http":
            guard parts.isLoopback else { throw refused("An http redirect URI is for loopback hosts only: use https.") }
        default:
            // RFC 8252 7.1: a domain name in reverse, under the control of the application's maker.
            guard kind == .public, parts.scheme.contains("."), parts.scheme == parts.scheme.lowercased() else {
                throw refused(
                    "A redirect URI is https, http on a loopback host, or for public clients "
                        + "a scheme like com.example.app.")
            }
        }
    }

    private static func refused(_ detail: String) -> Refusal { Refusal(.invalidRequest, detail) }
}
