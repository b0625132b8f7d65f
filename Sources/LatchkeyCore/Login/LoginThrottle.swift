package import Crypto
package import LatchkeyTokens
import Synchronization

/// Slows down guessing before any password is hashed, without telling which names exist and without letting a stranger
/// lock an owner out.
///
/// Only failures count. Counters live in the store, hashed into buckets, so they survive a restart;
/// ``ThrottleSchedule`` says what they mean. Names that do not exist are counted, delayed and queued exactly like names
/// that do.
package final class LoginThrottle: Sendable {
    /// Attempts that wait for their pair's turn, in all and for one pair. Beyond that: `overloaded`.
    private static let waitingAttempts = (total: 4096, perPair: 256)

    private let store: any Store
    private let audit: AuditTrail
    private let schedule: ThrottleSchedule
    private let clock: Clock
    private let key: SymmetricKey
    private let line = WaitingLine<ThrottleBucket>(limit: waitingAttempts.total, limitPerKey: waitingAttempts.perPair)
    private let slots = LoginSlots()

    /// - Parameter key: from `MasterKeyRing.derive(.throttle)`. Another key makes all counters start anew.
    package init(store: any Store, audit: AuditTrail, settings: Settings.Login, key: SymmetricKey, clock: Clock) {
        self.store = store
        self.audit = audit
        self.schedule = ThrottleSchedule(settings)
        self.key = key
        self.clock = clock
    }

    /// Returns when the attempt may go on to the password. Attempts of one pair are looked at in the order in which
    /// they came, and at most max(1, `account_failures` − failures) of them are past this point at a time; others wait.
    ///
    /// - Parameters:
    ///   - normalisedName: see ``UserName/comparisonForm(of:)``; also of a name that cannot exist.
    ///   - network: IPv4 address or IPv6 /64.
    ///   - user: `nil` when there is no such user: same work, same answers.
    ///   - sharedPeer: the address of an untrusted proxy that everybody seems to come from. Its own counter neither
    ///     delays nor counts; the pair's does.
    /// - Throws: `too_many_attempts` with the time to wait; `overloaded`; `CancellationError`; `StoreUnavailable`.
    package func admit(
        normalisedName: String, network: String, user: UserID?, sharedPeer: Bool = false
    ) async throws -> Admission {
        let buckets = ThrottleBuckets(normalisedName: normalisedName, network: network, key: key)
        let source = Source(network: network, user: user, sharedPeer: sharedPeer)
        let refusal: Delay?
        do {
            refusal = try await line.inTurn(buckets.pair) { try await check(buckets, source) }
        } catch is WaitingLine<ThrottleBucket>.Full {
            throw Refusal(
                .overloaded, "Too many logins are waiting: try again in a moment.", retryAfter: .seconds(2))
        }
        if let refusal {
            // Folded by the counter that caused it and not by user, so that the write happens alike for unknown names.
            let event = AuditEvent(
                .loginThrottled, at: clock.now(), actor: .system, user: user, network: network,
                details: ["counter": "\(refusal.cause.kind)"])
            try await audit.appendRepeatable(event, subject: "throttle/\(refusal.cause.kind)/\(refusal.cause.number)")
            throw Refusal(
                .tooManyAttempts, "Too many failed logins: wait before the next attempt.", retryAfter: refusal.length)
        }
        return Admission(
            resetOnSuccess: [buckets.pair],
            countedOnFailure: [buckets.pair, buckets.account] + (sharedPeer ? [] : [buckets.network]),
            giveBack: { [slots] in slots.give(buckets.pair) })
    }

    /// Counts a wrong password (or unknown name) and gives the slot back. Durable on return, and not undone by a caller
    /// who hangs up meanwhile: the attempt was made.
    /// - Throws: `StoreUnavailable`; the slot is given back all the same.
    package func failed(_ admission: Admission, event: AuditEvent) async throws {
        defer { admission.release() }
        let window = schedule.window
        try await Task { [store] in
            try await store.recordFailure(admission.countedOnFailure, window: window, event: event)
        }.value
    }

    private struct Source {
        let network: String
        let user: UserID?
        let sharedPeer: Bool
    }

    private struct Delay {
        let length: Duration
        let cause: ThrottleBucket
    }

    /// Takes a slot, or says how long to wait before trying again.
    private func check(_ buckets: ThrottleBuckets, _ source: Source) async throws -> Delay? {
        slots.beginCheck(buckets.pair)
        defer { slots.endCheck(buckets.pair) }
        while true {
            try Task.checkCancellation()
            let mark = slots.mark(buckets.pair)
            switch try await decide(buckets, source) {
            case .wait(let length, let kind): return Delay(length: length, cause: buckets[kind])
            case .admit(let atOnce):
                switch slots.take(buckets.pair, capacity: atOnce, mark: mark) {
                case .taken: return nil
                case .outOfDate: continue
                case .full: await slots.release(of: buckets.pair, since: mark)
                }
            }
        }
    }

    private func decide(_ buckets: ThrottleBuckets, _ source: Source) async throws -> ThrottleSchedule.Decision {
        let found = try await store.failureCounters([buckets.pair, buckets.network, buckets.account])
        let counters = ThrottleSchedule.Counters(
            pair: found[buckets.pair], network: found[buckets.network], account: found[buckets.account])
        let now = clock.now()
        var known = false
        if schedule.asksForKnownNetwork(counters, now: now) {
            // For a name without a user the same read is made, for an id that nobody has.
            let user = source.user ?? UserID.generate(at: now)
            known = try await store.isKnownNetwork(source.network, of: user)
        }
        return schedule.decide(counters, now: now, sharedPeer: source.sharedPeer, knownNetwork: known)
    }
}

/// Leave to look at one password. Holds one of the pair's slots until it is released, at the latest when it is let go
/// of.
package final class Admission: Sendable {
    /// What a successful login resets, in the transaction that begins its session: its own pair and nothing else.
    package let resetOnSuccess: [ThrottleBucket]
    /// What a failed one counts in.
    let countedOnFailure: [ThrottleBucket]

    private let giveBack: Mutex<(@Sendable () -> Void)?>

    init(
        resetOnSuccess: [ThrottleBucket], countedOnFailure: [ThrottleBucket], giveBack: @escaping @Sendable () -> Void
    ) {
        self.resetOnSuccess = resetOnSuccess
        self.countedOnFailure = countedOnFailure
        self.giveBack = Mutex(giveBack)
    }

    deinit { release() }

    /// Lets the next attempt of the pair be checked. Call it once the outcome is on disk; again has no effect.
    package func release() {
        let action = giveBack.withLock { action in
            defer { action = nil }
            return action
        }
        action?()
    }
}
