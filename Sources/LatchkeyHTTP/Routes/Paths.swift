import LatchkeyTokens

/// The paths of our own API outside of its administration, and of OAuth and discovery: for the routes, and for their
/// callers. Absolute, with `{name}` for a captured segment.
package enum PublicPath {
    package static let metadata = "/.well-known/oauth-authorization-server"
    package static let openIDConfiguration = "/.well-known/openid-configuration"
    package static let keySet = "/.well-known/jwks.json"
    package static let revocations = "/revocations"
    package static let signedRevocations = "/revocations.jwt"
    package static let authorize = "/oauth2/authorize"
    package static let userInfo = "/oauth2/userinfo"
    package static let endSession = "/oauth2/logout"
    package static let token = "/oauth2/token"
    package static let revoke = "/oauth2/revoke"
    package static let introspect = "/oauth2/introspect"
    package static let login = "/api/v1/login"
    package static let refresh = "/api/v1/refresh"
    package static let logout = "/api/v1/logout"
    package static let me = "/api/v1/me"
    package static let deleteMe = "/api/v1/me/delete"
    package static let password = "/api/v1/password"
    package static let session = "/api/v1/session"
    package static let ownSessions = "/api/v1/sessions"
    package static let ownSession = "/api/v1/sessions/{sid}"
    package static let revokeOthers = "/api/v1/sessions/revoke-others"
    package static let start = "/start"
    package static let callback = "/callback"
    package static let forwardAuth = "/forward-auth"
    package static let liveness = "/healthz"
    package static let readiness = "/readyz"
    package static let metrics = "/metrics"
    package static let openAPI = "/openapi.json"
}

/// The paths of the admin API, in the same form.
package enum AdminPath {
    private static let base = "/api/v1/admin"

    package static let users = base + "/users"
    package static let usersImport = users + "/import"
    package static let oneUser = users + "/{user}"
    package static let passwordOfUser = oneUser + "/password"
    package static let disableUser = oneUser + "/disable"
    package static let enableUser = oneUser + "/enable"
    package static let clients = base + "/clients"
    package static let oneClient = clients + "/{client}"
    package static let disableClient = oneClient + "/disable"
    package static let enableClient = oneClient + "/enable"
    package static let rotateSecretOfClient = oneClient + "/rotate-secret"
    package static let sessions = base + "/sessions"
    package static let oneSession = sessions + "/{sid}"
    package static let explainSession = oneSession + "/explain"
    package static let keys = base + "/keys"
    package static let keysRotate = keys + "/rotate"
    package static let keysImport = keys + "/import"
    package static let masterKeyRotate = base + "/master-key/rotate"
    package static let revocations = base + "/revocations"
    package static let oneRevocation = revocations + "/{seq}"
    package static let consumers = base + "/consumers"
    package static let streams = base + "/streams"
    package static let oneStream = streams + "/{stream}"
    package static let audit = base + "/audit"
    package static let statistics = base + "/stats"
    package static let tokens = base + "/tokens"

    /// The path of a template whose one captured segment is `text`, percent-encoded.
    package static func path(_ template: String, _ text: String) -> String {
        let bytes = template.utf8
        guard let start = bytes.firstIndex(of: UInt8(ascii: "{")), let end = bytes.firstIndex(of: UInt8(ascii: "}"))
        else { preconditionFailure("\(template) captures nothing") }
        return template[..<start] + URLQuery.encoded(text) + template[bytes.index(after: end)...]
    }
}
