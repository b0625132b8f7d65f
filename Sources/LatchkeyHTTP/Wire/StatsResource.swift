/// `GET /api/v1/admin/stats`: figures of the running process and its database.
package struct StatsResource: Codable, Sendable, Equatable {
    package let users: Int64
    package let clients: Int64
    /// Rows, living or waiting for the sweep.
    package let sessions: Int64
    package let liveRevocations: Int64
    package let auditEvents: Int64
    package let databaseBytes: Int64
    package let writeAheadLogBytes: Int64
    /// Commits since start, and the transactions that shared them.
    package let commits: Int64
    package let transactions: Int64
    /// Of the revocation list.
    package let epoch: String
    package let lastSeq: Int64
    package let consumers: Int
    package let waiters: Int
    /// Passwords that wait for a hash thread.
    package let hashQueue: Int
    /// Passwords being hashed now.
    package let hashRunning: Int

    package init(
        users: Int64, clients: Int64, sessions: Int64, liveRevocations: Int64, auditEvents: Int64,
        databaseBytes: Int64, writeAheadLogBytes: Int64, commits: Int64, transactions: Int64, epoch: String,
        lastSeq: Int64, consumers: Int, waiters: Int, hashQueue: Int, hashRunning: Int
    ) {
        self.users = users
        self.clients = clients
        self.sessions = sessions
        self.liveRevocations = liveRevocations
        self.auditEvents = auditEvents
        self.databaseBytes = databaseBytes
        self.writeAheadLogBytes = writeAheadLogBytes
        self.commits = commits
        self.transactions = transactions
        self.epoch = epoch
        self.lastSeq = lastSeq
        self.consumers = consumers
        self.waiters = waiters
        self.hashQueue = hashQueue
        self.hashRunning = hashRunning
    }

    enum CodingKeys: String, CodingKey {
        case users, clients, sessions, commits, transactions, epoch, consumers, waiters
        case liveRevocations = "live_revocations"
        case auditEvents = "audit_events"
        case databaseBytes = "database_bytes"
        case writeAheadLogBytes = "write_ahead_log_bytes"
        case lastSeq = "last_seq"
        case hashQueue = "hash_queue"
        case hashRunning = "hash_running"
    }
}
