import LatchkeyCore
import LatchkeyMigrations
import LatchkeySQL
import LatchkeyTokens

/// Brings a database's schema to that of this program: forward only, each migration in its own transaction, with a
/// record of name and checksum.
struct Migrator {
    let migrations: [Migration]

    init(_ migrations: [Migration] = Migrations.sqlite) { self.migrations = migrations }

    /// A migration in the database's own record.
    private struct Applied {
        let version: Int
        let name: String
        let checksum: String
    }

    /// Applies the missing migrations, or refuses.
    ///
    /// - Parameters:
    ///   - allowed: whether an existing older database may be changed. A new one always gets all migrations.
    ///   - now: for the record.
    /// - Throws: ``MigrationError``.
    func run(on database: Database, applyPending allowed: Bool, now: Timestamp) throws {
        let applied = try appliedCount(in: database)
        guard applied < migrations.count else { return }
        guard allowed || applied == 0 else {
            throw MigrationError.pending(applied: applied, known: migrations.count)
        }
        if applied == 0 { try createRecord(in: database) }
        for migration in migrations[applied...] {
            try database.transaction {
                try database.execute(script: migration.sql)
                try database.run(
                    "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
                    [migration.version, migration.name, migration.checksum, now.milliseconds])
            }
        }
    }

    /// How many migrations the database has, after checking that they are ours, in order and unchanged. 0 for an empty
    /// database.
    ///
    /// - Throws: ``MigrationError``.
    func appliedCount(in database: Database) throws -> Int {
        guard try database.tableExists("schema_migrations") else {
            guard try database.integer("SELECT count(*) FROM sqlite_master") == 0 else { throw MigrationError.foreign }
            return 0
        }
        let application = try database.integer("PRAGMA application_id")
        guard application == DatabaseFile.applicationID else {
            throw application == MovedMark.applicationID ? MigrationError.moved : MigrationError.foreign
        }
        let applied = try database.all("SELECT version, name, checksum FROM schema_migrations ORDER BY version") {
            row in
            Applied(version: row[0], name: row[1], checksum: row[2])
        }
        for (index, row) in applied.enumerated() {
            guard row.version == index + 1 else { throw MigrationError.gap(version: index + 1) }
            guard index < migrations.count else { break }
            guard row.checksum == migrations[index].checksum, row.name == migrations[index].name else {
                throw MigrationError.altered(version: row.version, name: row.name)
            }
        }
        guard applied.count <= migrations.count else {
            throw MigrationError.newer(applied: applied.count, known: migrations.count)
        }
        return applied.count
    }

    /// What the applied migrations created and the database lacks, such as `table users`.
    func missing(in database: Database, applied: Int) throws -> [String] {
        let model = try Database(path: ":memory:", access: .create)
        defer { try? model.close() }
        try Migrator(Array(migrations.prefix(applied))).run(
            on: model, applyPending: true, now: Timestamp(milliseconds: 0))
        return try Self.objects(in: model).subtracting(Self.objects(in: database)).sorted()
    }

    private static func objects(in database: Database) throws -> Set<String> {
        Set(
            try database.all("SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'sqlite^_%' ESCAPE '^'")
            {
                row -> String in row[0]
            })
    }

    private func createRecord(in database: Database) throws {
        try database.transaction {
            try database.run(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    version INTEGER PRIMARY KEY,
                    name TEXT NOT NULL,
                    checksum TEXT NOT NULL,
                    applied_at INTEGER NOT NULL
                ) STRICT
                """)
            // It is in the file's header and part of the transaction.
            try database.run("PRAGMA application_id = \(DatabaseFile.applicationID)")
        }
    }
}

/// Why a database's schema cannot be used by this program. Each says what to do.
package enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The database is older than this program and the command may not change it.
    case pending(applied: Int, known: Int)
    /// The database was written by a newer program.
    case newer(applied: Int, known: Int)
    /// An applied migration is not the one that this program knows under that number.
    case altered(version: Int, name: String)
    /// The record of applied migrations has a gap before this one.
    case gap(version: Int)
    /// A SQLite database with other tables than ours.
    case foreign
    /// Its data is in PostgreSQL now.
    case moved

    package var description: String {
        switch self {
        case .pending(let applied, let known):
            """
            the database has schema \(applied) and this program needs \(known): run `latchkey db migrate` (stop the \
            server and take a backup first)
            """
        case .newer(let applied, let known):
            """
            the database has schema \(applied) and this program knows \(known): use the newer latchkey that wrote it, \
            or restore a backup that is old enough
            """
        case .altered(let version, let name):
            """
            migration \(version) (\(name)) differs from the one that was applied to this database: use an unmodified \
            latchkey of the same or a later release
            """
        case .gap(let version):
            """
            migration \(version) is missing in the database's record although later ones were applied: restore a \
            backup, because this database is damaged or was tampered with
            """
        case .foreign:
            "the file is an SQLite database of another program: choose another data directory"
        case .moved:
            """
            the data of this database has moved to PostgreSQL: serve with `store: postgres`, or take the move back with \
            `latchkey db copy --undo`, which is possible until a node has served
            """
        }
    }
}
