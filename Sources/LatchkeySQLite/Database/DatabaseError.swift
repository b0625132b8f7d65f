internal import CSQLite

/// SQLite's report of a failed call. The message names tables and columns, never the arguments of a statement.
struct DatabaseError: Error {
    /// Including the detail that SQLite keeps above the low byte.
    let extendedCode: Int32
    let message: String

    /// One of the `SQLITE_` codes without its detail.
    var code: Int32 { extendedCode & 0xFF }

    /// Whether the file that was read is at fault, and not the disk that was written to.
    var isAboutReading: Bool {
        switch extendedCode {
        // SQLITE_IOERR_READ and SQLITE_IOERR_SHORT_READ, which Swift does not import as constants.
        case SQLITE_IOERR | 1 << 8, SQLITE_IOERR | 2 << 8: true
        default: code == SQLITE_CORRUPT || code == SQLITE_NOTADB
        }
    }
}
