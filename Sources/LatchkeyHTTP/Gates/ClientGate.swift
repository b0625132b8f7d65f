package import LatchkeyCore
import LatchkeyTokens

/// Turns a request's statement about its client into the client itself.
final class ClientGate: Sendable {
    private let directory: ClientDirectory
    private let authenticator: ClientAuthenticator

    init(directory: ClientDirectory, authenticator: ClientAuthenticator) {
        self.directory = directory
        self.authenticator = authenticator
    }

    /// The client of an OAuth form.
    /// - Throws: `Refusal` `invalid_request`, `unsupported_media_type`, `invalid_client`.
    func form(_ request: Request, _ rule: ClientForm.Rule, _ context: RequestContext) async throws -> ClientForm {
        let form = try OAuthForm.read(request, repeatable: rule.repeatable)
        let presented = try ClientAuthentication(request.headers, form: form)
        // A request with a bad form and no client is refused for the form. If it names a client, the client's page can
        // read that refusal.
        if presented == nil { try rule.judgeNameless(form) }
        return ClientForm(client: try await authenticate(presented, rule.clients, context), form: form)
    }

    /// The client of a JSON body.
    /// - Throws: `Refusal` `invalid_request`, `unsupported_media_type`, `invalid_client`.
    func application(_ request: Request, _ context: RequestContext) async throws -> ApplicationRequest {
        let body = try JSONBody(request)
        let presented = try ClientAuthentication(request.headers, json: body)
        return ApplicationRequest(client: try await authenticate(presented, .all, context), body: body)
    }

    /// The same for an application that may collect passwords.
    /// - Throws: also `Refusal` `unauthorized_client`.
    func firstParty(_ request: Request, _ context: RequestContext) async throws -> FirstPartyRequest {
        let application = try await application(request, context)
        return FirstPartyRequest(client: try FirstPartyClient(application.client), body: application.body)
    }

    /// The authenticated client. From here on its origins may read the response, including the refusal of a wrong
    /// secret.
    /// - Throws: `Refusal` `invalid_client` for a missing, unknown or disabled client, for a missing, wrong or
    ///   superfluous secret, and for a public client where an id alone is not enough.
    func authenticate(
        _ presented: ClientAuthentication?, _ clients: ClientForm.Rule.Clients, _ context: RequestContext
    ) async throws -> Client {
        let client = try await authenticate(presented, context)
        guard clients == .all || client.kind == .confidential else {
            throw Refusal(.invalidClient, "Only confidential clients may use this: authenticate with a client secret.")
        }
        return client
    }

    private func authenticate(
        _ presented: ClientAuthentication?, _ context: RequestContext
    ) async throws -> Client {
        guard let presented else {
            throw Refusal(
                .invalidClient, "The request names no client: send client_id, or authenticate with HTTP Basic.")
        }
        if let client = try await directory.client(presented.id) {
            context.browser.note(client)
            // A public client has no secret to compare, so the hot path of browsers and apps needs no database here.
            if client.kind == .public, !client.disabled, presented.secret == nil { return client }
        }
        return try await authenticator.authenticate(
            id: presented.id, secret: presented.secret, network: context.network)
    }
}

/// A form at an OAuth endpoint, and the client that sent it.
package struct ClientForm: Sendable {
    package let client: Client
    package let form: RequestParameters

    /// What a route requires of the form and its client.
    package struct Rule: Sendable {
        /// Which clients' forms are accepted.
        package enum Clients: Sendable { case all, confidential }

        package static let all = Rule(.all)
        package static let confidential = Rule(.confidential)

        let clients: Clients
        /// The parameters that may be repeated.
        let repeatable: Set<String>
        /// Checks a form that names no client, before the client is missed.
        let judgeNameless: @Sendable (RequestParameters) throws(Refusal) -> Void

        package init(
            _ clients: Clients, repeatable: Set<String> = [],
            judgeNameless: @escaping @Sendable (RequestParameters) throws(Refusal) -> Void = { _ throws(Refusal) in }
        ) {
            self.clients = clients
            self.repeatable = repeatable
            self.judgeNameless = judgeNameless
        }
    }
}

/// A JSON body at our own API, and the client that sent it.
package struct ApplicationRequest: Sendable {
    package let client: Client
    package let body: JSONBody
}

/// The same for a client that may collect passwords.
package struct FirstPartyRequest: Sendable {
    package let client: FirstPartyClient
    package let body: JSONBody
}
