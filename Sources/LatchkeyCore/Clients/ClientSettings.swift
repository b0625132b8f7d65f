package import LatchkeyTokens

/// The settings of a client that an administrator makes.
///
/// A field is declared in this file, and everything that handles fields reads it from here: storage, admin API, command
/// line, OpenAPI. A field has a property, with its type and its value when nothing was set, and an entry in ``fields``.
/// Only its command-line option (`ClientFieldOptions`) and its rules (`ClientRules`) are elsewhere.
package struct ClientSettings: Sendable, Equatable {
    package var firstParty = false
    package var origins: [String] = []
    package var redirectURIs: [String] = []
    package var loginURI: String?
    /// Empty: the issuer.
    package var audiences: [String] = []
    /// `nil`: ``Client/defaultScope``.
    package var scope: Scope?
    /// Always written out for a stored client: an empty list means none.
    package var grants: [Client.Grant] = []
    /// `nil`: the issuer's, here and below.
    package var algorithm: JWSAlgorithm?
    package var accessLifetime: Duration?
    package var idleLifetime: Duration?
    package var absoluteLifetime: Duration?

    package init() {}

    package init(_ fill: (inout ClientSettings) throws -> Void) rethrows { try fill(&self) }

    /// The initial settings of a client of this kind.
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
            "Scopes that it may ask for, separated by spaces; by default \(Client.defaultScope)."),
        .grants(
            "grants", \.grants, option: "grant", title: "grants",
            "Grants that it may use at the token endpoint; the default depends on the kind."),
        .choice(
            "algorithm", \.algorithm, of: JWSAlgorithm.allCases.map { ($0.rawValue, $0) },
            alsoRead: ["Ed25519": .edDSA], option: "algorithm", title: "algorithm", unset: "(the issuer's)",
            "Algorithm that signs its tokens; by default the issuer's."),
        .seconds(
            "access_ttl_seconds", \.accessLifetime, Settings.Tokens.shortestLifetime...Settings.Tokens.longestLifetime,
            option: "access-ttl", title: "access ttl", unset: "(the issuer's)", "Lifetime of its access tokens."),
        .seconds(
            "idle_ttl_seconds", \.idleLifetime, ClientRules.shortestSession...ClientRules.longestSession,
            option: "idle-ttl", title: "idle ttl", unset: "(the issuer's)",
            "Its sessions end when they have not been refreshed for this long."),
        .seconds(
            "absolute_ttl_seconds", \.absoluteLifetime, ClientRules.shortestSession...ClientRules.longestSession,
            option: "absolute-ttl", title: "absolute ttl", unset: "(the issuer's)",
            "Its sessions end this long after the sign-in."),
    ]
}
