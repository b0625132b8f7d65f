package import LatchkeyTokens

/// The refresh rotation settings of one client.
package struct RefreshPolicy: Sendable, Equatable {
    /// Within the first half of it after a rotation, a held token gets the same successor again; within the second
    /// half, only an access token; later it forks the lineage.
    package let reuseWindow: Duration
    /// Forks per session in 24 hours.
    package let recoveryLimit: Int
    /// Time since the last rotation after which the session has expired.
    package let idleLifetime: Duration

    package init(reuseWindow: Duration, recoveryLimit: Int, idleLifetime: Duration) {
        self.reuseWindow = reuseWindow
        self.recoveryLimit = recoveryLimit
        self.idleLifetime = idleLifetime
    }
}

/// The generation table of refresh rotation: a pure function of the lineage, the presented generation and the time.
///
/// | presented generation | answer |
/// | --- | --- |
/// | = current | rotate (cookie within the window: access token only) |
/// | = held, first half of the window | the same successor |
/// | = held, second half | access token only |
/// | = held, later | recovery: fork, up to the limit in 24 h |
/// | between held and current | replay: a skipped token is in use |
/// | < held | replay: an old token is in use |
/// | > current | only we can have made it: the database went backwards; move forward |
///
/// RFC 9700 4.14.2 asks for replay detection; RFC 6749 6 allows rotation. The window exists because a response may be
/// lost and because browsers have tabs.
package enum RefreshDecision: Sendable, Equatable {
    /// Write the lineage and answer with its `current`.
    case rotate(Session.Lineage)
    /// Write nothing; answer with the token of `current`. `elsewhere`: the request comes from another network than the
    /// rotation did.
    case sameSuccessor(elsewhere: Bool)
    /// Write nothing; answer with an access token and no refresh token.
    case accessOnly
    /// Write the forked lineage and answer with its `current`.
    case recover(Session.Lineage)
    /// End the session. Says how many generations behind the token is, and how long ago the last rotation was.
    case replay(behind: UInt32, age: Duration)
    /// Write the lineage, answer with its `current`, and tell the operator.
    case fastForward(Session.Lineage)
    /// 2^32 - 1 generations are used up.
    case exhausted

    /// The period over which forks are counted.
    package static let recoveryWindow: Duration = .seconds(86400)

    /// - Parameters:
    ///   - presented: the generation in the token, whose tag was verified. Generation 0 never has a valid tag.
    ///   - now: the store's clock, which does not run backwards.
    package static func decide(
        lineage: Session.Lineage, presented: UInt32, transport: Session.Transport, network: String,
        policy: RefreshPolicy, now: Timestamp
    ) -> RefreshDecision {
        let age = Duration.milliseconds(max(0, now.milliseconds - lineage.rotatedAt.milliseconds))
        if presented == lineage.current {
            if transport == .cookie, age < policy.reuseWindow {
                return .accessOnly
            }
            return advance(lineage, holding: presented, network: network, now: now).map(RefreshDecision.rotate)
                ?? .exhausted
        }
        if presented > lineage.current {
            var forward = lineage
            forward.current = presented
            return advance(forward, holding: presented, network: network, now: now)
                .map(RefreshDecision.fastForward) ?? .exhausted
        }
        guard presented == lineage.held else {
            return .replay(behind: lineage.current - presented, age: age)
        }
        if age < policy.reuseWindow / 2 {
            return .sameSuccessor(elsewhere: network != lineage.rotatedFrom)
        }
        if age < policy.reuseWindow {
            return .accessOnly
        }
        var fork = lineage
        if now.milliseconds - lineage.recoveryWindowStart.milliseconds >= recoveryWindow.wholeMilliseconds {
            fork.recoveries = 0
            fork.recoveryWindowStart = now
        }
        guard fork.recoveries < policy.recoveryLimit else {
            return .replay(behind: lineage.current - presented, age: age)
        }
        fork.recoveries += 1
        return advance(fork, holding: lineage.held, network: network, now: now).map(RefreshDecision.recover)
            ?? .exhausted
    }

    private static func advance(
        _ lineage: Session.Lineage, holding held: UInt32, network: String, now: Timestamp
    ) -> Session.Lineage? {
        let (next, overflow) = lineage.current.addingReportingOverflow(1)
        guard !overflow else { return nil }
        var advanced = lineage
        advanced.held = held
        advanced.current = next
        advanced.rotatedAt = now
        advanced.rotatedFrom = network
        return advanced
    }
}
