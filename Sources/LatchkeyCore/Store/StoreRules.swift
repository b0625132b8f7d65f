package import LatchkeyTokens

/// The state of the log as a whole: its epoch, the token horizon, and the settlement that a restored database still
/// requires.
package enum StoreRules {
    /// Ensures that the stored token horizon is at least `longest`. A smaller one is set later, once tokens of the old
    /// length have expired.
    package static func setTokenHorizon(_ longest: Duration, skew: Duration, _ ledger: any Ledger) throws {
        let state = try ledger.state.row()
        let horizon = state.horizon(at: ledger.instant)
        guard longest < horizon else {
            return try ledger.state.setHorizon(longest, lowering: nil, maxSkew: skew)
        }
        // Tokens of the old length may have been issued until now; a pending lowering keeps its date.
        let standing = state.lowering.flatMap { $0.horizon == longest ? $0.from : nil }
        try ledger.state.setHorizon(
            horizon, lowering: (longest, standing ?? ledger.instant + horizon), maxSkew: skew)
    }
}

extension StoreRules {
    /// `db reset-clock`: lowers the clock's floor to `now` and removes what the wrong time wrote. Leaves the mark that
    /// makes this or the next start withdraw all signing keys, because tokens of the wrong time become valid later.
    fileprivate static func resetClock(to now: Timestamp, actor: Actor, _ ledger: any Ledger) throws {
        if try ledger.state.row().settlement == nil { try ledger.state.setSettlement(.clockReset) }
        try AuditRules.append(AuditEvent(.storeClockReset, at: now, actor: actor), ledger)
        // Last, because it is not undone with the rest when something fails.
        try ledger.state.resetClock(to: now)
    }
}

extension Store {
    /// The server is stopped. See ``StoreRules``.
    package func resetClockFloor(to now: Timestamp, actor: Actor) async throws {
        try await write { try StoreRules.resetClock(to: now, actor: actor, $0) }.value
    }

    package func revocationState() async throws -> RevocationState {
        let now = clock.now()
        return try await read { try $0.state.row().revocation(at: now) }
    }

    /// Sets a new epoch: once at each start of a server that has its database for itself, before it serves.
    package func beginEpoch(_ epoch: String) async throws -> RevocationState {
        try await write { ledger in
            try ledger.state.beginEpoch(epoch)
            return try ledger.state.row().revocation(at: ledger.instant)
        }.value
    }

    /// Ensures that the stored token horizon is at least `longest` before longer tokens are issued. If `longest` is
    /// smaller, the horizon is lowered later, once tokens of the old length have expired.
    package func setTokenHorizon(_ longest: Duration, skew: Duration) async throws {
        // In whole milliseconds, as stored.
        var longest = Duration.milliseconds(longest.wholeMilliseconds)
        var skew = skew
        // Tokens of other nodes live as long as those say.
        if let sharing { (longest, skew) = try await sharing.note(longest: longest, skew: skew) }
        let (horizon, allowance) = (longest, skew)
        try await write { try StoreRules.setTokenHorizon(horizon, skew: allowance, $0) }.value
    }

    /// What a restored backup or a reset clock still requires; nothing may be served before it is done.
    package func pendingSettlement() async throws -> PendingSettlement? {
        try await read { try $0.state.row().settlement }
    }

    /// Notes that it is done, together with `event`.
    package func clearSettlement(event: AuditEvent?) async throws {
        try await write { ledger in
            try ledger.state.setSettlement(nil)
            if let event { try AuditRules.append(event, ledger) }
        }.value
    }

    /// Commits a write, to check readiness.
    package func checkWritable() async throws {
        try await write(.rows) { try $0.state.touch() }.value
    }
}
