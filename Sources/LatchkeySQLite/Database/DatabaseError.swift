internal import CSQLite

/// What SQLite says when a call fails. The message names tables and columns, never the arguments of a statement.
struct DatabaseError: Error {
    /// With the detail that SQLite keeps above the low byte.
    let extendedCode: Int32
    let message: String

    /// One of the `SQLITE_` codes without its detail.
    var code: Int32 { extendedCode & 0xFF }
}
