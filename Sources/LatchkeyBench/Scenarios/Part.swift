/// What can be measured alone, by the name that the command line takes. In the order in which all are run.
enum Part: String, CaseIterable, Sendable {
    case verification, instructions, process, logins, rotations, reads, introspection, revocations, growth, flood, mixed
    case signIns = "sign-ins"
    case postgresRotations = "postgres-rotations"
    case postgresLogins = "postgres-logins"
    case postgresNodes = "postgres-nodes"
    case postgresRevocations = "postgres-revocations"

    /// Those of nodes on PostgreSQL, which only a program with PostgreSQL can run.
    static let onPostgres: [Part] = [.postgresRotations, .postgresLogins, .postgresNodes, .postgresRevocations]
    /// All others.
    static let onSQLite = allCases.filter { !onPostgres.contains($0) }

    /// One line for people.
    var summary: String {
        switch self {
        case .verification:
            "the cost of verifying a token in a service, compared with the bare signature; needs no server"
        case .instructions: "instructions and allocations of single requests, the same on every machine; needs valgrind"
        case .process: "start to first answer, memory when idle and after every kind of load"
        case .logins: "password logins beside a bare Argon2 loop on all cores"
        case .signIns: "the sign-in page, and sign-ins of people who are signed in, beside logins and refreshes"
        case .rotations: "durable refresh-token rotations beside disk, database, signature and empty answer"
        case .reads: "JWKS, revocation list and its 304 beside nginx with the same bytes"
        case .introspection: "access and refresh tokens introspected by a confidential client"
        case .revocations: "durable revocations, long lists, and a burst before many pollers"
        case .growth:
            "the same work with ten thousand and ten million sessions, commits at a steady pace, restarts"
        case .flood: "the effect of four times too many logins on all other requests"
        case .mixed: "ten minutes of everything at once: nothing may get slower or larger"
        case .postgresRotations:
            "durable rotations on PostgreSQL by a socket and 0.5 ms away, beside SQLite and pgbench"
        case .postgresLogins: "password logins on PostgreSQL beside a bare Argon2 loop on all cores"
        case .postgresNodes: "two nodes on one PostgreSQL beside one of them, requests sent to both in turn"
        case .postgresRevocations: "time from a logout at one node to the answer of a long poll at another"
        }
    }

    /// Measures it in a fresh folder.
    func measure(_ options: BenchOptions, folder: String) throws -> Section {
        switch self {
        case .verification: try Verification().measure(options.plan)
        case .instructions: try Instructions(options: options, folder: folder).measure()
        case .process: try ProcessLife(options: options, folder: folder).measure()
        case .logins: try Logins(options: options, folder: folder).measure()
        case .signIns: try SignIns(options: options, folder: folder).measure()
        case .rotations: try Rotations(options: options, folder: folder).measure()
        case .reads: try Reads(options: options, folder: folder).measure()
        case .introspection: try Introspections(options: options, folder: folder).measure()
        case .revocations: try Revocations(options: options, folder: folder).measure()
        case .growth: Section(self, figures: try Growth(options: options, folder: folder).measure())
        case .flood: try Flood(options: options, folder: folder).measure()
        case .mixed: Section(self, figures: try Mixed(options: options, folder: folder).measure())
        case .postgresRotations: try PostgresRotations(options: options, folder: folder).measure()
        case .postgresLogins: try PostgresLogins(options: options, folder: folder).measure()
        case .postgresNodes: try PostgresNodes(options: options, folder: folder).measure()
        case .postgresRevocations: try PostgresRevocations(options: options, folder: folder).measure()
        }
    }
}
