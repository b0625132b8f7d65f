import LatchkeyTokens
import Logging

/// The issuer's keys. They are fetched regularly and when a token names an unknown key, and kept while the server
/// cannot be reached.
///
/// A good response replaces the whole set, so a withdrawn key is gone; a bad response changes nothing. Callers that
/// want the keys at the same time share one fetch.
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

    /// Fetches because a key was missing, unless a fetch was tried within the cool-down.
    ///
    /// - Returns: whether looking the key up again is worthwhile.
    func refetch() async -> Bool {
        // A caller that arrives during a fetch waits for its result, which is newer than what the caller has seen.
        if let inFlight { return await inFlight.value }
        guard schedule.allowsRefetch(at: now()) else { return false }
        logger?.debug("Fetching the keys because a token names an unknown one")
        return await fetch()
    }

    private func fetch() async -> Bool {
        if let inFlight { return await inFlight.value }
        schedule.begin(at: now())
        // A task of its own, so that the first caller can be cancelled without hurting the others.
        let task = Task { await self.exchange() }
        inFlight = task
        return await task.value
    }

    private func exchange() async -> Bool {
        // Before the task ends: a caller that finds a task in flight may rely on waiting for it.
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
        logger?.warning("The keys could not be fetched; the known ones are kept", metadata: ["lk.reason": "\(reason)"])
        return false
    }
}
