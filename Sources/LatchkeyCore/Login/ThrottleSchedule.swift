import Crypto
package import LatchkeyTokens

/// How long a login attempt must wait, computed from counters of failures. Pure.
///
/// | counter | allowance | then, after each failure |
/// | --- | --- | --- |
/// | pair (account, network) | `account_failures` in the window | 1, 2, 4 … 900 s |
/// | network | `address_failures` in the window | the same; lifted for a shared peer |
/// | account, over all networks | 100 in a day | the same, for networks unknown to the account |
///
/// A delay, once earned, is served in full even where it reaches past the end of the window.
package struct ThrottleSchedule: Sendable {
    /// Failures against one account, over all networks, that are answered without delay (NIST SP 800-63B-4 3.2.2).
    package static let failuresAcrossNetworks = 100
    /// How long failures against one account count: in a short window the allowance would return all day long.
    package static let accountWindow: Duration = .seconds(86400)
    /// The longest delay.
    package static let longestDelay: Duration = .seconds(900)

    package let accountFailures: Int
    package let addressFailures: Int
    package let window: Duration

    package init(_ settings: Settings.Login) {
        accountFailures = settings.accountFailures
        addressFailures = settings.addressFailures
        window = settings.window
    }

    /// After this time a counter of `kind` restarts. `configured` is `login.window`.
    package static func window(of kind: ThrottleBucket.Kind, configured: Duration) -> Duration {
        switch kind {
        case .pair, .network: configured
        case .account: max(configured, accountWindow)
        }
    }

    /// What is known about an attempt before its password is tried.
    package struct Counters: Sendable {
        package var pair: FailureCounter?
        package var network: FailureCounter?
        package var account: FailureCounter?

        package init(
            pair: FailureCounter? = nil, network: FailureCounter? = nil, account: FailureCounter? = nil
        ) {
            self.pair = pair
            self.network = network
            self.account = account
        }
    }

    /// The decision about one attempt.
    package enum Decision: Sendable, Equatable {
        /// Proceed when fewer than `atOnce` (1 or more) attempts of the pair are under way.
        case admit(atOnce: Int)
        /// Refuse; `because` names the counter with the longest delay.
        case wait(Duration, because: ThrottleBucket.Kind)
    }

    /// - Parameters:
    ///   - sharedPeer: all users seem to come from this address, so its own counter means nothing.
    ///   - knownNetwork: the account signed in from this network in the last 90 days.
    package func decide(
        _ counters: Counters, now: Timestamp, sharedPeer: Bool, knownNetwork: Bool
    ) -> Decision {
        let delays: [(Duration, ThrottleBucket.Kind)] = [
            (remaining(counters.pair, allowed: accountFailures, now: now), .pair),
            (sharedPeer ? .zero : remaining(counters.network, allowed: addressFailures, now: now), .network),
            (
                knownNetwork ? .zero : remaining(counters.account, allowed: Self.failuresAcrossNetworks, now: now),
                .account
            ),
        ]
        if let (longest, kind) = delays.max(by: { $0.0 < $1.0 }), longest > .zero {
            return .wait(longest, because: kind)
        }
        return .admit(atOnce: max(1, accountFailures - current(counters.pair, now: now)))
    }

    /// Whether the answer depends on `knownNetwork`, which costs a read.
    package func asksForKnownNetwork(_ counters: Counters, now: Timestamp) -> Bool {
        remaining(counters.account, allowed: Self.failuresAcrossNetworks, now: now) > .zero
    }

    /// The delay after failure number `failures`: none below `allowed`, then doubling from one second.
    package static func delay(failures: Int, allowed: Int) -> Duration {
        guard failures >= allowed else { return .zero }
        // 2^10 s already exceeds the longest delay.
        return min(.seconds(1 << min(failures - allowed, 10)), longestDelay)
    }

    private func remaining(_ counter: FailureCounter?, allowed: Int, now: Timestamp) -> Duration {
        guard let counter else { return .zero }
        let delay = Self.delay(failures: counter.failures, allowed: allowed)
        let elapsed = now - counter.lastFailure
        // A clock that was set back must not lengthen the remaining delay.
        return min(delay, max(.zero, delay - elapsed))
    }

    private func current(_ counter: FailureCounter?, now: Timestamp) -> Int {
        guard let counter, now - counter.windowStart < window else { return 0 }
        return counter.failures
    }
}

/// The counters in which an attempt counts.
///
/// Names and networks are hashed with a key from the master key, so that the table does not reveal who failed to log
/// in. They are hashed into a fixed number of buckets, so that random names cannot fill the disk.
struct ThrottleBuckets: Sendable, Equatable {
    /// Counters of each kind.
    static let count: UInt64 = 1 << 20

    let pair: ThrottleBucket
    let network: ThrottleBucket
    let account: ThrottleBucket

    init(normalisedName: String, network source: String, key: SymmetricKey) {
        let name = Array(normalisedName.utf8)
        let source = Array(source.utf8)
        pair = Self.bucket(.pair, [name, source], key)
        network = Self.bucket(.network, [source], key)
        account = Self.bucket(.account, [name], key)
    }

    subscript(kind: ThrottleBucket.Kind) -> ThrottleBucket {
        switch kind {
        case .pair: pair
        case .network: network
        case .account: account
        }
    }

    private static func bucket(_ kind: ThrottleBucket.Kind, _ parts: [[UInt8]], _ key: SymmetricKey) -> ThrottleBucket {
        var message: [UInt8] = [UInt8(kind.rawValue)]
        for part in parts {
            // Each part with its length, so that no two lists of parts give the same message.
            message += withBigEndianBytes(of: UInt64(part.count))
            message += part
        }
        let code = HMAC<SHA256>.authenticationCode(for: message, using: key)
        let number = code.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return ThrottleBucket(kind: kind, number: Int64(number % count))
    }

    private static func withBigEndianBytes(of value: UInt64) -> [UInt8] {
        stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
