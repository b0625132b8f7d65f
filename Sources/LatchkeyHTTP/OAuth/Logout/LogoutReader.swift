package import LatchkeyCore
import LatchkeyTokens

/// Reads logout requests (OpenID Connect RP-Initiated Logout 1.0, section 2).
///
/// | parameter | then |
/// | --- | --- |
/// | `id_token_hint` that is an ID token of this server, expired or not | it names user, session and client |
/// | any other `id_token_hint`: tampered, of a withdrawn key, an access token | as if it had not come |
/// | `client_id` that is not the hint's client | refused |
/// | `client_id` without a hint | names the client; an unknown or disabled one is none |
/// | `post_logout_redirect_uri` that is registered for the client, byte by byte | the way back |
/// | any other `post_logout_redirect_uri` | no way back: the browser stays here |
/// | `state` | goes along on the way back |
/// | `logout_hint`, unknown names | tolerated |
package struct LogoutReader: Sendable {
    private let directory: ClientDirectory
    private let hints: IDTokenHints

    package init(directory: ClientDirectory, hints: IDTokenHints) {
        self.directory = directory
        self.hints = hints
    }

    /// - Throws: `Refusal` `invalid_request`; the store's faults.
    package func read(_ sent: AuthorizationParameters) async throws -> LogoutRequest {
        var hint: IDTokenHint?
        if let token = sent["id_token_hint"] { hint = try await hints.read(token) }
        let named = sent["client_id"]
        if let hint, let named, hint.client?.description.equalsBytes(of: named) != true {
            throw Refusal(.invalidRequest, "The client_id is not the client that the id_token_hint was issued to.")
        }
        let client = try await client(hint?.client ?? named.flatMap { ClientID($0) })
        return LogoutRequest(
            hint: hint, client: client,
            returnURI: sent["post_logout_redirect_uri"].flatMap { uri in
                client?.postLogoutRedirectURIs.containsBytes(of: uri) == true ? uri : nil
            },
            state: sent["state"], uiLocales: HintChecks.uiLocales(sent), digest: sent.digest)
    }

    private func client(_ id: ClientID?) async throws -> Client? {
        guard let id, let client = try await directory.client(id), !client.disabled else { return nil }
        return client
    }
}
