import LatchkeyTokens
package import Logging
import ServiceLifecycle

/// Removes expired rows, in small batches that leave the writer free for real work, and keeps the token horizon
/// correct.
package struct Upkeep: Service, CustomStringConvertible {
    /// Only the name, because services are logged when they start.
    package var description: String { "Upkeep" }
    private let store: any Store
    private let audit: AuditTrail
    private let settings: Settings
    private let clock: Clock
    private let logger: Logger

    private static let period: Duration = .seconds(60)
    private static let batch = 200
    private static let pause: Duration = .milliseconds(20)
    /// After a look at sessions it rests for this many times as long: looking at ten million rows takes half a minute
    /// of processor time, and nothing waits for it.
    private static let rest = 19

    package init(store: any Store, audit: AuditTrail, settings: Settings, clock: Clock, logger: Logger) {
        self.store = store
        self.audit = audit
        self.settings = settings
        self.clock = clock
        self.logger = logger
    }

    /// Works once a minute until shutdown. A failure is logged and tried again a minute later.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await everyMinute {
                        audit.showCounted(at: clock.now())
                        try await raiseTokenHorizon()
                        if try await isSweeper() { try await sweep() }
                    }
                }
                // Separate, because a walk over millions of sessions takes minutes and must not delay the rest.
                group.addTask { await everyMinute { if try await isSweeper() { try await sweepSessions() } } }
            }
        }
    }

    private func everyMinute(_ work: @Sendable () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                try await work()
            } catch is CancellationError {
                return
            } catch {
                logger.error("upkeep failed", metadata: ["lk.error": "\(error)"])
            }
            try? await clock.sleep(Self.period)
        }
    }

    /// Makes the stored horizon cover the longest configured lifetime; the store lowers it only after tokens of the old
    /// length have expired.
    package func raiseTokenHorizon() async throws {
        try await store.setTokenHorizon(try await longestLifetimes().access, skew: settings.tokens.maxSkew)
    }

    /// Whether this node removes what has expired; where several serve, one does it for all. Two would do no harm.
    private func isSweeper() async throws -> Bool {
        guard let sharing = store.sharing else { return true }
        // Longer than the time until it is prolonged.
        return try await sharing.lease(.sweep, for: Self.period * 2)
    }

    /// Sweeps everything but sessions until nothing is left for now.
    package func sweep() async throws {
        let policy = try await policy()
        while try await store.sweep(policy, limit: Self.batch) >= Self.batch {
            try Task.checkCancellation()
            try await clock.sleep(Self.pause)
        }
        let oldest = store.expiryClock.now() - settings.sharedSignals.retention
        while try await store.expireEvents(before: oldest, limit: Self.batch) >= Self.batch {
            try Task.checkCancellation()
            try await clock.sleep(Self.pause)
        }
    }

    /// Walks over all sessions once, and rests after each look.
    package func sweepSessions() async throws {
        var position: SessionID?
        while true {
            let start = ContinuousClock.now
            // Read again for each look: a walk takes minutes, and a client may have been given a longer idle time
            // meanwhile.
            let look = try await store.sweepSessions(try await policy(), after: position, limit: Self.batch)
            guard let next = look.next else { return }
            position = next
            try await Task.sleep(for: (ContinuousClock.now - start) * Self.rest)
        }
    }

    /// A client may allow more idle time than the issuer does, and a live session must not be swept.
    private func policy() async throws -> SweepPolicy {
        SweepPolicy(
            auditRetention: settings.auditRetention, idleLifetime: try await longestLifetimes().idle,
            throttleWindow: settings.login.window)
    }

    /// Of a client whose settings cannot be read it is not known: a program that can read them may start again, and its
    /// sessions must still be there.
    private static func idleLifetime(of client: Client) -> Duration? {
        client.problem == nil ? client.idleLifetime : ClientRules.longestSession
    }

    private func longestLifetimes() async throws -> (access: Duration, idle: Duration) {
        var longest = (
            access: settings.tokens.accessLifetime,
            idle: max(settings.refresh.idleLifetime, BrowserSessionRules.longestIdleLifetime)
        )
        var page = PageRequest(limit: 1000)
        while true {
            let clients = try await store.clients(page: page)
            longest.access = clients.items.compactMap(\.accessLifetime).reduce(longest.access, max)
            longest.idle = clients.items.compactMap(Self.idleLifetime).reduce(longest.idle, max)
            guard let next = clients.nextCursor else { return longest }
            page = PageRequest(limit: 1000, cursor: next)
        }
    }
}
