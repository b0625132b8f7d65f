import LatchkeyTokens
import Logging

/// The issuer's keys: fetched regularly, once more when a token names a key that is not known, and kept when the server
/// is away.
///
/// A good answer replaces the whole set, so a key that is withdrawn is gone; an answer that is not good changes
/// nothing. Callers that want the keys at the same time share one fetch.
actor KeySource {
    private static let path = "/.well-known/jwks.json"

    private let http: VerifierHTTP
    private let store: VerifierStore
    private let maximumLength: Int
    private let limit: Duration
    private let logger: Logger?
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void
    private let jitter: @Sendable () -> Double
    private var schedule: Schedule
    private var inFlight: Task<Bool, Never>?

    init(_ configuration: TokenVerifier.Configuration, http: VerifierHTTP, store: VerifierStore) {
        self.http = http
        self.store = store
        maximumLength = min(configuration.limits.keySetLength, JSONWebKeySet.maximumLength)
        limit = configuration.limits.requestTimeout
        logger = configuration.logger
        now = configuration.now
        sleep = configuration.sleep
        jitter = configuration.jitter
        schedule = Schedule(coolDown: configuration.keyCoolDown)
    }

    /// Fetches when due, until cancelled.
    func run() async {
        while !Task.isCancelled {
            let delay = schedule.delay(at: now())
            if delay > .zero {
                do { try await sleep(delay) } catch { return }
            } else {
                _ = await fetch()
            }
        }
        inFlight?.cancel()
    }

    /// Fetches because a key was missing, unless that was tried within the cool-down.
    ///
    /// - Returns: whether it is worth looking again.
    func refetch() async -> Bool {
        // Whoever comes during a fetch waits for its result, which is newer than what he has seen.
        if let inFlight { return await inFlight.value }
        guard schedule.allowsRefetch(at: now()) else { return false }
        logger?.debug("Fetching the keys: a token names one that is not known")
        return await fetch()
    }

    private func fetch() async -> Bool {
        if let inFlight { return await inFlight.value }
        schedule.begin(at: now())
        // A task of its own, so that the caller who happens to be the first may go away without hurting the others.
        let task = Task { await self.exchange() }
        inFlight = task
        return await task.value
    }

    private func exchange() async -> Bool {
        // Before the task ends: whoever finds one in flight may rely on waiting for it.
        defer { inFlight = nil }
        do {
            let answer = try await http.send(
                .get, Self.path, headers: [("Accept", "application/jwk-set+json, application/json")],
                authenticated: false, maximumLength: maximumLength, within: limit)
            guard answer.status == 200 else { return failed("status \(answer.status)") }
            let set = try JSONWebKeySet(parsing: answer.body)
            let maxAge = CacheControl.lifetime(
                answer.elements(of: "Cache-Control"), age: answer.field("Age"))
            schedule.succeeded(maxAge: maxAge, jitter: jitter())
            store.install(set)
            logger?.debug("Fetched the keys", metadata: ["lk.keys": "\(set.keys.count)"])
            return true
        } catch TransportFailure.cancelled {
            schedule.failed(jitter: jitter())
            return false
        } catch {
            return failed("\(error)")
        }
    }

    private func failed(_ reason: String) -> Bool {
        schedule.failed(jitter: jitter())
        logger?.warning("The keys could not be fetched; those known are kept", metadata: ["lk.reason": "\(reason)"])
        return false
    }
}
