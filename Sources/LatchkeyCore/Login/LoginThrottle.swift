package import Crypto
import LatchkeyTokens
import Synchronization

/// Slows down guessing before any password is hashed. It does not reveal which names exist, and a stranger cannot lock
/// an owner out.
///
/// Only failures count. Counters live in the store, hashed into buckets, so they survive a restart;
/// ``ThrottleSchedule`` says what they mean. Names that do not exist are counted, delayed and queued exactly like names
/// that do.
package final class LoginThrottle: Sendable {
    /// The most attempts that wait for their pair's turn, in total and for one pair. Beyond that: `overloaded`.
    private static let waitingAttempts = (total: 4096, perPair: 256)

    private let store: any Store
    private let audit: AuditTrail
    private let schedule: ThrottleSchedule
    private let clock: Clock
    private let key: SymmetricKey
    private let line = WaitingLine<ThrottleBucket>(limit: waitingAttempts.total, limitPerKey: waitingAttempts.perPair)
    private let slots = LoginSlots()

    /// - Parameter key: from `MasterKeyRing.derive(.throttle)`. A different key restarts all counters.
    package init(store: any Store, audit: AuditTrail, settings: Settings.Login, key: SymmetricKey, clock: Clock) {
        self.store = store
        self.audit = audit
        self.schedule = ThrottleSchedule(settings)
        self.key = key
        self.clock = clock
    }

    /// Returns when the attempt may try its password. Attempts of one pair are checked in the order of their arrival.
    /// At most max(1, `account_failures` − failures) of them are past this point at a time; others wait.
    ///
    /// The owner of the name is read together with the counters: see ``Admission/record``.
    ///
    /// - Parameters:
    ///   - account: an unknown name gets the same work and the same answers.
    ///   - network: IPv4 address or IPv6 /64.
    ///   - sharedPeer: the address of an untrusted proxy from which all users seem to come. Its own counter neither
    ///     delays nor counts; the pair's counter does.
    /// - Throws: `too_many_attempts` with the time to wait; `overloaded`; `CancellationError`; `StoreUnavailable`.
    package func admit(
        _ account: Account, network: String, sharedPeer: Bool = false
    ) async throws -> Admission {
        let buckets = ThrottleBuckets(normalisedName: account.comparisonForm, network: network, key: key)
        let source = Source(network: network, account: account, sharedPeer: sharedPeer)
        let verdict: Verdict
        do {
            verdict = try await line.inTurn(buckets.pair) { try await check(buckets, source) }
        } catch is WaitingLine<ThrottleBucket>.Full {
            throw Refusal(
                .overloaded, "Too many logins are waiting: try again in a moment.", retryAfter: .seconds(2))
        }
        if let delay = verdict.delay {
            // Folded by the counter that caused it and not by user, so that the write is the same for unknown names.
            let event = AuditEvent(
                .loginThrottled, at: clock.now(), actor: .system, user: account.user ?? verdict.record?.user.id,
                network: network, details: ["counter": "\(delay.cause.kind)"])
            audit.show(event)
            try await audit.appendRepeatable(event, subject: "throttle/\(delay.cause.kind)/\(delay.cause.number)")
            throw Refusal(
                .tooManyAttempts, "Too many failed logins: wait before the next attempt.", retryAfter: delay.length)
        }
        return Admission(
            record: verdict.record,
            resetOnSuccess: [buckets.pair],
            countedOnFailure: [buckets.pair, buckets.account] + (sharedPeer ? [] : [buckets.network]),
            giveBack: { [slots] in slots.give(buckets.pair) })
    }

    /// Counts a wrong password (or unknown name) and gives the slot back. Durable on return. A caller that hangs up
    /// meanwhile does not undo it: the attempt was made.
    /// - Throws: `StoreUnavailable`; the slot is given back anyway.
    package func failed(_ admission: Admission, event: AuditEvent) async throws {
        defer { admission.release() }
        let window = schedule.window
        audit.show(event)
        try await Task { [store] in
            try await store.recordFailure(admission.countedOnFailure, window: window, event: event)
        }.value
    }

    private struct Source {
        let network: String
        let account: Account
        let sharedPeer: Bool
    }

    private struct Verdict {
        /// Nil: the attempt may proceed.
        let delay: Delay?
        let record: LoginRecord?
    }

    private struct Delay {
        let length: Duration
        let cause: ThrottleBucket
    }

    /// Takes a slot, or returns how long to wait before trying again.
    private func check(_ buckets: ThrottleBuckets, _ source: Source) async throws -> Verdict {
        slots.beginCheck(buckets.pair)
        defer { slots.endCheck(buckets.pair) }
        while true {
            try Task.checkCancellation()
            let mark = slots.mark(buckets.pair)
            let (decision, record) = try await decide(buckets, source)
            switch decision {
            case .wait(let length, let kind):
                return Verdict(delay: Delay(length: length, cause: buckets[kind]), record: record)
            case .admit(let atOnce):
                switch slots.take(buckets.pair, capacity: atOnce, mark: mark) {
                case .taken: return Verdict(delay: nil, record: record)
                case .outOfDate: continue
                case .full: await slots.release(of: buckets.pair, since: mark)
                }
            }
        }
    }

    private func decide(
        _ buckets: ThrottleBuckets, _ source: Source
    ) async throws -> (ThrottleSchedule.Decision, LoginRecord?) {
        let attempt = try await store.loginAttempt(
            normalisedName: source.account.nameToRead, counters: [buckets.pair, buckets.network, buckets.account])
        let counters = ThrottleSchedule.Counters(
            pair: attempt.counters[buckets.pair], network: attempt.counters[buckets.network],
            account: attempt.counters[buckets.account])
        let now = clock.now()
        var known = false
        if schedule.asksForKnownNetwork(counters, now: now) {
            // For a name without a user the same read is made, with an id that no user has.
            let user = source.account.user ?? attempt.record?.user.id ?? UserID.generate(at: now)
            known = try await store.isKnownNetwork(source.network, of: user)
        }
        return (
            schedule.decide(counters, now: now, sharedPeer: source.sharedPeer, knownNetwork: known), attempt.record
        )
    }
}

