package import LatchkeyCore
import LatchkeyTokens

/// The metadata of this server (RFC 8414 2, OpenID Connect Discovery 1.0 section 3) and its location. One document for
/// both: each standard ignores the other's members, and two documents could differ.
package struct AuthorizationServerMetadata: Sendable, Equatable {
    package let issuer: String
    /// The grants of the token endpoint.
    package let grants: [Client.Grant]
    /// Whether there are event endpoints, and therefore their scope.
    package let sendsEvents: Bool
    /// Whether it contains `status_list_aggregation_endpoint` (Token Status List, section 9.1).
    package let offersStatusLists: Bool

    package init(
        issuer: String, grants: [Client.Grant] = Client.Grant.all, sendsEvents: Bool = false,
        offersStatusLists: Bool = false
    ) {
        self.issuer = issuer
        self.grants = grants
        self.sendsEvents = sendsEvents
        self.offersStatusLists = offersStatusLists
    }

    /// The paths at which the document answers as authorization server metadata: the plain one, and for an issuer with
    /// a path also the one that RFC 8414 3.1 builds by inserting the well-known part between host and path. A proxy
    /// that maps the issuer's path to this server passes either. OpenID Connect appends its well-known part instead, so
    /// behind such a proxy its document is at `PublicPath.openIDConfiguration` alone.
    package var paths: [String] { WellKnownPaths.paths(PublicPath.metadata, issuer: issuer) }

    /// The document as JSON.
    package func encode() -> [UInt8] {
        JSONWriter.object(reserving: 4096) { json in
            json.member("issuer", issuer)
            json.member("jwks_uri", issuer + PublicPath.keySet)
            json.member("scopes_supported", scopes)
            writeAuthorization(&json)
            writeClients(&json)
            writeOpenID(&json)
            // Ours, not registered: Divergences.md of LatchkeyCore.
            json.member("revocation_list_uri", issuer + PublicPath.revocations)
            if offersStatusLists {
                json.member("status_list_aggregation_endpoint", issuer + StatusLists.path)
            }
        }
    }

    /// The authorization endpoint.
    private func writeAuthorization(_ json: inout JSONWriter) {
        json.member("authorization_endpoint", issuer + PublicPath.authorize)
        json.member("response_types_supported", ["code"])
        json.member("response_modes_supported", AuthorizationRequest.ResponseMode.allCases.map(\.rawValue))
        json.member("code_challenge_methods_supported", ["S256"])
        json.member("authorization_response_iss_parameter_supported", true)
        json.member("prompt_values_supported", PromptCheck.names.map(\.name))
        json.member("ui_locales_supported", ["en", "de"])
        json.member("request_parameter_supported", false)
        // Absent would mean true (Discovery 1.0 section 3).
        json.member("request_uri_parameter_supported", false)
        json.member("claims_parameter_supported", false)
    }

    /// The endpoints that clients call.
    private func writeClients(_ json: inout JSONWriter) {
        let methods = ["client_secret_basic", "client_secret_post", "none"]
        json.member("token_endpoint", issuer + PublicPath.token)
        json.member("grant_types_supported", grants.map(\.name))
        json.member("token_endpoint_auth_methods_supported", methods)
        json.member("revocation_endpoint", issuer + PublicPath.revoke)
        json.member("revocation_endpoint_auth_methods_supported", methods)
        json.member("introspection_endpoint", issuer + PublicPath.introspect)
        json.member("introspection_endpoint_auth_methods_supported", Array(methods.dropLast()))
    }

    /// ID tokens, UserInfo, logout.
    private func writeOpenID(_ json: inout JSONWriter) {
        json.member("userinfo_endpoint", issuer + PublicPath.userInfo)
        json.member("end_session_endpoint", issuer + PublicPath.endSession)
        json.member("subject_types_supported", ["public"])
        json.member("id_token_signing_alg_values_supported", JWSAlgorithm.allCases.map(\.rawValue))
        json.member("acr_values_supported", Self.acrValues)
        json.member("claims_supported", Self.claims)
    }

    /// From the weakest to the strongest.
    private static let acrValues = ["urn:latchkey:1fa"]

    /// Of ID tokens and of UserInfo; a deployment may configure further ones.
    private static let claims = [
        "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "name",
        "preferred_username", "email", "email_verified", "locale", "zoneinfo", "updated_at",
    ]

    private var scopes: [String] {
        [
            "openid", "profile", "email", "address", "phone", "offline_access", Scope.latchkeyAccount,
            Scope.latchkeyAdmin,
        ]
            + (sendsEvents ? [Scope.latchkeyEvents] : [])
    }
}
