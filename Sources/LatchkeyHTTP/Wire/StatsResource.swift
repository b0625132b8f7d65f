/// `GET /api/v1/admin/stats`: figures of the running process and its database.
package struct StatsResource: WireObject, Equatable {
    package let users: Int64
    package let clients: Int64
    package let sessions: Int64
    package let liveRevocations: Int64
    package let auditEvents: Int64
    package let databaseBytes: Int64
    package let writeAheadLogBytes: Int64?
    package let commits: Int64
    package let transactions: Int64
    package let epoch: String
    package let lastSeq: Int64
    package let consumers: Int
    package let waiters: Int
    package let hashQueue: Int
    package let hashRunning: Int

    package static let schema = ObjectSchema(
        resource: "Stats", "Figures of the process and its database.", StatsResource.init,
        Member("users", \.users),
        Member("clients", \.clients),
        Member("sessions", \.sessions, "Rows, live or waiting for the sweep."),
        Member("live_revocations", \.liveRevocations),
        Member("audit_events", \.auditEvents),
        Member("database_bytes", \.databaseBytes),
        Member("write_ahead_log_bytes", \.writeAheadLogBytes, "Absent with PostgreSQL."),
        Member("commits", \.commits, "Since start."),
        Member("transactions", \.transactions, "Since start; several share a commit."),
        Member("epoch", \.epoch, "The epoch of the revocation list."),
        Member("last_seq", \.lastSeq),
        Member("consumers", \.consumers),
        Member("waiters", \.waiters, "Long polls that are held."),
        Member("hash_queue", \.hashQueue, "Passwords that wait for a hash thread."),
        Member("hash_running", \.hashRunning, "Passwords being hashed now."))
}
