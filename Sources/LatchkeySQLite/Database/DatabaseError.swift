internal import CSQLite

/// What SQLite says when a call fails. The message names tables and columns, never the arguments of a statement.
struct DatabaseError: Error {
    /// With the detail that SQLite keeps above the low byte.
    let extendedCode: Int32
    let message: String

    /// One of the `SQLITE_` codes without its detail.
    var code: Int32 { extendedCode & 0xFF }

    /// Whether what was read is at fault, and not the disk that was written to.
    var isAboutReading: Bool {
        switch extendedCode {
        // SQLITE_IOERR_READ and SQLITE_IOERR_SHORT_READ, which are no constants for Swift.
        case SQLITE_IOERR | 1 << 8, SQLITE_IOERR | 2 << 8: true
        default: code == SQLITE_CORRUPT || code == SQLITE_NOTADB
        }
    }
}
