/// Why a database's schema cannot be used by this program. Each says what to do.
package enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The database is older than this program and the command may not change it.
    case pending(applied: Int, known: Int)
    /// The database was written by a newer program.
    case newer(applied: Int, known: Int)
    /// A migration that was applied is not the one that this program knows under that number.
    case altered(version: Int, name: String)
    /// The record of applied migrations has a hole before this one.
    case gap(version: Int)
    /// A SQLite database with other tables than ours.
    case foreign

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
            or restore a backup of its time
            """
        case .altered(let version, let name):
            """
            migration \(version) (\(name)) differs from the one that was applied to this database: use an unmodified \
            latchkey of the same or a later release
            """
        case .gap(let version):
            """
            migration \(version) is missing in the database's record although later ones were applied: restore a \
            backup, as this one was tampered with or is damaged
            """
        case .foreign:
            "the file is a SQLite database of another program: choose another data directory"
        }
    }
}
