package import LatchkeyTokens

/// Authenticates a client: a confidential one by its secret, a public one by its id alone.
///
/// Every refusal is the same `invalid_client` and costs the same, whether or not the client exists: one look-up in
/// memory, two comparisons, one line in the audit trail.
package final class ClientAuthenticator: Sendable {
    /// Only the current secret and its predecessor are tried.
    private static let secretsTried = 2

    private let directory: ClientDirectory
    private let audit: AuditTrail
    private let clock: Clock

    package init(directory: ClientDirectory, audit: AuditTrail, clock: Clock) {
        self.directory = directory
        self.audit = audit
        self.clock = clock
    }

    /// - Parameters:
    ///   - secret: `nil` for a public client. A public client that sends one is refused: it has none, so there must be a
    ///     mistake.
    ///   - network: for the audit trail.
    /// - Throws: `invalid_client` for an unknown or disabled client and for a missing, wrong or superfluous secret;
    ///   `StoreUnavailable`.
    package func authenticate(
        id: ClientID, secret: ClientSecret?, network: String? = nil
    ) async throws -> Client {
        let (client, secrets) = try await directory.credentials(id)
        let now = clock.now()
        let matches = Self.compare(secret ?? ClientSecret(""), with: secrets.filter { $0.isUsable(at: now) })
        if let client, !client.disabled {
            switch client.kind {
            case .public where secret == nil: return client
            case .confidential where secret != nil && matches: return client
            default: break
            }
        }
        // Strangers invent ids for free: ids without a client share one line.
        let event = AuditEvent(
            .clientAuthenticationFailed, at: now, actor: .system, client: client?.id, network: network)
        try await audit.appendRepeatable(event, subject: "client/\(client?.id.description ?? "")")
        throw Refusal(.invalidClient, "Client authentication failed: check client id and secret.")
    }

    /// Compares a fixed number of digests, newest first; a missing secret is replaced by one that nothing equals.
    private static func compare(_ secret: ClientSecret, with known: [ClientDirectory.Secret]) -> Bool {
        let digest = ClientSecretDigest(secret)
        var matches = false
        for place in 0..<secretsTried {
            let isReal = place < known.count
            let isEqual = (isReal ? known[place].digest : .decoy) == digest
            matches = (isEqual && isReal) || matches
        }
        return matches
    }
}
