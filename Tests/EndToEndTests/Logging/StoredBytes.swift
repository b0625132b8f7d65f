import Foundation
import TestSupport

#if Postgres
    import LatchkeyPostgres
    import LatchkeySQL
#endif

/// What the database of a folder has on the disk.
enum StoredBytes {
    /// By file.
    static func all(_ folder: TemporaryFolder) async throws -> [(name: String, data: Data)] {
        #if Postgres
            if let url = try await TestStore.environment([:], for: folder)["LATCHKEY_POSTGRES_URL"] {
                return try postgres(url)
            }
        #endif
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.contains("latchkey.sqlite") }
            .map { ($0, try Data(contentsOf: URL(fileURLWithPath: folder.file($0)))) }
    }

    #if Postgres
        /// The files of its tables, of their indexes and of what is kept beside them, with rows that are gone; and what the
        /// server has logged.
        private static func postgres(_ url: String) throws -> [(name: String, data: Data)] {
            let connection = try PostgresConnection(PostgresAddress(url: url))
            defer { connection.close() }
            try connection.execute(script: "CHECKPOINT")
            let paths = try connection.all(
                """
                SELECT current_setting('data_directory') || '/' || pg_relation_filepath(c.oid)
                FROM pg_class c WHERE c.relkind IN ('r', 'i', 't', 'S') AND (
                    c.relnamespace = 'public'::regnamespace
                    OR c.oid IN (SELECT reltoastrelid FROM pg_class WHERE relnamespace = 'public'::regnamespace))
                """, []
            ) { $0[0] as String }
            let place = try connection.all("SELECT split_part(current_setting('unix_socket_directories'), ',', 1)", [])
            {
                $0[0] as String
            }
            return try (paths + place.map { $0 + "/server.log" })
                .map { ($0, try Data(contentsOf: URL(fileURLWithPath: $0))) }
        }
    #endif
}
