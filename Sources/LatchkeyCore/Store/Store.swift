package import LatchkeyTokens

/// The database as the domain sees it: it runs rules, reads, and does what only an engine can do. The rules of each
/// noun (`<Noun>Rules`) say what happens in a transaction; they can be called as methods of the store.
///
/// What every implementation promises, and `StoreConformance` checks:
/// - ``write(_:_:)`` returns when the change is on disk, and not before. If its rule throws, nothing was changed.
///   ``StoreUnavailable`` acknowledges nothing, and the same call may be repeated.
/// - Rules run one after another (serialisable). Two with different roots (``WriteScope``) may run beside each other:
///   they write only below their root, into tables that only grow, or by single statements. Rules that issue or revoke read the store's own clock inside, whose
///   floor is stored and never goes backwards (``IssuanceGate``).
/// - Revocation log entries are handed to the ``StoreObserver`` in `seq` order after the commit and before any caller
///   of that commit resumes.
/// - Errors: those of the rule, ``StoreUnavailable`` for a disk that is full, read-only or broken, ``StoreFault`` for
///   our own mistakes. Arguments never appear in an error.
package protocol Store: Sendable {
    var clock: Clock { get }
    /// The store forgets expired things by this clock, and so does everything that holds parts of it in memory.
    var expiryClock: ExpiryClock { get }

    /// Runs a rule as one transaction. Durable on return.
    /// - Parameter repeatable: whether the rule may run again when it is not known whether its commit has happened.
    ///   Otherwise the caller gets a ``StoreUnavailable`` that says so.
    /// - Returns: the rule's value, with the log entries that it appended.
    func write<Value: Sendable>(
        _ scope: WriteScope, repeatable: Bool, _ rule: @escaping @Sendable (any Ledger) throws -> Value
    ) async throws -> Written<Value>
    /// Reads; with `snapshot`, everything as of one moment.
    func read<Value: Sendable>(
        snapshot: Bool, _ body: @escaping @Sendable (any Looks) throws -> Value
    ) async throws -> Value
    /// Runs a rule later and reports no outcome; it is lost when the store is too busy or stops. For work that must not
    /// delay a response.
    func later(_ rule: @escaping @Sendable (any Ledger) throws -> Void)

    /// The acts that come most often, each by its rule. An engine may run many of them together: see ``SessionStep``.
    func rotate(_ request: SessionRotation) async throws -> Issuance<RotationOutcome>
    func use(_ use: SessionUse) async throws -> Issuance<SessionUseOutcome>
    func issue(_ order: ClientTokenOrder) async throws -> Issuance<IssuedClient>

    func statistics() async throws -> StoreStatistics
    func shutdown() async

    /// How other processes that write to the same database are followed; nil for a store that has none.
    var sharing: (any SharedStore)? { get }
}

extension Store {
    package var sharing: (any SharedStore)? { nil }

    package func write<Value: Sendable>(
        _ scope: WriteScope, _ rule: @escaping @Sendable (any Ledger) throws -> Value
    ) async throws -> Written<Value> {
        try await write(scope, repeatable: false, rule)
    }

    /// Runs alone among all writers: the safe choice for a caller that has not considered its scope.
    package func write<Value: Sendable>(
        _ rule: @escaping @Sendable (any Ledger) throws -> Value
    ) async throws -> Written<Value> {
        try await write(.turn, repeatable: false, rule)
    }

    package func rotate(_ request: SessionRotation) async throws -> Issuance<RotationOutcome> {
        // Not repeatable as it stands: if the lineage went on meanwhile, the token would be taken for an old one.
        try await write(.session(request.session)) { try SessionRules.rotate(request, $0) }.value
    }

    package func use(_ use: SessionUse) async throws -> Issuance<SessionUseOutcome> {
        try await write(.session(use.session), repeatable: true) { try SessionRules.use(use, $0) }.value
    }

    package func issue(_ order: ClientTokenOrder) async throws -> Issuance<IssuedClient> {
        let scope: WriteScope = order.user.map { .user($0) } ?? .rows
        return try await write(scope, repeatable: true) { try ClientTokenRules.issue(order, $0) }.value
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any Looks) throws -> Value
    ) async throws -> Value {
        try await read(snapshot: false, body)
    }
}

/// The row under which everything that a rule writes hangs. Rules under other rows may run beside it if a store
/// supports that. A store with a single writer needs no scope.
package enum WriteScope: Sendable {
    /// Runs beside nothing.
    case turn
    case user(UserID)
    case session(SessionID)
    /// The user whose one-time code has this digest.
    case userOfCode([UInt8])
    /// Uses statements that are each correct alone.
    case rows
}

/// The result of a rule, once it is on disk.
package struct Written<Value: Sendable>: Sendable {
    package let value: Value
    /// The log entries that the rule appended, in order, with their `seq`.
    package let records: [RevocationRecord]

    package init(value: Value, records: [RevocationRecord]) {
        self.value = value
        self.records = records
    }
}

/// The store reports committed facts to it, on its writer thread: it must be quick and must not block.
package protocol StoreObserver: Sendable {
    /// Entries committed since the last call, in `seq` order.
    func committed(_ records: [RevocationRecord])
    /// Streams, by number, that got an event or another status in a commit since the last call.
    func streamsChanged(_ streams: Set<Int64>)
    /// A ``SharedStore`` looked at its database, and all that it found there was told to the observer before.
    func checked(_ check: StoreCheck)
    /// The log of a ``SharedStore`` has an entry that this release cannot read.
    func unreadable()
    /// The log of a ``SharedStore`` goes on in another epoch: this is all of it that is live, in `seq` order.
    func restarted(epoch: String, sequence: Int64, records: [RevocationRecord])
}

extension StoreObserver {
    package func streamsChanged(_ streams: Set<Int64>) {}
    package func checked(_ check: StoreCheck) {}
    package func unreadable() {}
    package func restarted(epoch: String, sequence: Int64, records: [RevocationRecord]) {}
}
