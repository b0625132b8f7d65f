package import LatchkeyTokens

/// A token without a session, on its way to the store.
package struct ClientTokenOrder: Sendable {
    package let client: ClientID
    /// Whom it is for; `nil` for the client itself.
    package let user: UserID?

    package init(client: ClientID, user: UserID? = nil) {
        self.client = client
        self.user = user
    }
}

/// The state of a client, and the stamp for one more token for it.
package struct IssuedClient: Sendable {
    package let client: Client
    package let stamp: IssuanceStamp
}

/// Tokens without a session: for a client itself (`client_credentials`), and for a user (`token mint`). Nothing is
/// written.
package enum ClientTokenRules {
    /// Who must be there for such a token; pure.
    /// - Parameters:
    ///   - client: the one of the order; nil when there is none, and so for the user.
    /// - Returns: the client, with the watermarks that the gate is asked for.
    /// - Throws: `invalid_client` when it is gone or disabled; for a user's token `not_found`, when either is.
    static func judge(
        _ order: ClientTokenOrder, client: Client?, user: User?
    ) throws(Refusal) -> (client: Client, issuedBefore: Int64?) {
        guard order.user != nil else {
            guard let client, !client.disabled else {
                throw Refusal(.invalidClient, "The client is unknown, disabled or gave wrong credentials.")
            }
            return (client, client.issuedBefore)
        }
        guard let user, !user.disabled, let client, !client.disabled else {
            throw Refusal(.notFound, "The user or the client does not exist or is disabled.")
        }
        return (client, [user.issuedBefore, client.issuedBefore].compactMap(\.self).max())
    }

    /// See ``judge(_:client:user:)``.
    static func issue(_ order: ClientTokenOrder, _ ledger: any Ledger) throws -> Issuance<IssuedClient> {
        let user = try order.user.flatMap { try ledger.users.find($0) }
        let (client, issuedBefore) = try judge(order, client: try ledger.clients.find(order.client), user: user)
        return try ledger.issue(issuedBefore) { IssuedClient(client: client, stamp: $0) }
    }

    /// The same without a transaction, from what is committed.
    package static func decide(
        _ order: ClientTokenOrder, client: Client?, user: User?, _ moment: IssuanceMoment
    ) throws -> Issuance<IssuedClient> {
        let (client, issuedBefore) = try judge(order, client: client, user: user)
        return moment.issue(issuedBefore) { IssuedClient(client: client, stamp: $0) }
    }
}

extension Store {
    /// See ``ClientTokenRules``.
    package func issueForClient(_ client: ClientID) async throws -> Issuance<IssuedClient> {
        try await issue(ClientTokenOrder(client: client))
    }

    /// See ``ClientTokenRules``.
    package func issueForUser(_ user: UserID, client: ClientID) async throws -> Issuance<IssuedClient> {
        try await issue(ClientTokenOrder(client: client, user: user))
    }
}
