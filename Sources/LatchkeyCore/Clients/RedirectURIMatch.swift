import LatchkeyTokens

/// Whether a redirect URI of a request is one that the client registered.
///
/// | registered | client | what matches |
/// | --- | --- | --- |
/// | `http://127.0.0.1…`, `http://[::1]…`, `http://localhost…` | public | the same bytes with any port, or none (RFC 8252 7.3) |
/// | anything else | any | the same bytes (RFC 9700 2.1) |
///
/// Nothing is decoded, lower-cased or resolved: two spellings of one address are two addresses here. A rule that is
/// cleverer than the browser's is how codes leak.
package enum RedirectURIMatch {
    /// The hosts whose port an application cannot know before it listens.
    private static let loopback = ["http://127.0.0.1", "http://[::1]", "http://localhost"]

    package static func matches(_ uri: String, registered: String, kind: Client.Kind) -> Bool {
        if uri.equalsBytes(of: registered) { return true }
        guard kind == .public,
            let known = split(registered), let asked = split(uri)
        else { return false }
        return known.host.equalsBytes(of: asked.host) && known.rest.elementsEqual(asked.rest)
    }

    /// The loopback host of a URI, and what follows its port; nil for any other URI, and for a port that is not 1 to
    /// 65535 in its only spelling.
    private static func split(_ uri: String) -> (host: String, rest: Substring.UTF8View)? {
        guard let host = loopback.first(where: { uri.beginsWithBytes(of: $0) }) else { return nil }
        var rest = uri.utf8.dropFirst(host.utf8.count)
        if rest.first == UInt8(ascii: ":") {
            let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...5).contains(digits.count), digits.first != UInt8(ascii: "0"),
                digits.reduce(0, { $0 * 10 + Int($1 - UInt8(ascii: "0")) }) <= 65535
            else { return nil }
            rest = rest.dropFirst(1 + digits.count)
        }
        // The host ends here, or it is the beginning of another one.
        guard rest.first.map({ "/?".utf8.contains($0) }) ?? true else { return nil }
        return (host, rest)
    }
}

extension Client {
    /// Whether an authorization request may send its answer there: see ``RedirectURIMatch``.
    package func registers(redirectURI uri: String) -> Bool {
        self.redirectURIs.contains { RedirectURIMatch.matches(uri, registered: $0, kind: kind) }
    }
}
