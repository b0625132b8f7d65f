import LatchkeyCore
import LatchkeyTokens

/// What a closure on the writer works with: the open transaction and the batch's one reading of the clock.
///
/// Lives for one batch, on the writer thread.
final class Transaction {
    let database: Database
    /// The wall clock when the batch began.
    let wall: Timestamp
    /// The store's clock: the wall clock, or its floor while that is later. The same for every closure of the batch.
    let instant: Timestamp
    private let floor: Timestamp
    private var known: StateRow?
    private var knownStreams: [ListeningStream]?
    private var usedClock = false
    /// Whether a closure wrote log entries (perhaps one that was rolled back).
    private(set) var mayHaveEntries = false
    /// Streams that got an event or another status (perhaps by a closure that was rolled back).
    private(set) var changedStreams: Set<Int64> = []
    private var causeID: String?
    /// Set by `reset-clock`: the floor after this batch, whatever the batch used.
    private(set) var newFloor: Timestamp?

    init(database: Database, wall: Timestamp, floor: Timestamp) {
        self.database = database
        self.wall = wall
        self.floor = floor
        instant = max(wall, floor)
    }

    /// The single-row tables, read once in a batch as long as nobody changes them.
    func state() throws -> StateRow {
        if let known { return known }
        let state = try StateRow.read(database)
        known = state
        return state
    }

    /// Has to be called by whoever changes a single-row table, and after a rolled back savepoint.
    func forgetState() { known = nil }

    /// The streams that security events go to, read once in a closure: mostly none. No closure changes streams and
    /// writes events too.
    func listeningStreams() throws -> [ListeningStream] {
        if let knownStreams { return knownStreams }
        let streams = try ListeningStream.all(database)
        knownStreams = streams
        return streams
    }

    /// Notes a change of streams or of what waits in them.
    func changed(streams: Set<Int64>) { changedStreams.formUnion(streams) }

    /// Has to be called before each closure of the batch: what the one before it knew may have been rolled back.
    func beginClosure() {
        knownStreams = nil
        causeID = nil
    }

    /// Names what this closure does: `txn` of all the events that it writes.
    func cause() -> String {
        let id = causeID ?? TokenID.generate().description
        causeID = id
        return id
    }

    /// Asks whether a token may be issued now to a subject with these `issued_before`; everybody's is added.
    func gate(_ issuedBefore: Int64?...) throws -> IssuanceGate {
        let marks = try issuedBefore.compactMap(\.self) + [state().revocation.issuedBefore].compactMap(\.self)
        let gate = IssuanceGate.decide(wall: wall, floor: floor, issuedBefore: marks)
        if case .open = gate { usedClock = true }
        return gate
    }

    /// Notes that this batch's instant stands in a revocation.
    func useClockForRevocation() {
        usedClock = true
        mayHaveEntries = true
    }

    func replaceFloor(_ floor: Timestamp) { newFloor = floor }

    /// The floor for the next batch once this one has committed.
    var nextFloor: Timestamp { newFloor ?? (usedClock ? instant : floor) }

    /// The last write before COMMIT: keeps the floor, once a second.
    func storeFloor() throws {
        guard newFloor == nil, usedClock, try state().revocation.clockFloor.seconds < instant.seconds else { return }
        try database.run("UPDATE revocation_state SET clock_floor = ?", [instant.milliseconds])
    }
}

extension Transaction {
    /// The answer of an issuing closure that was let through.
    func grant<Value: Sendable>(_ value: Value, at issuedAt: Timestamp) throws -> Issuance<Value> {
        .granted(value, issuedAt: issuedAt, keyVersion: try state().keyVersion)
    }

    /// Runs `body` when the gate is open; otherwise nothing is written.
    func issue<Value: Sendable>(
        _ gate: IssuanceGate, _ body: (Timestamp) throws -> Value
    ) throws -> Issuance<Value> {
        switch gate {
        case .open(let issuedAt): try grant(try body(issuedAt), at: issuedAt)
        case .wait(let until): .wait(until: until)
        case .clockSetBack(let retryAfter): .clockSetBack(retryAfter: retryAfter)
        }
    }
}

/// The single-row tables `revocation_state` and `key_state`.
struct StateRow {
    let revocation: RevocationState
    let maxSkew: Duration
    /// A shorter horizon that is to hold from an instant on.
    let lowering: (horizon: Duration, from: Timestamp)?
    let keyVersion: Int64
    /// What has to be done before anything is served.
    let settlement: PendingSettlement?

    private static let select = """
        SELECT epoch, last_seq, clock_floor, token_horizon, lower_horizon, lower_horizon_at, max_skew, issued_before,
            sessions_ended_at, key_state.version, settlement
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
                keyVersion: row[9], settlement: PendingSettlement(rawValue: row[10]))
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
