package import LatchkeyCore
package import LatchkeyTokens

/// The working state of a rule on the writer: the open transaction, the engine's one reading of the clock for it, and
/// the engine's tasks after the commit.
///
/// Lives for one batch, on the thread of its connection. The engine calls ``beginRule()`` before each rule of the batch
/// and ``ruleUndone()`` after one that was rolled back.
package final class SQLLedger: Ledger {
    package let connection: any SQLConnection
    private let dialect: any SQLDialect
    /// The wall clock when the batch began.
    private let wall: Timestamp
    package let instant: Timestamp
    private let floor: Timestamp
    private let mayIssue: Bool
    private var known: StoreState?
    private var knownStreams: [ListeningStream]?
    private var usedClock = false
    private var causeID: String?

    /// Entries that the rule appended.
    private var appended: [RevocationRecord] = []
    /// Whether a rule wrote log entries (perhaps one that was rolled back).
    package private(set) var mayHaveEntries = false
    /// Whether a rule revoked something, or found it revoked already.
    package private(set) var revokes = false
    /// Whether the gate asked a rule to wait for the next second.
    package private(set) var waitsForClock = false
    /// Streams that got an event or another status (perhaps by a rule that was rolled back).
    package private(set) var changedStreams: Set<Int64> = []
    /// Set by `reset-clock`: the floor after this batch, whatever the batch used.
    private var newFloor: Timestamp?

    /// - Parameters:
    ///   - mayIssue: false for a transaction whose time may be later than what others judge revocations by.
    ///   - known: the tables with one row, where they were read as the transaction began.
    package init(
        connection: any SQLConnection, dialect: any SQLDialect, wall: Timestamp, floor: Timestamp,
        mayIssue: Bool = true, known: StoreState? = nil
    ) {
        self.known = known
        self.mayIssue = mayIssue
        self.connection = connection
        self.dialect = dialect
        self.wall = wall
        self.floor = floor
        instant = max(wall, floor)
    }

    // MARK: The engine's side

    /// The state known to the previous rule may have been rolled back.
    package func beginRule() {
        knownStreams = nil
        causeID = nil
        if !appended.isEmpty { appended = [] }
    }

    package func ruleUndone() {
        known = nil
        beginRule()
    }

    /// The entries of the rule that has just run.
    package func takeRecords() -> [RevocationRecord] { appended }

    /// The floor for the next batch once this one has committed.
    package var nextFloor: Timestamp { newFloor ?? (usedClock ? instant : floor) }

    /// The last write before COMMIT: keeps the floor, once a second.
    package func storeFloor() throws {
        guard newFloor == nil, usedClock, try row().stored.clockFloor.seconds < instant.seconds else { return }
        try connection.run("UPDATE revocation_state SET clock_floor = ?", [instant.milliseconds])
    }

    // MARK: The rule's side

    package var cause: String {
        if let causeID { return causeID }
        let id = TokenID.generate().description
        causeID = id
        return id
    }

    package func gate(_ issuedBefore: [Int64?]) throws -> IssuanceGate {
        guard mayIssue else { throw StoreFault("a rule that was said to touch rows alone issues something") }
        var marks = issuedBefore.compactMap(\.self)
        if let mark = try row().stored.issuedBefore { marks.append(mark) }
        let gate = IssuanceGate.decide(wall: wall, floor: floor, issuedBefore: marks)
        switch gate {
        case .open: usedClock = true
        case .wait: waitsForClock = true
        case .clockSetBack: break
        }
        return gate
    }

    package func revocationInstant(byTime: Bool) throws -> Timestamp {
        usedClock = true
        revokes = true
        return try dialect.revocationInstant(byTime: byTime, at: instant, connection)
    }

    package var state: any StateTable { StateStatements(self, connection, dialect) }
    package var sessions: any SessionTable { Sessions(connection, dialect) }
    package var users: any UserTable { Users(connection) }
    package var passwords: any PasswordTable { Passwords(connection) }
    package var profiles: any ProfileTable { Profiles(connection) }
    package var clients: any ClientTable { Clients(connection, self) }
    package var codes: any AuthorizationCodeTable { AuthorizationCodes(connection) }
    package var signIns: any SignInTable { SignIns(connection) }
    package var browsers: any BrowserSessionTable { BrowserSessions(connection) }
    package var consents: any ConsentTable { Consents(connection) }
    package var throttle: any ThrottleTable { ThrottleCounters(connection) }
    package var networks: any NetworkTable { KnownNetworks(connection) }
    package var revocations: any RevocationTable { RevocationWrites(self, connection) }
    package var keys: any SigningKeyTable { SigningKeyWrites(self, connection) }
    package var audit: any AuditTable { AuditEvents(connection) }
    package var streams: any EventStreamTable { EventStreamWrites(self, connection) }
    package var statusLists: any StatusListTable { StatusLists(connection) }
    package var upkeep: any UpkeepTable { UpkeepStatements(connection, dialect) }
}

/// The state that the tables of this target keep with the transaction.
extension SQLLedger {
    /// The tables with one row, read once in a batch until a rule changes them.
    func row() throws -> StoreState {
        if let known { return known }
        let state = try StateRow(connection, dialect).row()
        known = state
        return state
    }

    /// Must be called after every change of a table with one row.
    func forgetState() { known = nil }

    /// The streams that security events go to, read once in a rule: mostly none. No rule changes streams and also
    /// writes events.
    func listeningStreams() throws -> [ListeningStream] {
        if let knownStreams { return knownStreams }
        let streams = try EventStreams(connection).readListening()
        knownStreams = streams
        return streams
    }

    /// For `reset-clock`.
    func replaceFloor(_ floor: Timestamp) { newFloor = floor }

    func noteChange(of stream: Int64) { changedStreams.insert(stream) }

    /// For what other nodes hold in memory.
    func announce() throws { try dialect.announce(connection) }

    var entryColumn: String { dialect.entryColumn }

    func drawEntry() throws -> Int64 {
        let number = try dialect.drawEntry(connection)
        forgetState()
        mayHaveEntries = true
        return number
    }

    func note(_ record: RevocationRecord) { appended.append(record) }
}
