import LatchkeyMigrations
import LatchkeyTokens
import Testing

@testable import LatchkeySQL
@testable import LatchkeySQLite

/// What holds for every table of the schema, those of later migrations too.
struct SchemaTests {
    private let now = Timestamp(seconds: 1_795_420_800)

    private func all(_ sql: String) throws -> [String] {
        let place = try DatabasePlace()
        var rows: [String] = []
        try place.edit { database in
            try Migrator(Migrations.sqlite).run(on: database, applyPending: true, now: now)
            rows = try database.all(sql, []) { $0[0] }
        }
        return rows
    }

    /// Deleting a row looks for what refers to it, by a scan of the whole table where no index begins with the column.
    @Test func `every foreign key begins an index of its table`() throws {
        let keys = try all(
            """
            SELECT t.name || '.' || f."from" FROM sqlite_schema t, pragma_foreign_key_list(t.name) f
            WHERE t.type = 'table' ORDER BY 1
            """)
        let leading = try all(
            """
            SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
            WHERE t.type = 'table' AND c.seqno = 0 AND i.partial = 0
            UNION SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
            WHERE t.type = 'table' AND c.pk = 1
            """)
        #expect(keys.count >= 7)
        for key in keys { #expect(leading.contains(key), "\(key) begins no index: add one") }
    }

    /// `db reset-clock` takes back instants that a wrong clock wrote. Each column that holds one is decided here.
    @Test func `every instant is known to what resets the clock, or is harmless there`() throws {
        let takenBack = [
            "users.issued_before", "users.sessions_ended_at", "clients.issued_before", "clients.sessions_ended_at",
            "client_secrets.expires_at", "revocation_state.issued_before", "revocation_state.sessions_ended_at",
            "revocation_state.lower_horizon_at", "revocations.issued_before",
            "authorization_codes.created_at", "sessions.rotated_at", "event_streams.verified_at", "sign_ins.created_at",
            "browser_sessions.renewed_at", "consents.granted_at",
            // The rows of these go.
            "sessions.created_at", "authorization_codes.expires_at", "sign_ins.expires_at",
        ]
        let harmless = [
            // Bound to a row that goes, or ends it earlier at the latest.
            "sessions.expires_at", "sessions.ended_at", "revocations.expires_at",
            "status_entries.issued_at", "status_lists.opened_at", "status_lists.expires_at",
            // Shown, and compared with nothing that decides.
            "users.created_at", "passwords.changed_at", "clients.created_at", "client_secrets.created_at",
            "revocations.revoked_at", "event_streams.created_at", "event_streams.acknowledged_at",
            "former_names.given_up_at", "schema_migrations.applied_at", "profiles.email_verified_at",
            "profiles.updated_at",
            // All keys are withdrawn at the next start.
            "signing_keys.announced_at", "signing_keys.activated_at", "signing_keys.retired_at", "signing_keys.gone_at",
        ]
        let columns = try all(
            """
            SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
            WHERE t.type = 'table' AND (c.name LIKE '%\\_at' ESCAPE '\\' OR c.name = 'issued_before') ORDER BY 1
            """)
        for column in columns {
            #expect((takenBack + harmless).contains(column), "decide what db reset-clock does with \(column)")
        }
        for column in takenBack + harmless { #expect(columns.contains(column), "\(column) is gone") }
    }
}
