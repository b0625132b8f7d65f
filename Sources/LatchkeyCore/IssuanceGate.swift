package import LatchkeyTokens

/// Decides inside the writer whether a token may be issued at this instant.
///
/// `iat` has whole seconds, and a `user`, `client` or `all` revocation matches every token with `iat <= iat_before`. So
/// a token issued in the same second as such a revocation would be revoked from birth, and a token issued by a clock
/// that ran backwards would outlive a revocation. Both wait.
package enum IssuanceGate: Sendable, Equatable {
    /// Issue with this `iat`.
    case open(issuedAt: Timestamp)
    /// Write nothing; try again in a new transaction when the wall clock has reached this instant.
    case wait(until: Timestamp)
    /// The wall clock is far behind the time of earlier tokens: refuse with 503 `clock_set_back`.
    case clockSetBack(retryAfter: Duration)

    /// How far the wall clock may be behind its floor before issuance is refused instead of delayed.
    package static let longestWait: Duration = .seconds(2)

    /// - Parameters:
    ///   - wall: the wall clock, read inside the writer.
    ///   - floor: the latest instant that any issuance or revocation has used (stored, never goes back).
    ///   - issuedBefore: the `issued_before` of user, client and all tokens, in Unix seconds, where there is one.
    package static func decide(wall: Timestamp, floor: Timestamp, issuedBefore: [Int64]) -> IssuanceGate {
        if wall.seconds < floor.seconds {
            let start = Timestamp(seconds: floor.seconds)
            let behind = start.milliseconds - wall.milliseconds
            guard behind <= longestWait.wholeMilliseconds else {
                return .clockSetBack(retryAfter: .milliseconds(min(behind, 3_600_000)))
            }
            return .wait(until: start)
        }
        if let last = issuedBefore.max(), last >= wall.seconds {
            // `issued_before` comes from the same clock, so this is less than a second away.
            return .wait(until: Timestamp(seconds: last + 1))
        }
        return .open(issuedAt: Timestamp(seconds: wall.seconds))
    }
}

/// What the transaction that allows an access token hands to its signer.
package struct IssuanceStamp: Sendable, Equatable {
    /// `iat`, even if the token is signed later.
    package let issuedAt: Timestamp
    /// The version of the key table that the transaction saw. The signer must not use an older key ring, or it could
    /// sign with a key that was withdrawn before `issuedAt`.
    package let keyVersion: Int64

    package init(issuedAt: Timestamp, keyVersion: Int64) {
        self.issuedAt = issuedAt
        self.keyVersion = keyVersion
    }
}

/// The result of a rule that may issue.
package enum Issuance<Value: Sendable>: Sendable {
    /// Committed. If a token may be issued, the value has its ``IssuanceStamp``.
    case settled(Value)
    /// Nothing was written; try again at this instant.
    case wait(until: Timestamp)
    /// Nothing was written.
    case clockSetBack(retryAfter: Duration)
}

/// What an issuance needs to know of time, for deciding it without an open transaction. Read together with everything
/// that is judged, or before it: then no watermark that is judged is older than the `iat` that the gate gives.
package struct IssuanceMoment: Sendable {
    /// As in ``IssuanceGate/decide(wall:floor:issuedBefore:)``.
    package let wall: Timestamp
    package let floor: Timestamp
    /// The watermark for all tokens.
    package let issuedBefore: Int64?
    package let keyVersion: Int64

    package init(wall: Timestamp, floor: Timestamp, issuedBefore: Int64?, keyVersion: Int64) {
        self.wall = wall
        self.floor = floor
        self.issuedBefore = issuedBefore
        self.keyVersion = keyVersion
    }

    /// As ``Ledger/instant``.
    package var instant: Timestamp { max(wall, floor) }

    /// Makes a value when the gate is open for subjects with these `issued_before`.
    func issue<Value: Sendable>(_ issuedBefore: Int64?..., make: (IssuanceStamp) -> Value) -> Issuance<Value> {
        let marks = (issuedBefore + [self.issuedBefore]).compactMap(\.self)
        switch IssuanceGate.decide(wall: wall, floor: floor, issuedBefore: marks) {
        case .open(let issuedAt): return .settled(make(IssuanceStamp(issuedAt: issuedAt, keyVersion: keyVersion)))
        case .wait(let until): return .wait(until: until)
        case .clockSetBack(let retryAfter): return .clockSetBack(retryAfter: retryAfter)
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// Whole seconds, rounded up.
    package var secondsRoundedUp: Int64 {
        components.seconds + (components.attoseconds > 0 ? 1 : 0)
    }
}

/// Submits an issuing transaction until the gate lets it through. The waiting happens here, not on the writer, and
/// every attempt is a transaction of its own.
package struct IssuanceLoop: Sendable {
    private let clock: Clock
    /// Each wait is at most two seconds, and only another revocation in the new second causes a further one.
    private static let attempts = 5

    package init(clock: Clock) { self.clock = clock }

    /// - Throws: ``Refusal`` `clock_set_back`, or `temporarily_unavailable` when revocations of the same subject keep
    ///   arriving.
    package func run<Value: Sendable>(
        _ submit: () async throws -> Issuance<Value>
    ) async throws -> Value {
        for _ in 0..<Self.attempts {
            switch try await submit() {
            case .settled(let value):
                return value
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
