package import LatchkeyTokens

/// Which database answers, as the server itself numbers it.
package struct DatabaseIdentity: Sendable, Equatable {
    /// Of the files that the server was made with, and of all copies of them.
    package let system: Int64
    /// Grows with each promotion of a standby.
    package let timeline: Int64
    /// Of the database within its server.
    package let database: Int64

    package init(system: Int64, timeline: Int64, database: Int64) {
        self.system = system
        self.timeline = timeline
        self.database = database
    }

    fileprivate func isCopy(of other: DatabaseIdentity) -> Bool {
        system != other.system || database != other.database
    }
}

/// Where a database is, with two numbers that never fall while nothing is lost.
package struct DatabaseState: Sendable, Equatable {
    package let identity: DatabaseIdentity
    /// The clock's row.
    package let second: Int64
    /// The last `seq` of the revocation log.
    package let sequence: Int64

    package init(identity: DatabaseIdentity, second: Int64, sequence: Int64) {
        self.identity = identity
        self.second = second
        self.sequence = sequence
    }
}

/// What the database itself says about its history.
package struct RecordedHistory: Sendable, Equatable {
    /// Of the server whose epoch it has.
    package let identity: DatabaseIdentity
    /// When an operator last settled a restored or moved database, by the database's clock.
    package let settledAt: Timestamp
    /// The clock's row as it was when the history last forked: whatever is lost was written later.
    package let forkedSecond: Int64

    package init(identity: DatabaseIdentity, settledAt: Timestamp, forkedSecond: Int64) {
        self.identity = identity
        self.settledAt = settledAt
        self.forkedSecond = forkedSecond
    }
}

/// What a node knew of the database.
package struct KnownHistory: Sendable, Equatable {
    package let state: DatabaseState
    /// When, by the database's clock.
    package let at: Timestamp
    /// From this second on the node remembers every revocation.
    package let rememberedSince: Int64

    package init(state: DatabaseState, at: Timestamp, rememberedSince: Int64) {
        self.state = state
        self.at = at
        self.rememberedSince = rememberedSince
    }
}

/// What a node makes of the database that answers.
package enum HistoryFinding: Sendable, Equatable {
    /// The history goes on.
    case same
    /// A standby was promoted: what the node remembers is compared and written back.
    case promoted
    /// An operator has settled what the node had refused or did not know.
    case settled
    /// The old primary still answers: it is not to be used.
    case older
    /// No node may serve before an operator says what it is.
    case foreign(Strangeness)

    package enum Strangeness: String, Sendable, CaseIterable {
        /// The rows were copied from another server.
        case copied
        /// The node knew another server, or another database there.
        case replaced
        /// It is behind what the node knew: an earlier state came back.
        case rewound
        /// A promotion lost more than the nodes remember.
        case lostTooMuch = "lost_too_much"
    }

    /// The sentence for the operator.
    package var sentence: String {
        let settle =
            "; no node serves until `latchkey db settle --restored` (or `--moved` if nothing was lost) has said so"
        return switch self {
        case .same, .settled: "the database's history goes on"
        case .promoted: "a standby was promoted: what it lacks is written back first"
        case .older: "the old primary still answers: stop it, or take it out of postgres.url"
        case .foreign(.copied): "the database was copied from another server" + settle
        case .foreign(.replaced): "this is another database than the one that this node knew" + settle
        case .foreign(.rewound): "the database is at an earlier state than this node knew" + settle
        case .foreign(.lostTooMuch): "the promoted standby lacks more than the nodes remember" + settle
        }
    }
}

/// | found | means |
/// | --- | --- |
/// | settled since the node knew it | settled: the node forgets what it knew |
/// | another system or database than recorded | copied |
/// | another system or database than known | replaced |
/// | a timeline below the recorded or known one | the old primary |
/// | the known timeline, but `second` or `seq` lower | rewound |
/// | a timeline above, and losses older than what is remembered | lost too much |
/// | a timeline above the recorded or known one | promoted |
/// | equal | the same |
package enum HistoryRules {
    /// - Parameter known: nil for a node that knows nothing.
    package static func judge(
        _ found: DatabaseState, recorded: RecordedHistory, known: KnownHistory?
    ) -> HistoryFinding {
        let isSettled = known.map { recorded.settledAt > $0.at } ?? false
        let known = isSettled ? nil : known
        if found.identity.isCopy(of: recorded.identity) { return .foreign(.copied) }
        if let known, found.identity.isCopy(of: known.state.identity) { return .foreign(.replaced) }
        let latest = max(recorded.identity.timeline, known?.state.identity.timeline ?? 0)
        if found.identity.timeline < latest { return .older }
        guard let known else {
            if isSettled { return .settled }
            return found.identity.timeline > recorded.identity.timeline ? .promoted : .same
        }
        if found.identity.timeline == known.state.identity.timeline {
            let isBehind = found.second < known.state.second || found.sequence < known.state.sequence
            return isBehind ? .foreign(.rewound) : .same
        }
        // Once a node has written back what it remembers, `second` is no longer what the standby had.
        let isForked = recorded.identity.timeline == found.identity.timeline
        let second = isForked ? recorded.forkedSecond : found.second
        // Where nothing was written for long, nothing is lost however old the state is.
        let isComplete = second >= min(known.rememberedSince, known.state.second)
        return isComplete ? .promoted : .foreign(.lostTooMuch)
    }

    /// Whether a node that enters draws a new epoch.
    ///
    /// | finding | others serve | this node serves | epoch |
    /// | --- | --- | --- | --- |
    /// | same | yes | | joined |
    /// | same | no | yes | drawn: a cold start |
    /// | same | no | no | joined: a command changes nothing for pollers |
    /// | promoted, not recorded yet | | | drawn: numbers may be given twice |
    ///
    /// - Parameter isRecorded: whether the database records the server that answers.
    package static func draws(_ finding: HistoryFinding, isRecorded: Bool, othersServe: Bool, serves: Bool) -> Bool {
        switch finding {
        case .same, .settled: serves && !othersServe
        case .promoted: !isRecorded || (serves && !othersServe)
        case .older, .foreign: false
        }
    }
}
