import LatchkeyCore
import LatchkeyTokens

/// Who may read the revocation list: anyone, or with `revocations.access = clients` authenticated services.
final class ListReaderGate: Sendable {
    private let access: Settings.Revocations.Access
    private let bearer: BearerVerifier
    private let clients: ClientGate

    init(access: Settings.Revocations.Access, bearer: BearerVerifier, clients: ClientGate) {
        self.access = access
        self.bearer = bearer
        self.clients = clients
    }

    /// - Returns: the client that asks; nil where anyone may read.
    /// - Throws: `Refusal` `bearer_missing`, `invalid_token`, `invalid_client`, `insufficient_scope`.
    func admit(_ request: Request, _ context: RequestContext) async throws -> ClientID? {
        guard access == .clients else { return nil }
        if let token = try BearerToken(request.headers) {
            // The list itself is served from memory, however old that is, and says how old it is.
            let claims = try bearer.verifyByMemory(token.text).claims
            // A user's token is not enough: entries link users, which is why access was restricted.
            guard claims.sessionID == nil, claims.subject == claims.clientID.description else {
                throw Refusal(.insufficientScope, "The list is for services: use a token of the client itself.")
            }
            return claims.clientID
        }
        let presented = try ClientAuthentication(request.headers, bodyID: nil, bodySecret: nil)
        guard presented != nil else {
            throw Refusal(
                .bearerMissing,
                "The list is for services: send a client's access token, or authenticate with HTTP Basic.")
        }
        return try await clients.authenticate(presented, .confidential, context).id
    }
}
