import LatchkeyCore
import LatchkeyTokens

/// `grant_type=authorization_code` (RFC 6749 4.1.3): the session of a sign-in that ended in a code.
struct AuthorizationCodeGrant: Sendable {
    let sessions: SessionService
    let settings: Settings

    var offered: OfferedGrant {
        OfferedGrant(.authorizationCode, read: Request.init) { try await answer($0, client: $1, network: $2) }
    }

    /// The content of a form. `scope` has no meaning here and is ignored, as any other unknown parameter.
    struct Request: Sendable, Equatable {
        let code: String
        let redirectURI: String?
        let verifier: String?
        let resources: [String]

        init(_ form: RequestParameters) throws(Refusal) {
            code = try form.required("code")
            redirectURI = form["redirect_uri"]
            verifier = form["code_verifier"]
            resources = form.all("resource")
            guard verifier.map(CodeChallenge.isVerifier) ?? true else {
                throw Refusal(.invalidRequest, "A code_verifier has 43 to 128 unreserved characters (RFC 7636 4.1).")
            }
        }
    }

    /// - Throws: `Refusal` `invalid_grant`, `invalid_request`, `invalid_target`.
    private func answer(_ request: Request, client: Client, network: String) async throws -> TokenReply {
        // Before the code is used up.
        try ResourceIndicator.check(request.resources, within: client.tokenAudience(settings: settings))
        return try await sessions.redeem(
            CodeRequest(
                code: request.code, client: client, redirectURI: request.redirectURI, verifier: request.verifier,
                network: network))
    }
}
