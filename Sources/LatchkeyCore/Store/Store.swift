package import LatchkeyTokens

/// The database as the domain sees it: it runs rules, reads, and does what only an engine can do. What happens in a
/// transaction stands in the rules of each noun (`<Noun>Rules`), which are callable as methods of the store.
///
/// What every implementation promises, and `StoreConformance` checks:
/// - ``write(_:_:)`` returns when the change is on disk, and not before. When its rule throws, nothing was changed;
///   ``StoreUnavailable`` acknowledges nothing, and the same call may be made again.
/// - Rules run one after another (serialisable); those that issue or revoke read the store's own clock inside, whose
///   floor is stored and never goes back (``IssuanceGate``).
/// - Revocation log entries are handed to the ``StoreObserver`` in `seq` order after the commit and before any caller
///   of that commit resumes.
/// - Errors: what the rule throws, ``StoreUnavailable`` for a disk that is full, read-only or broken, ``StoreFault``
///   for our own mistakes. Arguments never appear in an error.
package protocol Store: Sendable {
    var clock: Clock { get }
    /// By this one the store forgets what has expired, and whoever holds parts of it in memory does the same.
    var expiryClock: ExpiryClock { get }

    /// Runs a rule as one transaction. Durable on return.
    /// - Returns: the rule's value, with the log entries that it appended.
    func write<Value: Sendable>(
        _ scope: WriteScope, _ rule: @escaping @Sendable (any Ledger) throws -> Value
    ) async throws -> Written<Value>
    /// Reads; with `snapshot`, all of one moment.
    func read<Value: Sendable>(
        snapshot: Bool, _ body: @escaping @Sendable (any Looks) throws -> Value
    ) async throws -> Value
    /// Runs a rule some time soon and tells nobody; lost when the store is too busy or stops. For what must not hold up
    /// an answer.
    func later(_ rule: @escaping @Sendable (any Ledger) throws -> Void)

    func statistics() async throws -> StoreStatistics
    func shutdown() async
}

extension Store {
    /// Alone among all that write, as whoever has not thought about it should be.
    package func write<Value: Sendable>(
        _ rule: @escaping @Sendable (any Ledger) throws -> Value
    ) async throws -> Written<Value> {
        try await write(.turn, rule)
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any Looks) throws -> Value
    ) async throws -> Value {
        try await read(snapshot: false, body)
    }
}

/// What a rule writes hangs below one row: others that hang below another may run beside it where a store can do that.
/// One with a single writer needs no scope.
package enum WriteScope: Sendable {
    /// Beside nothing.
    case turn
    case user(UserID)
    case session(SessionID)
    /// By statements that are right alone.
    case rows
}

/// What a rule came to, once it is on disk.
package struct Written<Value: Sendable>: Sendable {
    package let value: Value
    /// The log entries that the rule appended, in order, with their `seq`.
    package let records: [RevocationRecord]

    package init(value: Value, records: [RevocationRecord]) {
        self.value = value
        self.records = records
    }
}

/// Told of committed facts by the store, on its writer thread: must be quick and must not block.
package protocol StoreObserver: Sendable {
    /// Entries committed since the last call, in `seq` order.
    func committed(_ records: [RevocationRecord])
    /// Streams, by number, that got an event or another status in a commit since the last call.
    func streamsChanged(_ streams: Set<Int64>)
}

extension StoreObserver {
    package func streamsChanged(_ streams: Set<Int64>) {}
}
