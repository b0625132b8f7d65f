import LatchkeyTokens

/// What a client may be registered as. Pure: takes a client, and returns it without repetitions or says what to change.
struct ClientRules {
    /// No session of ours lives longer (RFC 6265bis caps cookies at 400 days).
    static let longestSession: Duration = .seconds(400 * 86400)
    /// A session shorter than the shortest access token makes no sense.
    static let shortestSession = Settings.Tokens.shortestLifetime

    let settings: Settings

    func validated(_ client: Client) throws(Refusal) -> Client {
        var client = client
        client.settings.origins = Self.unique(client.origins)
        client.settings.redirectURIs = Self.unique(client.redirectURIs)
        client.settings.postLogoutRedirectURIs = Self.unique(client.postLogoutRedirectURIs)
        client.settings.audiences = Self.unique(client.audiences)
        client.settings.grants = Client.Grant.all.filter(client.grants.contains)
        for field in ClientSettings.fields { try checkBounds(of: field, in: client.settings) }
        try checkOrigins(of: client)
        for uri in client.redirectURIs + client.postLogoutRedirectURIs {
            try RedirectURI.check(uri, kind: client.kind)
        }
        if let uri = client.loginURI { try LoginURI.check(uri) }
        try checkAudiences(of: client)
        try checkScope(of: client)
        try checkGrants(of: client)
        try checkLifetimes(of: client)
        try checkSignIn(of: client)
        try checkShown(of: client)
        return client
    }

    /// The limits that a field declares.
    private func checkBounds(of field: ClientField, in settings: ClientSettings) throws(Refusal) {
        guard let value = field.value(in: settings) else { return }
        switch field.form {
        case .list(let most):
            guard value.array?.count ?? 0 <= most else { throw refused("A client has at most \(most) \(field.title).") }
        case .seconds(let range):
            guard let seconds = value.integer, range.contains(seconds) else {
                throw refused(
                    "The member \(field.name) must be \(range.lowerBound) to \(range.upperBound), in whole seconds.")
            }
        case .flag, .text, .words, .choice, .choices: return
        }
    }

    private func checkOrigins(of client: Client) throws(Refusal) {
        guard !client.origins.isEmpty else { return }
        guard client.kind == .public || client.firstParty else {
            throw refused(
                "Origins are for public clients and for first_party ones, whose users sign in by cookie: "
                    + "register a public client or add first_party.")
        }
        for origin in client.origins { try WebOrigin.check(origin) }
    }

    private func checkAudiences(of client: Client) throws(Refusal) {
        for audience in client.audiences {
            guard AudienceForm.isValid(audience) else {
                throw refused(
                    "An audience is an absolute URI without fragment, or a name of letters, digits and . _ -, "
                        + "of at most 256 characters.")
            }
            guard !audience.equalsBytes(of: settings.apiAudience) else {
                throw refused(
                    "This audience is the API of this server, which no client may claim: "
                        + "ask for the scope latchkey:account or latchkey:admin instead.")
            }
        }
    }

    private func checkScope(of client: Client) throws(Refusal) {
        guard let scope = client.scope else { return }
        guard !scope.isEmpty else { throw refused("The scope is empty: name at least one, or leave it out.") }
        let own = [Scope.latchkeyAccount, Scope.latchkeyAdmin, Scope.latchkeyEvents]
        guard scope.tokens.allSatisfy({ !$0.hasPrefix(Scope.latchkeyPrefix) || own.contains($0) }) else {
            throw refused(
                "The only scopes that begin with latchkey: are latchkey:account, latchkey:admin and latchkey:events."
            )
        }
    }

    private func checkGrants(of client: Client) throws(Refusal) {
        for grant in client.grants where !grant.kinds.contains(client.kind) {
            throw refused(
                client.kind == .public
                    ? "The grant \(grant.name) needs a secret: make the client confidential."
                    : "The grant \(grant.name) is for public clients.")
        }
    }

    private func checkLifetimes(of client: Client) throws(Refusal) {
        for lifetime in [client.accessLifetime, client.idleLifetime, client.absoluteLifetime] {
            guard lifetime.map(Self.isWhole) ?? true else { throw refused("A lifetime is a number of whole seconds.") }
        }
        // A client without an idle lifetime of its own gets the issuer's, capped at its absolute lifetime.
        if let idle = client.idleLifetime {
            guard idle <= client.absoluteLifetime ?? settings.refresh.absoluteLifetime else {
                throw refused("The idle lifetime is longer than the absolute one: shorten it or lengthen the other.")
            }
        }
    }

