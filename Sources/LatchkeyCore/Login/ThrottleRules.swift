package import LatchkeyTokens

/// Counters of failures, and the networks that an account is known from.
package enum ThrottleRules {
    static let knownNetworkLifetime: Duration = .seconds(90 * 86400)

    /// Adds one failure to each bucket and folds the audit event into a similar one of the last minute. A counter older
    /// than its window restarts: see ``ThrottleSchedule/window(of:configured:)``.
    static func fail(
        _ buckets: [ThrottleBucket], window: Duration, event: AuditEvent, _ ledger: any Ledger
    ) throws {
        let instant = ledger.instant
        // In one order everywhere, so that rules that run beside each other do not wait in a circle.
        for bucket in buckets.sorted(by: { ($0.kind.rawValue, $0.number) < ($1.kind.rawValue, $1.number) }) {
            try ledger.throttle.fail(
                bucket, at: instant,
                windowStart: instant - ThrottleSchedule.window(of: bucket.kind, configured: window))
        }
        try AuditRules.append(event, ledger)
    }
}

extension Store {
    /// What an attempt to sign in needs first, read at one moment: the owner of the name, if a name is given, and the
    /// counters.
    package func loginAttempt(
        normalisedName: String?, counters buckets: [ThrottleBucket]
    ) async throws -> LoginAttempt {
        try await read(snapshot: true) { looks in
            let record = try normalisedName.flatMap { try looks.users.loginRecord(normalisedName: $0) }
            return LoginAttempt(record: record, counters: try looks.throttle.counters(buckets))
        }
    }

    /// See ``ThrottleRules/fail(_:window:event:_:)``. Durable before it returns.
    package func recordFailure(
        _ buckets: [ThrottleBucket], window: Duration, event: AuditEvent
    ) async throws {
        try await write(.rows) { try ThrottleRules.fail(buckets, window: window, event: event, $0) }.value
    }

    /// Whether the user signed in from this network in the last 90 days.
    package func isKnownNetwork(_ network: String, of user: UserID) async throws -> Bool {
        let since = clock.now() - ThrottleRules.knownNetworkLifetime
        return try await read { try $0.networks.isKnown(network, of: user, since: since) }
    }
}
