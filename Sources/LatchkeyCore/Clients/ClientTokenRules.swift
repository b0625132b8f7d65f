package import LatchkeyTokens

/// The state of a client, and the stamp for one more token for it.
package struct IssuedClient: Sendable {
    package let client: Client
    package let stamp: IssuanceStamp
}

/// Tokens without a session: for a client itself (`client_credentials`), and for a user (`token mint`).
package enum ClientTokenRules {
    /// - Throws: `invalid_client` when it is gone or disabled.
    static func issue(to id: ClientID, _ ledger: any Ledger) throws -> Issuance<IssuedClient> {
        guard let client = try ledger.clients.find(id), !client.disabled else {
            throw Refusal(.invalidClient, "The client is unknown, disabled or gave wrong credentials.")
        }
        return try ledger.issue(client.issuedBefore) { IssuedClient(client: client, stamp: $0) }
    }

    /// - Throws: `not_found` when user or client is gone or disabled.
    static func issue(
        for user: UserID, client id: ClientID, _ ledger: any Ledger
    ) throws -> Issuance<IssuedClient> {
        guard let user = try ledger.users.find(user), !user.disabled, let client = try ledger.clients.find(id),
            !client.disabled
        else { throw Refusal(.notFound, "The user or the client does not exist or is disabled.") }
        return try ledger.issue(user.issuedBefore, client.issuedBefore) { IssuedClient(client: client, stamp: $0) }
    }
}

extension Store {
    /// See ``ClientTokenRules``.
    package func issueForClient(_ client: ClientID) async throws -> Issuance<IssuedClient> {
        try await write(.rows) { try ClientTokenRules.issue(to: client, $0) }.value
    }

    /// See ``ClientTokenRules``.
    package func issueForUser(_ user: UserID, client: ClientID) async throws -> Issuance<IssuedClient> {
        try await write(.user(user)) { try ClientTokenRules.issue(for: user, client: client, $0) }.value
    }
}