    private func checkSignIn(of client: Client) throws(Refusal) {
        // RFC 9700 2.1.1: without a secret, nothing but the challenge binds a code to the client that asked for it.
        guard client.pkce == .required || client.kind == .confidential else {
            throw refused("PKCE is optional for confidential clients only: make it required.")
        }
    }

    private func checkShown(of client: Client) throws(Refusal) {
        if let name = client.name {
            guard OneLineText.isName(name, longest: ClientSettings.longestName) else {
                throw refused(
                    "A client's name has 1 to \(ClientSettings.longestName) characters, no control characters, "
                        + "and no space at either end.")
            }
        }
        for uri in [client.clientURI, client.policyURI, client.termsURI].compactMap(\.self) {
            guard uri.utf8.count <= 512, let parts = URIParts(uri), parts.scheme.equalsBytes(of: "https"),
                parts.host != nil
            else {
                throw refused(
                    "The members client_uri, policy_uri and tos_uri are https URLs of at most 512 characters.")
            }
        }
    }

    private func refused(_ detail: String) -> Refusal { Refusal(.invalidRequest, detail) }

    private static func isWhole(_ duration: Duration) -> Bool { duration.components.attoseconds == 0 }

    private static func unique(_ values: [String]) -> [String] {
        // By bytes: a value that is only equivalent to an earlier one must be checked itself.
        var seen: Set<[UInt8]> = []
        return values.filter { seen.insert(Array($0.utf8)).inserted }
    }
}

/// Warnings about a client that is valid but may not do what was intended.
struct ClientWarnings {
    let issuer: String
    var sentences = ScopeSentences()

    func warnings(for client: Client) -> [String] {
        client.origins.compactMap(crossSite) + administration(of: client) + credentials(of: client)
            + loginPage(of: client) + consent(of: client)
    }

    /// People who are asked for something that has only a name do not know what they agree to.
    private func consent(of client: Client) -> [String] {
        guard client.consent == .ask, client.usesAuthorizationCodes else { return [] }
        let missing = sentences.missing(in: client.allowedScope)
        guard !missing.isEmpty else { return [] }
        return [
            "People who are asked for consent see only the name of \(missing.joined(separator: " and ")): say what it "
                + "gives in the configuration, pages.scopes."
        ]
    }

    /// A login page on the issuer's host signs in with requests of its own origin.
    private func loginPage(of client: Client) -> [String] {
        guard let uri = client.loginURI, let parts = URIParts(uri), let host = parts.host else { return [] }
        guard client.firstParty, !client.redirectURIs.isEmpty else {
            return ["login_uri works only with first_party and a redirect URI: add what is missing."]
        }
        let origin = "\(parts.scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
        guard !client.origins.contains(origin) else { return [] }
        return [
            "The login page is at \(origin), which is not among the origins: add it, or users cannot sign in there."
        ]
    }

    /// `SameSite=Strict` cookies never arrive from another site. Sites are compared by scheme and the last two labels.
    /// That is only nearly right (a list of public suffixes would be exact), so this is a warning, not a refusal.
    private func crossSite(_ origin: String) -> String? {
        guard let ours = URIParts(issuer), let theirs = URIParts(origin), !Self.isSameSite(ours, theirs) else {
            return nil
        }
        return "\(origin) and the issuer \(issuer) are on different sites: cookie transport will not work from there. "
            + "Serve both under one domain, or use transport body, or transport session on the application's own host."
    }

    private func administration(of client: Client) -> [String] {
        guard client.allowedScope.contains(Scope.latchkeyAdmin) else { return [] }
        return [
            client.kind == .confidential
                ? "The client may ask for latchkey:admin with its own secret: anybody who has the secret is an administrator."
                : "The client may ask for latchkey:admin on behalf of administrators: keep it to your own tools."
        ]
    }

    private func credentials(of client: Client) -> [String] {
        guard client.kind == .public, !client.firstParty, client.redirectURIs.isEmpty else { return [] }
        return [
            "The client has no way to sign users in: add a redirect URI to send them to the sign-in pages, or "
                + "first_party if it collects passwords itself."
        ]
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
