import LatchkeyTokens

/// What an operator should hear about a client that is valid but may not do what was meant.
struct ClientWarnings {
    let issuer: String

    func warnings(for client: Client) -> [String] {
        client.origins.compactMap(crossSite) + administration(of: client) + credentials(of: client)
    }

    /// `SameSite=Strict` cookies never arrive from another site. Sites are compared by scheme and the last two labels,
    /// which is only nearly right (a list of public suffixes would tell): a warning, not a refusal.
    private func crossSite(_ origin: String) -> String? {
        guard let ours = URIParts(issuer), let theirs = URIParts(origin), !Self.isSameSite(ours, theirs) else {
            return nil
        }
        return "\(origin) is another site than the issuer \(issuer): cookie transport will not work from there. "
            + "Serve both under one domain, or use transport body."
    }

    private func administration(of client: Client) -> [String] {
        guard client.allowedScope.contains(Scope.latchkeyAdmin) else { return [] }
        return [
            client.kind == .confidential
                ? "The client may ask for latchkey:admin with its own secret: whoever has that is administrator."
                : "The client may ask for latchkey:admin on behalf of administrators: keep it to your own tools."
        ]
    }

    private func credentials(of client: Client) -> [String] {
        guard client.kind == .public, !client.firstParty, client.redirectURIs.isEmpty else { return [] }
        return ["The client has no way to sign anybody in: add first_party, if it collects passwords itself."]
    }

    private static func isSameSite(_ left: URIParts, _ right: URIParts) -> Bool {
        guard left.scheme == right.scheme, let one = left.host, let other = right.host else { return false }
        if one == other { return true }
        // Addresses have no domain in common, and `localhost` has no parent.
        let labels = [one, other].map { $0.split(separator: ".") }
        guard labels.allSatisfy({ $0.count >= 2 && $0.last.flatMap { Int($0) } == nil }) else { return false }
        return labels[0].suffix(2) == labels[1].suffix(2)
    }
}
