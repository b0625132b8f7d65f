/// Figures of a store, for operators.
package struct StoreStatistics: Sendable, Equatable {
    package let users: Int64
    package let clients: Int64
    /// Rows, live or waiting for the sweep.
    package let sessions: Int64
    package let liveRevocations: Int64
    package let auditEvents: Int64
    /// Size of the database and of its write-ahead log, bytes. No log where a server keeps one for all its databases.
    package let databaseBytes: Int64
    package let writeAheadLogBytes: Int64?
    /// What this process has committed since its start.
    package let commits: CommitFigures

    package init(
        users: Int64, clients: Int64, sessions: Int64, liveRevocations: Int64, auditEvents: Int64,
        databaseBytes: Int64, writeAheadLogBytes: Int64?, commits: CommitFigures
    ) {
        self.users = users
        self.clients = clients
        self.sessions = sessions
        self.liveRevocations = liveRevocations
        self.auditEvents = auditEvents
        self.databaseBytes = databaseBytes
        self.writeAheadLogBytes = writeAheadLogBytes
        self.commits = commits
    }
}

/// What a process has committed since its start.
package struct CommitFigures: Sendable, Equatable {
    package private(set) var batches: Int64 = 0
    /// The rules in those batches.
    package private(set) var transactions: Int64 = 0
    /// How long each commit took, with the disk.
    package private(set) var times = DurationHistogram()

    package init() {}

    package mutating func add(_ transactions: Int, in time: Duration) {
        batches += 1
        self.transactions += Int64(transactions)
        times.add(time)
    }
}

/// Counts by how long each took.
package struct DurationHistogram: Sendable, Equatable {
    /// The upper limit of each class; one more class holds all longer times.
    package static let bounds: [Duration] = [
        .microseconds(100), .microseconds(250), .microseconds(500), .milliseconds(1), .microseconds(2_500),
        .milliseconds(5), .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100),
        .milliseconds(250), .seconds(1),
    ]

    /// How many are in each class.
    package private(set) var counts = [Int64](repeating: 0, count: bounds.count + 1)
    package private(set) var sum = Duration.zero

    package init() {}

    package mutating func add(_ time: Duration) {
        counts[Self.bounds.firstIndex { time <= $0 } ?? Self.bounds.count] += 1
        sum += time
    }
}

/// Counts by how many were together.
package struct SizeHistogram: Sendable, Equatable {
    /// The upper limit of each class; one more class holds all larger ones.
    package static let bounds = [1, 2, 4, 8, 16, 32, 64, 128]

    /// How many are in each class.
    package private(set) var counts = [Int64](repeating: 0, count: bounds.count + 1)
    package private(set) var sum: Int64 = 0

    package init() {}

    package mutating func add(_ size: Int) {
        counts[Self.bounds.firstIndex { size <= $0 } ?? Self.bounds.count] += 1
        sum += Int64(size)
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
