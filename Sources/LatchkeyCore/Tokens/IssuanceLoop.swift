package import LatchkeyTokens

/// Submits an issuing transaction until it is let through: the waiting happens here, off the writer, and every try is
/// a transaction of its own.
package struct IssuanceLoop: Sendable {
    private let clock: Clock
    /// Each wait is at most two seconds, and only another revocation in the new second brings a further one.
    private static let attempts = 5

    package init(clock: Clock) { self.clock = clock }

    /// - Throws: ``Refusal`` `clock_set_back`, or `temporarily_unavailable` when revocations of the same subject keep
    ///   coming.
    package func run<Value: Sendable>(
        _ submit: () async throws -> Issuance<Value>
    ) async throws -> (value: Value, issuedAt: Timestamp, keyVersion: Int64) {
        for _ in 0..<Self.attempts {
            switch try await submit() {
            case .granted(let value, let issuedAt, let keyVersion):
                return (value, issuedAt, keyVersion)
            case .wait(let until):
                let milliseconds = until.milliseconds - clock.now().milliseconds
                if milliseconds > 0 { try await clock.sleep(.milliseconds(milliseconds)) }
            case .clockSetBack(let retryAfter):
                throw Refusal(
                    .clockSetBack, "The server clock was set back; no tokens are issued until it has caught up.",
                    retryAfter: retryAfter)
            }
        }
        throw Refusal(
            .temporarilyUnavailable, "Access is being revoked at this moment; try again.", retryAfter: .seconds(1))
    }
}
