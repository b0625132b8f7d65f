import Foundation
import LatchkeyCore
import LatchkeyTokens

/// A data directory with many users and sessions, made through its own server once and then by SQL.
struct SeededServer: Sendable {
    let options: BenchOptions
    /// Holds `data` and the server's log.
    let folder: String
    let configuration: [String: String]
    let plan: SeedPlan
    /// Authorization field of the confidential client.
    let authorization = Population.serviceAuthorization
    private let keys: MasterKeyRing

    /// The confidential client: owns every second session and may ask about all.
    static let service = Population.service
    /// The audience of access tokens, so that the service may introspect all of them.
    private static let audience = ["LATCHKEY_TOKENS_AUDIENCE": service]
    /// Argon2id at its lowest cost, when the password is not what is measured.
    static let cheapPasswords = [
        "LATCHKEY_PASSWORD_ARGON2_MEMORY_KIB": "8", "LATCHKEY_PASSWORD_ARGON2_ITERATIONS": "1",
    ]
    /// Measured: bytes of database file for one session and one user, with their indexes, rounded up.
    private static let bytesPerSession = 300
    private static let bytesPerUser = 500
    private static let otherBytes = 512 * 1024 * 1024

    /// Bytes that the file system must have free for such a directory.
    static func bytesNeeded(users: Int, sessions: Int) -> Int {
        // Twice for what sorting the indexes takes meanwhile.
        2 * (sessions * bytesPerSession + users * bytesPerUser) + otherBytes
    }

    /// - Throws: ``BenchFailure`` when the disk is too small, or SQLite or the server refuse.
    init(
        options: BenchOptions, folder: String, users: Int, sessions: Int, configuration: [String: String] = [:]
    ) throws {
        self.options = options
        self.folder = folder
        self.configuration = configuration.merging(Self.audience) { given, _ in given }
        plan = SeedPlan(
            users: users, sessions: sessions, now: Int64(Date().timeIntervalSince1970 * 1000))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.checkSpace(folder, Self.bytesNeeded(users: users, sessions: sessions))
        let server = try ServerUnderTest(binary: options.server, folder: folder, configuration: self.configuration)
        defer { server.stop() }
        try Population(admin: server.admin).create()
        _ = try Population.logIn(count: 1, at: server.endpoint)
        server.stop()
        keys = try MasterKeyFile(path: folder + "/data/master.key").read()
        try fill()
    }

    func start() throws -> ServerUnderTest {
        try ServerUnderTest(binary: options.server, folder: folder, configuration: configuration)
    }

    var data: String { folder + "/data" }
    var masterKeyFile: String { data + "/master.key" }
    var database: String { data + "/latchkey.sqlite" }
    var writeAheadLog: String { database + "-wal" }

    /// Bytes of a file of this directory; 0 when it is not there.
    static func size(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    /// The refresh token that session `number` has before anybody rotates it. Even numbers are sessions of the public
    /// client, odd ones of the confidential one.
    func refreshToken(_ number: Int) throws -> [UInt8] {
        guard let session = SessionID(bytes: SeedPlan.bytes(plan.sessionID(number))) else {
            throw BenchFailure("A seeded session has no id.")
        }
        let token = try RefreshToken.derive(
            session: session, generation: plan.generation(number), nonce: SeedPlan.bytes(plan.nonce(number)), keys: keys
        )
        return Array(token.text.utf8)
    }

    /// The refresh tokens of all sessions of the public client, in their order.
    func publicRefreshTokens() throws -> [[UInt8]] {
        try stride(from: 0, to: plan.sessions, by: 2).map(refreshToken)
    }

    private static func checkSpace(_ folder: String, _ needed: Int) throws {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: folder)
        let free = (attributes[.systemFreeSize] as? NSNumber)?.intValue ?? 0
        guard free >= needed else {
            throw BenchFailure(
                "\(folder) has \(free / 1_048_576) MiB free and needs \(needed / 1_048_576) MiB; choose another place "
                    + "with --folder.")
        }
    }

    // MARK: SQL

