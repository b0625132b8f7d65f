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

/// What has to be done to a database before it may serve. Written in the same step as what made it necessary, so that
/// a crash in between is made good by the next start.
package enum PendingSettlement: String, Sendable, CaseIterable {
    /// A backup was restored: revoke every token, end every session, withdraw the signing keys.
    case restored
    /// The same, but sessions live on.
    case restoredKeepingSessions = "restored_keep_sessions"
    /// The clock was reset: withdraw the signing keys and revoke what they signed.
    case clockReset = "clock_reset"
}

/// The tables of one row: the state of the revocation log, and the version of the key table.
package struct StoreState: Sendable {
    /// As stored. ``revocation(at:)`` has the horizon that holds at an instant.
    package let stored: RevocationState
    package let maxSkew: Duration
    /// A shorter horizon that is to hold from an instant on.
    package let lowering: (horizon: Duration, from: Timestamp)?
    package let keyVersion: Int64
    /// What has to be done before anything is served.
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

/// Changes of the tables of one row. Whoever reads ``StateLook/row()`` afterwards sees them.
package protocol StateTable: StateLook {
    func beginEpoch(_ epoch: String) throws
    /// Everybody's watermark.
    func revokeAll(issuedBefore: Int64, sessionsEndedAt: Timestamp?) throws
    func setHorizon(_ horizon: Duration, lowering: (horizon: Duration, from: Timestamp)?, maxSkew: Duration) throws
    /// - Parameter settlement: `nil`: nothing is left to be done.
    func setSettlement(_ settlement: PendingSettlement?) throws
    /// Takes back what a wrong time in the future wrote: sessions begun then go, since no watermark could be compared
    /// with them; watermarks and entries for tokens issued then go, as they would match every token from now on. The
    /// clock goes on from `now`. To be called last.
    func resetClock(to now: Timestamp) throws
    /// Writes the same once more: what a look whether the store is writable does.
    func touch() throws
}
