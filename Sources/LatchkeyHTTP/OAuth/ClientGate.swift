import Hummingbird
import LatchkeyCore
import LatchkeyTokens

/// Turns what a request says of its client into the client itself.
struct ClientGate: Sendable {
    private let directory: ClientDirectory
    private let authenticator: ClientAuthenticator

    init(_ services: Services) {
        directory = services.clientDirectory
        authenticator = services.clientAuthenticator
    }

    /// The authenticated client. Its origins may read the answer from here on, the refusal of a wrong secret included.
    /// - Throws: `Refusal` `invalid_client` for none, an unknown or disabled one, a missing, wrong or superfluous secret.
    func authenticate(_ presented: ClientAuthentication?, _ context: RequestContext) async throws -> Client {
        guard let presented else {
            throw Refusal(.invalidClient, "The request names no client: send client_id, or authenticate by Basic.")
        }
        if let client = try await directory.client(presented.id) {
            context.browser.note(client)
            // A public client has nothing to compare, so the hot path of browsers and apps needs no database here.
            if client.kind == .public, !client.disabled, presented.secret == nil { return client }
        }
        return try await authenticator.authenticate(
            id: presented.id, secret: presented.secret, network: context.network)
    }

    /// The authenticated client when it is confidential.
    /// - Throws: `Refusal` `invalid_client` for a public one too: a name alone proves nothing.
    func authenticateConfidential(
        _ presented: ClientAuthentication?, _ context: RequestContext
    ) async throws -> Client {
        let client = try await authenticate(presented, context)
        guard client.kind == .confidential else {
            throw Refusal(.invalidClient, "Only confidential clients may ask here: authenticate with a client secret.")
        }
        return client
    }
}

extension RequestContext {
    /// What counts as one source in throttles and audit: an IPv4 address, an IPv6 /64, or `local`.
    var network: String { clientAddress?.network.description ?? "local" }
}
