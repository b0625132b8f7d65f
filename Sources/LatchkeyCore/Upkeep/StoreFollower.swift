import LatchkeyTokens
import Logging
import ServiceLifecycle
import Synchronization

/// Brings up to date what this node holds in memory when another node has changed the database that they share. Each
/// check of the ``SharedStore`` says what may be old.
///
/// What must not wait is done on the thread that looked: the revocation list, and forgetting copies of clients. The
/// rest is loaded here, each thing by itself, so that none waits for another.
package final class StoreFollower: Service, CustomStringConvertible {
    /// Only the name, because services are logged when they start.
    package var description: String { "StoreFollower" }

    /// One thing that is kept up to date.
    private struct Pursuit: Sendable {
        let what: String
        /// Only the latest check: what an earlier one showed, it shows as well.
        let checks = AsyncStream<StoreCheck>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let work: @Sendable (StoreCheck) async throws -> Void
    }

    private let pursuits: [Pursuit]
    private let logger: Logger

    /// - Returns: nil for a store that no other process writes to.
    init?(
        store: any Store, feed: RevocationFeed, directory: ClientDirectory, keys: KeyRotationService, logger: Logger
    ) {
        guard let sharing = store.sharing else { return nil }
        self.logger = logger
        let pursuits = [Self.keys(keys), Self.consumers(sharing, feed)]
        self.pursuits = pursuits
        feed.onCheck { check in
            directory.checked(check)
            for pursuit in pursuits { pursuit.checks.continuation.yield(check) }
        }
    }

    private static func keys(_ keys: KeyRotationService) -> Pursuit {
        let known = Mutex<String?>(nil)
        return Pursuit(what: "signing keys") { check in
            if known.withLock({ $0 }) == check.epoch {
                try await keys.reload(atLeast: check.keyVersion)
            } else {
                try await keys.reloadAll()
                // The key that signed may have been withdrawn, or lost with what the database lacks.
                try await keys.tick()
                known.withLock { $0 = check.epoch }
            }
        }
    }

    /// Not with each check: that would be a write for each revocation.
    private static func consumers(_ store: any SharedStore, _ feed: RevocationFeed) -> Pursuit {
        let dueAt = Mutex(ContinuousClock.now)
        return Pursuit(what: "consumers") { _ in
            let now = ContinuousClock.now
            guard dueAt.withLock({ $0 <= now }) else { return }
            try await feed.exchangeConsumers(with: store)
            dueAt.withLock { $0 = now + consumerPeriod }
        }
    }

    private static let consumerPeriod: Duration = .seconds(5)

    /// Works until shutdown. A failure is logged, and the next check has it tried again.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                for pursuit in self.pursuits { group.addTask { await self.follow(pursuit) } }
            }
        }
    }

    private func follow(_ pursuit: Pursuit) async {
        var isFailing = false
        for await check in pursuit.checks.stream {
            do {
                try await pursuit.work(check)
                isFailing = false
            } catch is CancellationError {
                return
            } catch {
                // Once: a database that is away for an hour must not fill the log.
                if !isFailing {
                    logger.warning(
                        "what other nodes changed cannot be read",
                        metadata: ["lk.what": "\(pursuit.what)", "lk.reason": "\(error)"])
                }
                isFailing = true
            }
        }
    }
}
