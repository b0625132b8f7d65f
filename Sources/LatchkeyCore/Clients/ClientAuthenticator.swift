package import LatchkeyTokens
import Logging

/// Checks who a client is: by secret when it is confidential, by name alone when it is public.
///
/// Every refusal is the same `invalid_client`, and costs the same: one read of secrets, two unsealings, two
/// comparisons, whether or not the client exists.
package final class ClientAuthenticator: Sendable {
    /// At most the current secret and the one before it are tried.
    private static let secretsTried = 2

    private let store: any Store
    private let directory: ClientDirectory
    private let masterKeys: MasterKeyRing
    private let audit: AuditTrail
    private let clock: Clock
    private let logger: Logger

    package init(
        store: any Store, directory: ClientDirectory, masterKeys: MasterKeyRing, audit: AuditTrail, clock: Clock
    ) {
        self.store = store
        self.directory = directory
        self.masterKeys = masterKeys
        self.audit = audit
        self.clock = clock
        self.logger = Logger(label: "latchkey.clients")
    }

    /// - Parameters:
    ///   - secret: `nil` for a public client. A public client that sends one is refused: it has none, so somebody is
    ///     mistaken.
    ///   - network: for the audit trail.
    /// - Throws: `invalid_client` for unknown, disabled, a missing, wrong or superfluous secret; `StoreUnavailable`.
    package func authenticate(
        id: ClientID, secret: ClientSecret?, network: String? = nil
    ) async throws -> Client {
        let client = try await directory.client(id)
        let now = clock.now()
        let stored = try await store.clientSecrets(id).filter { secret in secret.expiresAt.map { $0 > now } ?? true }
        let matches = try compare(secret ?? ClientSecret(""), with: stored, of: id)
        if let client, !client.disabled {
            switch client.kind {
            case .public where secret == nil: return client
            case .confidential where secret != nil && matches: return client
            default: break
            }
        }
        // Strangers make up names for free: those of no client share one line.
        let event = AuditEvent(
            .clientAuthenticationFailed, at: now, actor: .system, client: client?.id, network: network)
        try await audit.appendRepeatable(event, subject: "client/\(client?.id.description ?? "")")
        throw Refusal(.invalidClient, "Client authentication failed: check client id and secret.")
    }

    /// Unseals and compares a fixed number of digests; places without a secret take a decoy that nothing equals.
    private func compare(_ secret: ClientSecret, with stored: [SealedClientSecret], of id: ClientID) throws -> Bool {
        let context = Array(id.description.utf8)
        let newestFirst = stored.sorted { $0.createdAt > $1.createdAt }.prefix(Self.secretsTried)
        let digest = secret.digest
        var matches = false
        for place in 0..<Self.secretsTried {
            let isReal = place < newestFirst.count
            // Made in any case, so that a missing secret costs what a present one does.
            let decoy = try decoy(context)
            let sealed = isReal ? newestFirst[place].sealed : decoy
            let known = unseal(sealed, context)
            let isEqual = ConstantTime.equal(known ?? [UInt8](repeating: 0, count: digest.count), digest)
            matches = (isEqual && isReal && known != nil) || matches
        }
        return matches
    }

    private func decoy(_ context: [UInt8]) throws -> [UInt8] {
        try masterKeys.seal([UInt8](repeating: 0, count: 32), purpose: .clientSecret, context: context)
    }

    private func unseal(_ sealed: [UInt8], _ context: [UInt8]) -> [UInt8]? {
        do {
            return try masterKeys.open(sealed, purpose: .clientSecret, context: context)
        } catch {
            logger.error("a client secret cannot be unsealed", metadata: ["why": "\(error)"])
            return nil
        }
    }
}
