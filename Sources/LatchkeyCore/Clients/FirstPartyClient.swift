import LatchkeyTokens

/// A client that may collect passwords itself. The init checks it, and nothing else: code that holds one need not check
/// again.
package struct FirstPartyClient: Sendable {
    package let client: Client

    /// - Throws: ``Refusal`` `unauthorized_client`.
    package init(_ client: Client) throws(Refusal) {
        guard client.firstParty else {
            throw Refusal(.unauthorizedClient, "This client may not collect passwords: it is not marked first_party.")
        }
        self.client = client
    }

    /// The client with the transport that its user's session is to have.
    /// - Throws: ``Refusal`` `unauthorized_client` when its sessions may not have that transport.
    package func on(_ transport: Session.Transport) throws(Refusal) -> SignInClient {
        switch transport {
        case .body: break
        case .cookie:
            guard client.allowsCookieTransport else {
                throw Refusal(
                    .unauthorizedClient,
                    "Cookie transport is for public clients with at least one registered origin.")
            }
        case .browser:
            throw Refusal(.unauthorizedClient, "Browser sessions begin on the server's own pages.")
        case .session:
            guard client.allowsServerSessions else {
                throw Refusal(
                    .unauthorizedClient,
                    "Session transport is for first-party clients with at least one registered origin.")
            }
        }
        return SignInClient(client: client, transport: transport)
    }
}

/// A first-party client with a transport that it may use.
package struct SignInClient: Sendable {
    package let client: Client
    package let transport: Session.Transport

    fileprivate init(client: Client, transport: Session.Transport) {
        self.client = client
        self.transport = transport
    }
}
