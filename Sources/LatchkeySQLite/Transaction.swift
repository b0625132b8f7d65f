import GRDB
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
    private var usedClock = false
    /// Whether a closure wrote log entries (perhaps one that was rolled back).
    private(set) var mayHaveEntries = false
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