extension LoginThrottle {
    /// The account whose password is tried.
    package enum Account: Sendable {
        /// The user with this normalised name, if there is one.
        case named(String)
        /// A text that is not a valid name, in the form in which names are compared.
        case impossible(String)
        /// A user who is already signed in.
        case known(User)

        fileprivate var comparisonForm: String {
            switch self {
            case .named(let name), .impossible(let name): name
            case .known(let user): user.normalisedName
            }
        }

        fileprivate var nameToRead: String? {
            if case .named(let name) = self { name } else { nil }
        }

        fileprivate var user: UserID? {
            if case .known(let user) = self { user.id } else { nil }
        }
    }
}

/// Permission to try one password. It holds one of the pair's slots until it is released, at the latest when the last
/// reference goes.
package final class Admission: Sendable {
    /// The record of an account that was given by name; `nil` for an unknown name.
    package let record: LoginRecord?
    /// The counter that a successful login resets, in the transaction that begins its session: only its own pair.
    package let resetOnSuccess: [ThrottleBucket]
    /// The counters in which a failed login counts.
    let countedOnFailure: [ThrottleBucket]

    private let giveBack: Mutex<(@Sendable () -> Void)?>

    package init(
        record: LoginRecord? = nil, resetOnSuccess: [ThrottleBucket], countedOnFailure: [ThrottleBucket] = [],
        giveBack: @escaping @Sendable () -> Void = {}
    ) {
        self.record = record
        self.resetOnSuccess = resetOnSuccess
        self.countedOnFailure = countedOnFailure
        self.giveBack = Mutex(giveBack)
    }

    deinit { release() }

    /// Lets the next attempt of the pair be checked. Call it once the outcome is on disk; a second call has no effect.
    package func release() {
        let action = giveBack.withLock { action in
            defer { action = nil }
            return action
        }
        action?()
    }
}
