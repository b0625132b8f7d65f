package import LatchkeyTokens
import Synchronization

/// All clients in memory, for requests that need one before they touch the database: client authentication, CORS, CSRF.
///
/// A copy as of the last change through ``ClientService``. Watermarks (`issuedBefore`, `sessionsEndedAt`) in it may be
/// old: whatever issues a token reads the client again in its own transaction.
package final class ClientDirectory: Sendable {
    private struct Snapshot {
        var clients: [ClientID: Client] = [:]
        var origins: Set<String> = []
        var longestAccessLifetime: Duration?
    }
    private struct State {
        /// Grows with each invalidation, so that a load that began before one is not kept.
        var generation: UInt64 = 0
        var snapshot: Snapshot?
    }

    private let store: any Store
    private let state = Mutex(State())

    package init(store: any Store) { self.store = store }

    /// The client, whatever its state; `nil` when there is none of that id.
    package func client(_ id: ClientID) async throws -> Client? {
        try await snapshot().clients[id]
    }

    /// The origins of all clients that are not disabled: what a CORS preflight is answered for, since it names no
    /// client.
    package func origins() async throws -> Set<String> {
        try await snapshot().origins
    }

    /// The longest access-token lifetime that any client asks for; `nil` when none differs from the issuer's.
    package func longestAccessLifetime() async throws -> Duration? {
        try await snapshot().longestAccessLifetime
    }

    /// Forgets the copy. To be called after a change is on disk and before its author is answered.
    package func invalidate() {
        state.withLock { state in
            state.generation += 1
            state.snapshot = nil
        }
    }

    private func snapshot() async throws -> Snapshot {
        let (generation, present) = state.withLock { ($0.generation, $0.snapshot) }
        if let present { return present }
        var loaded = Snapshot()
        var cursor: String?
        repeat {
            let page = try await store.clients(page: PageRequest(limit: 1000, cursor: cursor))
            for client in page.items {
                loaded.clients[client.id] = client
                if !client.disabled { loaded.origins.formUnion(client.origins) }
                if let lifetime = client.accessLifetime {
                    loaded.longestAccessLifetime = max(lifetime, loaded.longestAccessLifetime ?? lifetime)
                }
            }
            cursor = page.nextCursor
        } while cursor != nil
        let complete = loaded
        state.withLock { state in
            if state.generation == generation { state.snapshot = complete }
        }
        return complete
    }
}