    private func fill() throws {
        let database = try BulkDatabase(path: database)
        // As a real sign-in left them.
        let session = try database.row("SELECT scope, authentication_methods, network FROM sessions LIMIT 1")
        let hash = try database.row("SELECT hash FROM passwords LIMIT 1")
        guard session.count == 3, hash.count == 1 else { throw BenchFailure("The first sign-in left no session.") }
        try insertUsers(database, hash: hash[0], network: session[2])
        try insertAudit(database)
        // Sorted at the end, an index takes a fraction of what it takes row by row.
        let indexes = try database.rows(
            "SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'sessions' AND type = 'index' AND sql IS NOT NULL")
        for index in indexes { try database.run("DROP INDEX \(index[0])") }
        try insertSessions(database, scope: session[0], methods: session[1], network: session[2])
        for index in indexes { try database.run(index[1]) }
        try database.close()
    }

    /// With one password for all: what is measured is where the rows lie, not what is in them.
    private func insertUsers(_ database: BulkDatabase, hash: String, network: String) throws {
        let plan = plan
        try database.insert(
            plan.users,
            """
            INSERT INTO users (id, name, normalised_name, roles, disabled, must_change_password, created_at)
            VALUES (?1, ?2, ?2, '', 0, 0, ?3)
            """
        ) { row, number in
            row.bind(1, plan.userID(number))
            row.bind(2, SeedPlan.userName(number))
            row.bind(3, plan.userCreated(number))
        }
        try database.insert(
            plan.users, "INSERT INTO passwords (user_id, hash, version, changed_at) VALUES (?1, '\(hash)', 1, ?2)"
        ) { row, number in
            row.bind(1, plan.userID(number))
            row.bind(2, plan.userCreated(number))
        }
        try database.insert(
            plan.users,
            "INSERT INTO known_networks (user_id, network, last_success) VALUES (?1, '\(network)', \(plan.now))"
        ) { row, number in
            row.bind(1, plan.userID(number))
        }
    }

    /// One sign-in of each user: the trail's indexes grow with the accounts too. All ten million would take as long as
    /// everything else together.
    private func insertAudit(_ database: BulkDatabase) throws {
        let plan = plan
        let model = try database.row("SELECT max(id) FROM audit_events WHERE kind = 'login.succeeded'")[0]
        try database.insert(
            plan.users,
            """
            INSERT INTO audit_events (kind, at, actor, user_id, session_id, client_id, network, details, count)
            SELECT kind, at, actor, ?1, ?2, client_id, network, details, count FROM audit_events WHERE id = \(model)
            """
        ) { row, number in
            row.bind(1, plan.userID(number))
            row.bind(2, plan.sessionID(number * plan.sessions / plan.users))
        }
    }

    private func number(of client: String, _ database: BulkDatabase) throws -> Int64 {
        guard let text = try database.row("SELECT number FROM clients WHERE id = '\(client)'").first,
            let number = Int64(text)
        else { throw BenchFailure("There is no client \(client).") }
        return number
    }

    private func insertSessions(
        _ database: BulkDatabase, scope: String, methods: String, network: String
    ) throws {
        let plan = plan
        let clients = (
            open: try number(of: Population.client, database), confidential: try number(of: Self.service, database)
        )
        try database.insert(
            plan.sessions,
            """
            INSERT INTO sessions (id, user_id, client_number, transport, scope, nonce, created_at, expires_at,
                authentication_methods, network, current_generation, held_generation, rotated_at, recoveries,
                recovery_window_start)
            VALUES (?1, ?2, ?3, 0, '\(scope)', ?4, ?5, ?5 + \(SeedPlan.sessionLife), '\(methods)', '\(network)',
                ?6, ?6 - 1, ?7, 0, ?5)
            """
        ) { row, number in
            row.bind(1, plan.sessionID(number))
            row.bind(2, plan.userID(plan.user(of: number)))
            row.bind(3, number.isMultiple(of: 2) ? clients.open : clients.confidential)
            row.bind(4, plan.nonce(number))
            row.bind(5, plan.created(number))
            row.bind(6, Int64(plan.generation(number)))
            row.bind(7, plan.rotated(number))
        }
        try database.run("UPDATE session_count SET sessions = sessions + \(plan.sessions)")
    }
}
