import LatchkeySQL

/// What is between a closure of a batch and its first write: a savepoint, opened only when needed, so that the
/// closure's refusal undoes only its own changes.
///
/// Most closures write nothing or one row. A savepoint costs SQLite a copy of every page written in it, about as much
/// as the write.
enum WriteGuard {
    /// No closure runs.
    case none
    /// A closure runs and has written nothing.
    case armed
    /// Its changes are in the savepoint `job`.
    case savepoint
    /// It has made its only write. That write cannot be undone alone: an error now ends the whole batch.
    case sealed
}

extension Database {
    /// Must be called before every statement that writes.
    ///
    /// - Throws: ``BatchDissolved`` when the closure has said that it would not write again.
    func guardWrite() throws {
        switch guardian {
        case .none, .savepoint: return
        case .armed:
            try run("SAVEPOINT job")
            guardian = .savepoint
        case .sealed: throw BatchDissolved()
        }
    }

    /// Runs the only write of a closure, after which it neither writes nor fails. It needs no savepoint: when this one
    /// statement fails, SQLite itself undoes it.
    func writeLast(_ sql: String, _ arguments: [any Bindable]) throws {
        guard case .armed = guardian else {
            try run(sql, arguments)
            return
        }
        guardian = .none
        do { try run(sql, arguments) } catch {
            guardian = .armed
            throw error
        }
        guardian = .sealed
    }
}
