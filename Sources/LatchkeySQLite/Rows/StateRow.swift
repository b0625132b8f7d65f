import GRDB
import LatchkeyCore
import LatchkeyTokens

/// The single-row tables `revocation_state` and `key_state`.
struct StateRow {
    let revocation: RevocationState
    let maxSkew: Duration
    /// A shorter horizon that is to hold from an instant on.
    let lowering: (horizon: Duration, from: Timestamp)?
    let keyVersion: Int64

    private static let select = """
        SELECT epoch, last_seq, clock_floor, token_horizon, lower_horizon, lower_horizon_at, max_skew, issued_before,
            sessions_ended_at, key_state.version
        FROM revocation_state, key_state
        """

    static func read(_ database: Database) throws -> StateRow {
        let state = try database.first(select) { row in
            let horizon: Int64? = row[4]
            return StateRow(
                revocation: RevocationState(
                    epoch: row[0], lastSequence: row[1], clockFloor: row.timestamp(2),
                    tokenHorizon: .milliseconds(row[3] as Int64), issuedBefore: row[7],
                    sessionsEndedAt: row.optionalTimestamp(8)),
                maxSkew: .milliseconds(row[6] as Int64),
                lowering: horizon.map { (.milliseconds($0), row.timestamp(5)) },
                keyVersion: row[9])
        }
        guard let state else { throw StoreFault("revocation_state has no row") }
        return state
    }

    /// How long the longest access token lives that may be unexpired at `now`.
    func horizon(at now: Timestamp) -> Duration {
        if let lowering, now >= lowering.from { return lowering.horizon }
        return revocation.tokenHorizon
    }

    /// The state as seen at `now`.
    func revocation(at now: Timestamp) -> RevocationState {
        RevocationState(
            epoch: revocation.epoch, lastSequence: revocation.lastSequence, clockFloor: revocation.clockFloor,
            tokenHorizon: horizon(at: now), issuedBefore: revocation.issuedBefore,
            sessionsEndedAt: revocation.sessionsEndedAt)
    }
}
