internal import CSQLite
import LatchkeyCore

extension StoreFault {
    init(_ error: DatabaseError) { self.init("SQLite \(error.extendedCode): \(error.message)") }
}

/// How an error of SQLite is reported to callers.
enum Failure {
    /// Whether the error means that nothing more can be done in this transaction, whichever statement met it: the disk
    /// is full or read-only, memory or the file is broken, another process holds the lock.
    static func dissolves(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return error is BatchDissolved || error is StoreUnavailable }
        switch error.code {
        case SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_READONLY,
            SQLITE_CANTOPEN, SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL, SQLITE_INTERRUPT, SQLITE_ABORT:
            return true
        default:
            return false
        }
    }

    /// The sentence for operators; the code distinguishes cases with the same sentence.
    static func unavailable(_ error: any Error) -> StoreUnavailable {
        guard let error = error as? DatabaseError else {
            return error as? StoreUnavailable ?? StoreUnavailable("the transaction was rolled back")
        }
        let cause =
            switch error.code {
            case SQLITE_FULL: "the disk or the database is full"
            case SQLITE_IOERR: "the disk reported an error"
            case SQLITE_NOMEM: "memory ran out"
            case SQLITE_CORRUPT, SQLITE_NOTADB: "the database is damaged: run `latchkey db check`"
            case SQLITE_READONLY: "the database is read-only"
            case SQLITE_CANTOPEN: "the database file cannot be opened"
            case SQLITE_BUSY, SQLITE_LOCKED: "another program holds the database"
            case SQLITE_INTERRUPT: "the statement took too long"
            default: "the transaction was rolled back"
            }
        return StoreUnavailable("\(cause) (SQLite \(error.extendedCode))")
    }

    /// What a caller may see of any error thrown inside a transaction.
    static func visible(_ error: any Error) -> any Error {
        guard let database = error as? DatabaseError else { return error }
        return dissolves(database) ? unavailable(database) : StoreFault(database)
    }
}

/// The transaction is gone although no statement reported it.
struct BatchDissolved: Error {}
