#if Postgres
    import LatchkeyCore
    import LatchkeyMigrations
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres
    @testable import LatchkeySQL

    /// Two releases on one database.
    @Suite(.endsHang) struct PostgresMigratorTests {
        private let now = Timestamp(seconds: 1_795_420_800)

        private static func file(_ version: Int, _ text: String) -> Migration {
            Migration(version: version, name: "file\(version)", bytes: Array(text.utf8))
        }
        private static let next = Migrations.postgres.count + 1
        private static let wider = file(next, "-- expand\nALTER TABLE users ADD COLUMN extra bigint;")
        private static let narrower = file(next + 1, "-- contract\nALTER TABLE users DROP COLUMN extra;")
        private static let baseline = Migrations.postgres

        private func run(
            _ migrations: [Migration], _ url: String
        ) throws -> PostgresMigrator.Outcome {
            let connection = try PostgresConnection(PostgresAddress(url: url))
            defer { connection.close() }
            return try PostgresMigrator(migrations).run(on: connection, now: now)
        }

        @Test func `every file says what kind it is`() throws {
            for migration in Migrations.postgres { _ = try MigrationKind(of: migration) }
            #expect(throws: StoreFault.self) { try MigrationKind(of: Self.file(2, "ALTER TABLE users")) }
            #expect(throws: StoreFault.self) { try MigrationKind(of: Self.file(2, "-- expand it\n")) }
            #expect(throws: StoreFault.self) { try MigrationKind(of: Self.file(2, "")) }
        }

        @Test func `what the release before can work with is applied beside it, and accepted by it`() async throws {
            let url = try await PostgresCluster.running().makeDatabase()
            let node = try await ClusterNode(url: url)
            #expect(try run(Self.baseline + [Self.wider], url).applied == ["file\(Self.next)"])
            #expect(try run(Self.baseline + [Self.wider], url) == PostgresMigrator.Outcome())
            #expect(await node.refusal() == nil)
            let older = try await ClusterNode(url: url)
            await older.store.shutdown()
            await node.store.shutdown()
        }

        @Test func `what it cannot work with waits until no node of it lives, and is refused by it`() async throws {
            let url = try await PostgresCluster.running().makeDatabase()
            let node = try await ClusterNode(url: url)
            let newer = Self.baseline + [Self.wider, Self.narrower]
            let outcome = try run(newer, url)
            #expect(
                outcome.applied == ["file\(Self.next)"] && outcome.waiting == "file\(Self.next + 1)"
                    && outcome.missing == ["node"])
            // What a newer program needs must not stand behind it.
            #expect(throws: StoreUnavailable.self) {
                try run(newer + [Self.file(Self.next + 2, "-- expand\nSELECT 1;")], url)
            }
            await node.store.shutdown()
            #expect(try run(newer, url).applied == ["file\(Self.next + 1)"])
            let refusal = await #expect(throws: StoreUnavailable.self) { _ = try await ClusterNode(url: url) }
            #expect(
                refusal?.description.utf8.starts(
                    with: "the database has schema \(Self.next + 1) (file\(Self.next + 1))".utf8) == true)
        }

        @Test func `a file that was changed is refused, and one that fails leaves nothing`() async throws {
            let url = try await PostgresCluster.running().makeDatabase()
            #expect(try run(Self.baseline, url).applied == Self.baseline.map(\.name))
            #expect(throws: StoreUnavailable.self) {
                try run(
                    [Migration(version: 1, name: "baseline", bytes: Array("-- expand\n".utf8))]
                        + Self.baseline.dropFirst(), url)
            }
            let bad = Self.file(
                Self.next, "-- expand\nALTER TABLE users ADD COLUMN extra bigint; ALTER TABLE none ADD x bigint;")
            #expect(throws: PostgresError.self) { try run(Self.baseline + [bad], url) }
            #expect(try run(Self.baseline + [Self.wider], url).applied == ["file\(Self.next)"])
        }

        @Test func `a table in use is waited for, a little at a time`() async throws {
            let url = try await PostgresCluster.running().makeDatabase()
            _ = try run(Self.baseline, url)
            let reader = try PostgresConnection(PostgresAddress(url: url))
            try reader.execute(script: "SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT 1 FROM users")
            async let outcome = Task.detached { try run(Self.baseline + [Self.wider], url) }.value
            let other = try PostgresConnection(PostgresAddress(url: url))
            try await eventually("the file has met the lock") {
                try other.holds(
                    "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"
                )
            }
            try reader.execute(script: "COMMIT")
            #expect(try await outcome.applied == ["file\(Self.next)"])
            reader.close()
            other.close()
        }
    }
#endif
