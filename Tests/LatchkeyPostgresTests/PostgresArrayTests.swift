#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres

    struct PostgresArrayTests {
        private func connection() async throws -> PostgresConnection {
            try PostgresConnection(PostgresAddress(url: try await PostgresCluster.running().makeDatabase()))
        }

        @Test func `arrays arrive as they are, with what is NULL in them, and empty ones`() async throws {
            let connection = try await connection()
            defer { connection.close() }
            let bytes: [[UInt8]?] = [[0, 255, 1], nil, []]
            let read = try connection.all("SELECT unnest(?::bytea[])", [PostgresArray(bytes)]) { $0.optionalBytes(0) }
            #expect(read == bytes)
            let numbers: [Int64] = [.min, -1, 0, .max]
            #expect(try connection.all("SELECT unnest(?::bigint[])", [PostgresArray(numbers)]) { $0[0] } == numbers)
            let texts: [String?] = ["é, \"x\" {}", "", nil]
            #expect(try connection.all("SELECT unnest(?::text[])", [PostgresArray(texts)]) { $0[0] } == texts)
            let none = try connection.integer(
                "SELECT cardinality(?1::bytea[]) + cardinality(?2::bigint[])",
                [PostgresArray([[UInt8]?]()), PostgresArray([Int64]())])
            #expect(none == 0)
        }

        @Test func `an array of another type, or bytes that are none, are refused before they are sent`() async throws {
            let connection = try await connection()
            defer { connection.close() }
            let wrong: [any Bindable] = [
                PostgresArray([Int64(1)]), PostgresArray(["a"]), [UInt8](repeating: 0, count: 20), [UInt8](), "{}", 1,
            ]
            for argument in wrong {
                #expect(throws: StoreFault.self) { try connection.run("SELECT ?::bytea[]", [argument]) }
            }
            #expect(try connection.integer("SELECT 1::bigint") == 1)
        }
    }
#endif
