#if Postgres
    import Foundation
    import LatchkeyCore
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres

    /// What somebody is told who wants a connection that cannot be made.
    struct PostgresLineTests {
        @Test func `while nobody tries to connect the last reason is told, and no password`() async throws {
            let folder = try TemporaryFolder()
            let file = folder.file("password")
            try "hunter2\n".write(toFile: file, atomically: true, encoding: .utf8)
            let url = try await PostgresCluster.running().makeDatabase() + " dbname=nowhere"
            let line = PostgresLine(PostgresAddress(url: url, passwordFile: file))
            defer { line.close() }
            func message() throws -> String {
                try #require(#expect(throws: PostgresError.self) { _ = try line.connection() }).message
            }
            let reason = try message()
            #expect(reason.hasSuffix("database \"nowhere\" does not exist"), "\(reason)")
            // Each attempt doubles the time until the next one: a slow machine meets a pause at last.
            var paused = try message()
            for _ in 0..<20 where paused == reason { paused = try message() }
            #expect(paused.hasPrefix("\(reason); tried again in "), "\(paused)")
            #expect(paused.hasSuffix(" ms") && !paused.contains("hunter2"))
            #expect((line.failure as? PostgresError)?.message == reason)
        }

        @Test func `a URL with a password of any kind is refused, and not quoted`() throws {
            let urls = [
                "postgresql://lk:hunter2@db.example.com/auth", "postgresql://lk@db.example.com/auth?password=hunter2",
                "host=db.example.com sslpassword=hunter2", "postgresql://lk:hunter2%zz@db.example.com/auth",
                "postgresql://lk@db.example.com/auth?sslkey=/k&sslpassword=hunter2",
            ]
            for url in urls {
                let error = #expect(throws: StoreUnavailable.self, "\(url)") { try PostgresAddress(url: url).check() }
                #expect(error?.description.contains("hunter2") == false)
            }
            try PostgresAddress(url: "postgresql://lk@db.example.com/auth?sslmode=verify-full").check()
        }
    }
#endif
