/// Figures of a store, for operators.
package struct StoreStatistics: Sendable, Equatable {
    package let users: Int64
    package let clients: Int64
    /// Rows, live or waiting for the sweep.
    package let sessions: Int64
    package let liveRevocations: Int64
    package let auditEvents: Int64
    /// Size of the database file and of its write-ahead log, bytes.
    package let databaseBytes: Int64
    package let writeAheadLogBytes: Int64
    /// Committed batches and the closures in them since start.
    package let batches: Int64
    package let transactions: Int64
    /// How long the disk took for each of those commits.
    package let commitTimes: CommitTimes

    package init(
        users: Int64, clients: Int64, sessions: Int64, liveRevocations: Int64, auditEvents: Int64,
        databaseBytes: Int64, writeAheadLogBytes: Int64, batches: Int64, transactions: Int64, commitTimes: CommitTimes
    ) {
        self.users = users
        self.clients = clients
        self.sessions = sessions
        self.liveRevocations = liveRevocations
        self.auditEvents = auditEvents
        self.databaseBytes = databaseBytes
        self.writeAheadLogBytes = writeAheadLogBytes
        self.batches = batches
        self.transactions = transactions
        self.commitTimes = commitTimes
    }
}

/// A histogram of commits since start by how long each took.
package struct CommitTimes: Sendable, Equatable {
    /// The upper limit of each class; one more class holds all longer times.
    package static let bounds: [Duration] = [
        .microseconds(100), .microseconds(250), .microseconds(500), .milliseconds(1), .microseconds(2_500),
        .milliseconds(5), .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100),
        .milliseconds(250), .seconds(1),
    ]

    /// Commits in each class.
    package private(set) var counts = [Int64](repeating: 0, count: bounds.count + 1)
    package private(set) var sum = Duration.zero

    package init() {}

    package mutating func add(_ time: Duration) {
        counts[Self.bounds.firstIndex { time <= $0 } ?? Self.bounds.count] += 1
        sum += time
    }
}

/// How many rows there are.
package struct RowCounts: Sendable {
    package let users: Int64
    package let clients: Int64
    /// Live or waiting for the sweep.
    package let sessions: Int64
    package let liveRevocations: Int64
    package let auditEvents: Int64

    package init(users: Int64, clients: Int64, sessions: Int64, liveRevocations: Int64, auditEvents: Int64) {
        self.users = users
        self.clients = clients
        self.sessions = sessions
        self.liveRevocations = liveRevocations
        self.auditEvents = auditEvents
    }
}
