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
    /// `nil`: the client id.
    package var name: String?
    package var consent = Consent.ask
    package var pkce = PKCE.required
    package var postLogoutRedirectURIs: [String] = []
    /// `nil`: RS256, the one that every relying party can verify (OpenID Connect Core 15.1).
    package var idTokenAlgorithm: JWSAlgorithm?
    package var idTokenClaims = false
    package var accessTokenType = AccessTokenType.accessToken
    package var essentialACR = false
    package var policyURI: String?
    package var termsURI: String?
    package var clientURI: String?

    /// Whether its users are asked before it gets something (OpenID Connect Core 3.1.2.4).
    package enum Consent: String, Sendable, CaseIterable { case ask, never }

    /// Whether an authorization request needs a challenge (RFC 7636). One that is sent counts in either case.
    package enum PKCE: String, Sendable, CaseIterable { case required, optional }

    /// `typ` of its access tokens.
    package enum AccessTokenType: String, Sendable, CaseIterable {
        /// RFC 9068 2.1.
        case accessToken = "at+jwt"
        /// For services whose library refuses any other type.
        case plain = "JWT"
    }

    package init() {}

    package init(_ fill: (inout ClientSettings) throws -> Void) rethrows { try fill(&self) }

    /// The initial settings of a client of this kind.
    package init(defaultsFor kind: Client.Kind, among grants: [Client.Grant] = Client.Grant.all) {
        self.grants = Client.Grant.defaults(for: kind, among: grants)
    }
}

extension ClientSettings {
    /// In code points.
    package static let longestName = 64

    /// All fields, in the order in which they are stored and shown.
    package static let fields: [ClientField] =
        [
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
                "access_ttl_seconds", \.accessLifetime,
                Settings.Tokens.shortestLifetime...Settings.Tokens.longestLifetime,
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
        + signInFields + aboutFields

    /// What happens at the authorization endpoint and after it.
    private static let signInFields: [ClientField] = [
        .choice(
            "consent", \.consent, option: "consent", title: "consent",
            "Whether its users are asked before it gets access to their data."),
        .choice(
            "pkce", \.pkce, option: "pkce", title: "PKCE",
            "Whether its authorization requests need a code_challenge; optional is for confidential clients only."),
        .list(
            "post_logout_redirect_uris", \.postLogoutRedirectURIs, most: 32, option: "post-logout-redirect-uri",
            title: "post-logout redirect URIs", "Exact URIs where its users may be sent after they have signed out."),
        .choice(
            "id_token_algorithm", \.idTokenAlgorithm, of: JWSAlgorithm.allCases.map { ($0.rawValue, $0) },
            alsoRead: ["Ed25519": .edDSA], option: "id-token-algorithm", title: "ID token algorithm",
            unset: "RS256", "Algorithm that signs its ID tokens; by default RS256."),
        .flag(
            "id_token_claims", \.idTokenClaims, option: "id-token-claims", title: "claims in ID token",
            "Whether its ID tokens contain the claims about the user too, which are otherwise only in UserInfo."),
        .choice(
            "access_token_typ", \.accessTokenType, option: "access-token-typ", title: "access token typ",
            "typ of its access tokens; JWT is for services that refuse at+jwt."),
        .flag(
            "essential_acr", \.essentialACR, option: "essential-acr", title: "essential acr",
            "Whether a sign-in fails when it cannot reach any of the acr_values that were asked for."),
    ]

    /// What people are shown about it.
    private static let aboutFields: [ClientField] = [
        .text(
            "name", \.name, option: "name", title: "name", unset: "(the id)",
            "Name that people are shown; by default the id."),
        .text(
            "client_uri", \.clientURI, option: "client-uri", title: "client URI", unset: "",
            "Page about it, for its users (https)."),
        .text(
            "policy_uri", \.policyURI, option: "policy-uri", title: "policy URI", unset: "",
            "Page that says how it uses personal data (https)."),
        .text(
            "tos_uri", \.termsURI, option: "tos-uri", title: "terms URI", unset: "", "Its terms of service (https)."),
    ]
}
