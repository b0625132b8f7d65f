package import LatchkeyCore
import LatchkeyTokens

/// Reads authorization requests: one check after the other, each in a file of its own, and the first that fails decides.
///
/// Up to the redirect URI a failure is a page, because nobody knows yet that the address is the client's. From there on
/// it is an error at that address, with `state` and `iss`, in the response mode of the request.
package struct AuthorizationReader: Sendable {
    private let directory: ClientDirectory
    private let hints: IDTokenHints
    private let settings: Settings
    private let ownPages: [String]

    /// - Parameter ownPages: the paths of the server's own pages that may ask for a sign-in.
    package init(
        directory: ClientDirectory, hints: IDTokenHints, settings: Settings, ownPages: [String] = []
    ) {
        self.directory = directory
        self.hints = hints
        self.settings = settings
        self.ownPages = ownPages
    }

    /// The request, checked. Its client is as of the last change; the transaction that issues a code reads it again.
    /// - Throws: ``AuthorizationFailure``; the store's faults.
    package func read(_ sent: AuthorizationParameters) async throws -> AuthorizationRequest {
        let id = try ClientCheck.id(sent)
        if id == .signInPages {
            return try OwnPageCheck.request(sent, pages: ownPages, issuer: settings.issuer)
        }
        let client = try ClientCheck.judge(try await directory.client(id))
        // A pushed request would replace everything that was sent here (RFC 9126 4).
        var request = try RedirectURICheck.request(sent, of: client)
        request.state = sent["state"]
        request.needsClick = AppRedirect.needsClick(
            request.redirectURI, client: client, issuer: settings.issuer)
        do {
            try fill(&request, from: sent)
            request.hint = try await hint(sent)
        } catch let error as AuthorizationError {
            throw AuthorizationFailure.redirect(
                AuthorizationAnswer(to: request, .error(error), issuer: settings.issuer))
        }
        return request
    }

    private func fill(
        _ request: inout AuthorizationRequest, from sent: AuthorizationParameters
    ) throws(AuthorizationError) {
        let client = request.client
        request.responseMode = try ResponseModeCheck.read(sent)
        try RequestObjectCheck.check(sent)
        try ResponseTypeCheck.check(sent)
        request.challenge = try PKCECheck.challenge(sent, of: client)
        request.scope = try ScopeCheck.scope(sent, of: client)
        request.nonce = try NonceCheck.read(sent)
        request.prompt = try PromptCheck.read(sent)
        request.maximumAge = try MaximumAgeCheck.read(sent)
        request.resources = try ResourceCheck.read(sent, of: client, settings: settings)
        request.acrValues = try HintChecks.acrValues(sent)
        request.loginHint = try HintChecks.loginHint(sent)
        request.uiLocales = HintChecks.uiLocales(sent)
    }

    /// - Throws: ``AuthorizationError`` for a token that is no hint: going on would sign in somebody whom the client
    ///   did not mean.
    private func hint(_ sent: AuthorizationParameters) async throws -> AuthorizationRequest.Hint? {
        guard let token = sent["id_token_hint"] else { return nil }
        guard let hint = try await hints.read(token) else {
            throw AuthorizationError(.invalidRequest, "The id_token_hint is not an ID token of this server.")
        }
        return AuthorizationRequest.Hint(user: hint.user, session: hint.session)
    }
}
