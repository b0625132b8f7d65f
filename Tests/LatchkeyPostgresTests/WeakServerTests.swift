#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens
    import StoreConformance
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres

    /// Servers and databases that would lose what they acknowledge, or cannot hold what people write.
    @Suite(.endsHang) struct WeakServerTests {
        @Test(arguments: ["off", "local", "remote_write"])
        func `a database whose commits do not wait for the disk is refused`(value: String) async throws {
            let place = try await PostgresPlace()
            try Self.execute("ALTER DATABASE \(try Self.name(place)) SET synchronous_commit = \(value)", place)
            let refusal = #expect(throws: StoreUnavailable.self) { _ = try place.open() }
            #expect(refusal?.description.contains("synchronous_commit is \(value)") == true)
            // Were the setting changed later, our commits would wait all the same.
            let connection = try PostgresConnection(place.settings.address)
            defer { connection.close() }
            #expect(try connection.first("SHOW synchronous_commit") { $0[0] as String } == "on")
        }

        @Test func `another default isolation is not obeyed`() async throws {
            let place = try await PostgresPlace()
            try Self.execute(
                "ALTER DATABASE \(try Self.name(place)) SET default_transaction_isolation = 'serializable'", place)
            let connection = try PostgresConnection(place.settings.address)
            defer { connection.close() }
            try connection.run("BEGIN")
            #expect(try connection.first("SHOW transaction_isolation") { $0[0] as String } == "read committed")
        }

        @Test(arguments: ["LATIN1", "SQL_ASCII"])
        func `a database in which not every name can be written is refused`(encoding: String) async throws {
            let server = try await PostgresServer.make()
            _ = try await server.query("CREATE DATABASE other ENCODING '\(encoding)' LOCALE 'C' TEMPLATE template0")
            let settings = PostgresStore.Settings(
                PostgresAddress(url: "host=\(server.host) user=latchkey dbname=other"))
            let refusal = try #require(
                #expect(throws: StoreUnavailable.self) { _ = try PostgresPlace(url: settings.address.url).open() })
            #expect(refusal.description.contains("encoding is \(encoding)"))
        }

        @Test(arguments: ["fsync", "full_page_writes"])
        func `a server that stops to be durable under a node is used by it no more until it is again`(
            setting: String
        ) async throws {
            let server = try await PostgresServer.make()
            let node = try await ClusterNode([server])
            let (_, session) = try await node.signIn("ada")
            _ = try await server.query("ALTER SYSTEM SET \(setting) = off")
            _ = try await server.query("SELECT pg_reload_conf()")
            try await eventually("the node refuses") { await node.refusal()?.contains("\(setting) is off") == true }
            #expect(await !node.store.catchUp(within: .milliseconds(500)))
            _ = try await server.query("ALTER SYSTEM RESET \(setting)")
            _ = try await server.query("SELECT pg_reload_conf()")
            // Each of its connections is tried again in its own time.
            try await eventually("it writes again") { (try? await node.revoke(.session(session))) != nil }
            await node.store.shutdown()
        }

        @Test func `a log that lost what was published gives no number out again`() async throws {
            let place = try await PostgresPlace()
            let observer = RecordingObserver()
            let store = try place.open(observer: observer)
            try await Self.revokeToken(store)
            try Self.execute("DELETE FROM revocations", place)
            try Self.execute("UPDATE revocation_state SET last_seq = 0", place)
            await #expect(throws: StoreUnavailable.self) { try await Self.revokeToken(store) }
            #expect(observer.records.count == 1)
            let connection = try PostgresConnection(place.settings.address)
            defer { connection.close() }
            #expect(try connection.integer("SELECT last_seq FROM revocation_state") == 0)
            await store.shutdown()
        }

        private static func revokeToken(_ store: PostgresStore) async throws {
            _ = try await store.revoke(
                RevocationOrder(.token(.generate(), session: nil, expiresAt: nil), reason: .admin, actor: .operator))
        }

        private static func execute(_ sql: String, _ place: PostgresPlace) throws {
            let connection = try PostgresConnection(place.settings.address)
            defer { connection.close() }
            try connection.run(sql)
        }

        private static func name(_ place: PostgresPlace) throws -> String {
            let connection = try PostgresConnection(place.settings.address)
            defer { connection.close() }
            return try #require(try connection.first("SELECT current_database()::text") { $0[0] as String })
        }
    }
#endif
