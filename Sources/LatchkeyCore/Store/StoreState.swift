package import LatchkeyTokens

/// One row of `revocation_state`.
package struct RevocationState: Sendable, Equatable {
    /// New at every start of a server.
    package let epoch: String
    package let lastSequence: Int64
    package let clockFloor: Timestamp
    package let tokenHorizon: Duration
    /// `issued_before` of the latest `all` entry (Unix seconds).
    package let issuedBefore: Int64?
    package let sessionsEndedAt: Timestamp?

    package init(
        epoch: String, lastSequence: Int64, clockFloor: Timestamp, tokenHorizon: Duration, issuedBefore: Int64?,
        sessionsEndedAt: Timestamp?
    ) {
        self.epoch = epoch
        self.lastSequence = lastSequence
        self.clockFloor = clockFloor
        self.tokenHorizon = tokenHorizon
        self.issuedBefore = issuedBefore
        self.sessionsEndedAt = sessionsEndedAt
    }
}

/// What must be done to a database before it may serve. Written in the same step as its cause, so that the next start
/// completes it after a crash in between.
package enum PendingSettlement: String, Sendable, CaseIterable {
    /// A backup was restored: revoke every token, end every session, withdraw the signing keys.
    case restored
    /// The same, but sessions continue.
    case restoredKeepingSessions = "restored_keep_sessions"
    /// The clock was reset: withdraw the signing keys and revoke what they signed.
    case clockReset = "clock_reset"
}

/// The tables of one row: the state of the revocation log, and the version of the key table.
package struct StoreState: Sendable {
    /// As stored. ``revocation(at:)`` has the horizon that holds at an instant.
    package let stored: RevocationState
    package let maxSkew: Duration
    /// A shorter horizon that applies from an instant on.
    package let lowering: (horizon: Duration, from: Timestamp)?
    package let keyVersion: Int64
    /// What must be done before anything is served.
    package let settlement: PendingSettlement?

    package init(
        stored: RevocationState, maxSkew: Duration, lowering: (horizon: Duration, from: Timestamp)?,
        keyVersion: Int64, settlement: PendingSettlement?
    ) {
        self.stored = stored
        self.maxSkew = maxSkew
        self.lowering = lowering
        self.keyVersion = keyVersion
        self.settlement = settlement
    }

    /// How long the longest access token lives that may be unexpired at `now`.
    package func horizon(at now: Timestamp) -> Duration {
        if let lowering, now >= lowering.from { return lowering.horizon }
        return stored.tokenHorizon
    }

    /// The state as seen at `now`.
    package func revocation(at now: Timestamp) -> RevocationState {
        RevocationState(
            epoch: stored.epoch, lastSequence: stored.lastSequence, clockFloor: stored.clockFloor,
            tokenHorizon: horizon(at: now), issuedBefore: stored.issuedBefore,
            sessionsEndedAt: stored.sessionsEndedAt)
    }
}

package protocol StateLook {
    func row() throws -> StoreState
}

/// Changes to the tables with one row. A later read of ``StateLook/row()`` sees them.
package protocol StateTable: StateLook {
    func beginEpoch(_ epoch: String) throws
    /// The watermark for all tokens.
    func revokeAll(issuedBefore: Int64, sessionsEndedAt: Timestamp?) throws
    func setHorizon(_ horizon: Duration, lowering: (horizon: Duration, from: Timestamp)?, maxSkew: Duration) throws
    /// - Parameter settlement: `nil` when nothing is left to do.
    func setSettlement(_ settlement: PendingSettlement?) throws
    /// Removes what a wrong time in the future wrote: sessions begun then, because no watermark could be compared with
    /// them; watermarks and entries for tokens issued then, because they would match every token from now on. The clock
    /// continues from `now`. Call it last.
    func resetClock(to now: Timestamp) throws
    /// Writes the same values again: checks whether the store is writable.
    func touch() throws
}
