package import LatchkeyTokens

/// What an administrator sets of a client.
///
/// A field is declared in this file and read from it by everything that knows fields: storage, admin API, command line,
/// OpenAPI. It has a property, with its type and what it is when nothing was set, and an entry in ``fields``. Only its
/// option on the command line stands elsewhere (`ClientFieldOptions`), and rules of its own (`ClientRules`).
package struct ClientSettings: Sendable, Equatable {
    package var firstParty = false
    package var origins: [String] = []
    package var redirectURIs: [String] = []
    package var loginURI: String?
    /// Empty: the issuer.
    package var audiences: [String] = []
    /// `nil`: ``Client/defaultScope``.
    package var scope: Scope?
    /// Those of a stored client are always written out: none means none.
    package var grants: [Client.Grant] = []
    /// `nil`: the issuer's, here and below.
    package var algorithm: JWSAlgorithm?
    package var accessLifetime: Duration?
    package var idleLifetime: Duration?
    package var absoluteLifetime: Duration?

    package init() {}

    package init(_ fill: (inout ClientSettings) throws -> Void) rethrows { try fill(&self) }

    /// What a client of this kind begins with.
    package init(defaultsFor kind: Client.Kind, among grants: [Client.Grant] = Client.Grant.all) {
        self.grants = Client.Grant.defaults(for: kind, among: grants)
    }
}

extension ClientSettings {
    /// All fields, in the order in which they are stored and shown.
    package static let fields: [ClientField] = [
        .flag(
            "first_party", \.firstParty, option: "first-party", title: "first party",
            "Whether it may collect passwords itself (/api/v1/login)."),
        .list(
            "origins", \.origins, most: 32, option: "origin", title: "origins",
            "Origins of a browser application, as scheme://host[:port]: for CORS and CSRF."),
        .list(
            "redirect_uris", \.redirectURIs, most: 32, option: "redirect-uri", title: "redirect URIs",
            "Exact redirect URIs."),
        .text(
            "login_uri", \.loginURI, option: "login-uri", title: "login URI", unset: "",
            "Page where its users sign in when they come from another host."),
        .list(
            "audiences", \.audiences, most: 8, option: "audience", title: "audiences", unset: "(the issuer)",
            "aud of its access tokens; by default the issuer."),
        .scope(
            "scope", \.scope, option: "scope", title: "scope", unset: "(the default list)",
            "What it may ask for, names separated by spaces; by default \(Client.defaultScope)."),
        .grants(
            "grants", \.grants, option: "grant", title: "grants",
            "What it may use at the token endpoint; by default what suits the kind."),
        .choice(
            "algorithm", \.algorithm, of: JWSAlgorithm.allCases.map { ($0.rawValue, $0) },
            alsoRead: ["Ed25519": .edDSA], option: "algorithm", title: "algorithm", unset: "(the issuer's)",
            "What its tokens are signed with; by default the issuer's."),
        .seconds(
            "access_ttl_seconds", \.accessLifetime, Settings.Tokens.shortestLifetime...Settings.Tokens.longestLifetime,
            option: "access-ttl", title: "access ttl", unset: "(the issuer's)", "Lifetime of its access tokens."),
        .seconds(
            "idle_ttl_seconds", \.idleLifetime, ClientRules.shortestSession...ClientRules.longestSession,
            option: "idle-ttl", title: "idle ttl", unset: "(the issuer's)",
            "Its sessions end when they are not refreshed for so long."),
        .seconds(
            "absolute_ttl_seconds", \.absoluteLifetime, ClientRules.shortestSession...ClientRules.longestSession,
            option: "absolute-ttl", title: "absolute ttl", unset: "(the issuer's)",
            "Its sessions end so long after the sign-in."),
    ]
}
