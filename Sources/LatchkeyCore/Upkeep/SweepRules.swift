package import LatchkeyTokens

/// The settings of the sweep.
package struct SweepPolicy: Sendable {
    package let auditRetention: Duration
    /// Idle and absolute lifetimes that no session can exceed; used to find rows that can no longer be refreshed.
    package let idleLifetime: Duration
    package let throttleWindow: Duration
    package init(auditRetention: Duration, idleLifetime: Duration, throttleWindow: Duration) {
        self.auditRetention = auditRetention
        self.idleLifetime = idleLifetime
        self.throttleWindow = throttleWindow
    }
}

/// The result of one look at the sessions.
package struct SessionSweep: Sendable, Equatable {
    package let removed: Int
    /// Where the next look continues; `nil` at the end of the table.
    package let next: SessionID?
}

/// Which rows are no longer needed.
///
/// | row | goes |
/// | --- | --- |
/// | entry of the log | when it has expired |
/// | status list, its entries | when its tokens have expired, and the skew of consumers is over |
/// | audit event, former name | after `audit.retention` |
/// | client secret | when it works no more |
/// | authorization code | an hour after it expired |
/// | sign-in | when its time is over |
/// | throttle counter | when its window is over |
/// | known network | 90 days after the last sign-in |
/// | session | see ``sessionBounds(_:now:)`` |
package enum SweepRules {
    /// Ended sessions are kept this long, so that a refused refresh can say why.
    static let endedSessionLifetime: Duration = .seconds(86400)
    /// Used codes are kept this long, because their second use ends the session that they began.
    static let usedCodeLifetime: Duration = .seconds(3600)
    /// Rows examined in one read, and removed in one transaction.
    fileprivate static let lookChunk = 2_000
    fileprivate static let deleteChunk = 200

    static func limit(of rows: ExpiredRows, _ policy: SweepPolicy, now: Timestamp) -> Timestamp {
        switch rows {
        case .revocations, .statusEntries, .statusLists, .clientSecrets: now
        case .auditEvents, .formerNames: now - policy.auditRetention
        case .codes: now - usedCodeLifetime
        case .signIns: now
        }
    }

    /// The limits beyond which a row can no longer be used, nor revoked with effect: the last access token of a session
    /// that expired lives for up to the token horizon, and consumers with a slow clock accept it for the skew longer.
    static func sessionBounds(_ policy: SweepPolicy, now: Timestamp, _ looks: any Looks) throws -> SessionBounds {
        let state = try looks.state.row()
        let alive = state.stored.tokenHorizon + state.maxSkew
        return SessionBounds(
            expiredAt: now - alive, unusedSince: now - policy.idleLifetime - alive,
            endedAt: now - endedSessionLifetime)
    }

    static func isOld(
        _ bucket: ThrottleBucket, _ counter: FailureCounter, _ policy: SweepPolicy, now: Timestamp
    ) -> Bool {
        let end = now - ThrottleSchedule.window(of: bucket.kind, configured: policy.throttleWindow)
        return counter.lastFailure <= end && counter.windowStart <= end
    }

    static func isOld(_ network: KnownNetwork, now: Timestamp) -> Bool {
        network.lastSuccess <= now - ThrottleRules.knownNetworkLifetime
    }
}

extension Store {
    /// Removes expired rows of every kind except sessions (codes, entries, status lists, audit, throttle, networks,
    /// secrets), at most `limit` of each, so that a kind that grows faster than the others does not keep them waiting.
    /// - Returns: how many were removed; fewer than `limit` means that nothing is left for now.
    package func sweep(_ policy: SweepPolicy, limit: Int) async throws -> Int {
        let now = expiryClock.now()
        var removed = 0
        for rows in ExpiredRows.allCases {
            removed += try await sweep(rows, until: SweepRules.limit(of: rows, policy, now: now), limit: limit)
        }
        removed += try await sweepCounters(policy, now: now, limit: limit)
        removed += try await sweepNetworks(now: now, limit: limit)
        return removed
    }

    /// Looks at the next few thousand sessions, in key order because no index covers the columns that rotation writes,
    /// and removes at most `limit` that can no longer be used.
    package func sweepSessions(
        _ policy: SweepPolicy, after id: SessionID?, limit: Int
    ) async throws -> SessionSweep {
        let now = expiryClock.now()
        let (dead, last) = try await read(snapshot: true) { looks in
            try looks.upkeep.deadSessions(
                after: id, limit: SweepRules.lookChunk, try SweepRules.sessionBounds(policy, now: now, looks))
        }
        let chunk = Array(dead.prefix(min(SweepRules.deleteChunk, limit)))
        let removed = chunk.isEmpty ? 0 : try await write(.rows) { try $0.upkeep.remove(chunk) }.value
        return SessionSweep(removed: removed, next: chunk.count < dead.count ? chunk.last?.id ?? id : last)
    }

    private func sweep(_ rows: ExpiredRows, until instant: Timestamp, limit: Int) async throws -> Int {
        var removed = 0
        while removed < limit {
            let chunk = min(SweepRules.deleteChunk, limit - removed)
            let gone = try await write(.rows) { try $0.upkeep.remove(rows, until: instant, limit: chunk) }.value
            removed += gone
            if gone < chunk { break }
        }
        return removed
    }

    private func sweepCounters(_ policy: SweepPolicy, now: Timestamp, limit: Int) async throws -> Int {
        var removed = 0
        var position: ThrottleBucket?
        while removed < limit {
            let start = position
            let rows = try await read { try $0.upkeep.counters(after: start, limit: SweepRules.lookChunk) }
            let old = rows.filter { SweepRules.isOld($0.bucket, $0.counter, policy, now: now) }
                .prefix(limit - removed)
            removed += try await remove(Array(old)) { try $0.upkeep.remove($1.bucket, $1.counter) }
            guard rows.count == SweepRules.lookChunk, let last = rows.last else { break }
            position = last.bucket
        }
        return removed
    }

    private func sweepNetworks(now: Timestamp, limit: Int) async throws -> Int {
        var removed = 0
        var position: KnownNetwork?
        while removed < limit {
            let start = position
            let rows = try await read { try $0.upkeep.networks(after: start, limit: SweepRules.lookChunk) }
            let old = rows.filter { SweepRules.isOld($0, now: now) }.prefix(limit - removed)
            removed += try await remove(Array(old)) { try $0.upkeep.remove($1) }
            guard rows.count == SweepRules.lookChunk, let last = rows.last else { break }
            position = last
        }
        return removed
    }

    /// A chunk at a time, so that real work continues in between.
    private func remove<Old: Sendable>(
        _ rows: [Old], _ body: @escaping @Sendable (any Ledger, Old) throws -> Bool
    ) async throws -> Int {
        var removed = 0
        for start in stride(from: 0, to: rows.count, by: SweepRules.deleteChunk) {
            let chunk = Array(rows[start..<min(start + SweepRules.deleteChunk, rows.count)])
            removed += try await write(.rows) { ledger in
                try chunk.reduce(0) { try body(ledger, $1) ? $0 + 1 : $0 }
            }.value
        }
        return removed
    }
}
