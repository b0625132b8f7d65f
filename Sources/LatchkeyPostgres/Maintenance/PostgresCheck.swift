#if Postgres
    import LatchkeyCore
    import LatchkeyMigrations
    import LatchkeySQL
    import LatchkeyTokens
    import Waiting

    /// What `latchkey db check` finds in PostgreSQL, in sentences. Nodes may be running.
    package struct PostgresCheck: Sendable {
        /// What has to be changed.
        package var problems: [String] = []
        /// What works, but is not as it should be.
        package var concerns: [String] = []
        /// What is so.
        package var facts: [String] = []

        /// - Throws: ``StoreUnavailable`` when there is nothing to look at.
        package static func run(_ address: PostgresAddress) async throws -> PostgresCheck {
            try await OwnThread.run("db-check") {
                try PostgresConnection.visit(address) { connection in
                    var check = PostgresCheck()
                    try check.look(connection)
                    return check
                }
            }
        }

        private mutating func look(_ connection: PostgresConnection) throws {
            facts.append("PostgreSQL " + (try text("SELECT current_setting('server_version')", connection)) + ".")
            do { try ServerCheck.run(connection) } catch let error as StoreUnavailable { problems.append("\(error).") }
            guard try connection.holds("SELECT to_regclass('revocation_state') IS NOT NULL") else {
                problems.append("The database holds no data of Latchkey: start a node, or copy a database into it.")
                return
            }
            do { try MoveMark.check(connection) } catch let error as StoreUnavailable {
                problems.append("\(error).")
                return
            }
            try lookAtSettings(connection)
            try lookAtSchema(connection)
            try lookAtRules(connection)
        }

        // MARK: The server

        private mutating func lookAtSettings(_ connection: PostgresConnection) throws {
            let standbys = try text("SELECT current_setting('synchronous_standby_names')", connection)
            facts.append(
                standbys.isEmpty
                    ? "No synchronous standby: a failover may lose what was acknowledged in the last moments."
                    : "Synchronous standbys: \(standbys).")
            let most = try connection.integer("SELECT current_setting('max_connections')::bigint")
            let used = try connection.integer(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
            facts.append("\(used) of \(most) connections are in use; a node holds 16 unless it is told otherwise.")
            if used * 5 > most * 4 {
                concerns.append("More than four fifths of the connections are in use: raise max_connections.")
            }
            if try text("SELECT current_setting('wal_compression')", connection) == "off" {
                concerns.append(
                    "wal_compression is off: after each checkpoint refreshes are about half as quick; set it to lz4.")
            }
            let network = try connection.holds("SELECT inet_server_addr() IS NOT NULL")
            let isSecret = try connection.holds("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            if network, !isSecret {
                concerns.append("The connection is not encrypted: add sslmode=verify-full to postgres.url.")
            }
        }

        // MARK: The data

        private mutating func lookAtSchema(_ connection: PostgresConnection) throws {
            let applied = try connection.all("SELECT version, name FROM schema_migrations ORDER BY version") {
                (version: $0[0] as Int, name: $0[1] as String)
            }
            let known = PostgresMigrator().migrations
            if applied.count < known.count {
                let missing = known.dropFirst(applied.count).map(\.name).joined(separator: ", ")
                concerns.append("The schema lacks \(missing): `latchkey db migrate` applies what can be applied.")
            } else if applied.count > known.count {
                concerns.append("The schema is that of a newer latchkey than this one.")
            } else {
                facts.append("The schema is that of this program.")
            }
            let waiting = try connection.integer("SELECT count(*) FROM revocations WHERE seq IS NULL")
            if waiting > 0 {
                concerns.append(
                    "\(waiting) revocations wait for their number: a node gives it within a second, so start one.")
            }
        }

        private mutating func lookAtRules(_ connection: PostgresConnection) throws {
            // They read whole tables.
            try connection.execute(script: "SET statement_timeout = 0")
            let clock = [("SELECT 1 - count(*) FROM clock", "clock does not have one row")]
            for rule in ImpossibleRows.queries.map({ ($0.count, $0.complaint) }) + clock {
                let count = try connection.integer(rule.0)
                if count != 0 { problems.append("\(rule.1) (\(count)).") }
            }
            problems += try ClientCheck.unreadable(connection).map { "\($0)." }
            concerns += try ClientCheck.reserved(connection).map(\.clashSentence)
        }

        private func text(_ sql: String, _ connection: PostgresConnection) throws -> String {
            try connection.first(sql) { $0[0] as String } ?? ""
        }
    }
#endif
