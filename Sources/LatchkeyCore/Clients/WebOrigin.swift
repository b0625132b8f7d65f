/// An origin as browsers send it (RFC 6454 6.2): compared byte by byte, so only that spelling.
enum WebOrigin {
    /// - Throws: `invalid_request` with the form that is asked for.
    static func check(_ origin: String) throws(Refusal) {
        guard origin.utf8.count <= 300, let parts = URIParts(origin), parts.rest.isEmpty,
            let host = parts.host, origin == origin.lowercased()
        else {
            throw refused(
                "An origin has the form https://app.example.com or https://app.example.com:8443, "
                    + "in lower case, without path and final slash.")
        }
        switch parts.scheme {
        case "https":
            guard parts.port != 443 else { throw refused("An https origin is written without its port 443.") }
        case "http":
            guard parts.isLoopback else { throw refused("An http origin is for loopback hosts only: use https.") }
            guard parts.port != 80 else { throw refused("An http origin is written without its port 80.") }
        default: throw refused("An origin begins with https:// (or with http:// on a loopback host).")
        }
        guard !host.isEmpty else { throw refused("An origin names a host.") }
    }

    private static func refused(_ detail: String) -> Refusal { Refusal(.invalidRequest, detail) }
}
