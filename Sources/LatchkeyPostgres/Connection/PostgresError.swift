#if Postgres
    import LatchkeyCore
    import LatchkeySQL

    /// What PostgreSQL or the connection to it reported. Holds no argument of a statement: the server's DETAIL, which
    /// quotes them, is never read.
    package struct PostgresError: Error, CustomStringConvertible {
        /// Five characters (PostgreSQL appendix A); empty when the connection is lost.
        let state: String
        let message: String
        let constraint: String?

        /// The connection is gone. Whether a COMMIT under way has happened is not known.
        static func lost(_ message: String) -> PostgresError {
            // libpq ends its sentences with a line's end.
            let end = message.utf8.lastIndex { $0 != UInt8(ascii: "\n") }
            let line = end.map { String(decoding: message.utf8.prefix(through: $0), as: UTF8.self) } ?? ""
            return PostgresError(state: "", message: line, constraint: nil)
        }

        var isConnectionLost: Bool {
            state.isEmpty || ["57P01", "57P02", "57P03"].contains(state) || isOf(class: "08")
        }

        /// The connection leads to the wrong server, or is of no more use: another one is to be made.
        var endsConnection: Bool { isConnectionLost || ["25006", "25P03"].contains(state) }

        /// Another transaction was in the way: the same rule may run again from its start.
        var isConflict: Bool { ["40001", "40P01", "55P03"].contains(state) }

        /// Another transaction wrote first what this rule found absent: run again, it finds it. Once and again is our own
        /// mistake.
        var isOvertaken: Bool { ["23503", "23505"].contains(state) }

        /// Nothing more can be done here at the moment, whatever statement met it.
        var isUnavailable: Bool {
            isConnectionLost || isConflict || ["25006", "57014", "25P03"].contains(state) || isOf(class: "53")
                || isOf(class: "58")
        }

        private func isOf(class name: String) -> Bool { state.utf8.starts(with: name.utf8) }

        package var description: String {
            let place = state.isEmpty ? "PostgreSQL" : "PostgreSQL \(state)"
            return constraint.map { "\(place): \($0)" } ?? "\(place): \(message)"
        }

        /// What a caller may see of any error thrown inside a transaction.
        static func visible(_ error: any Error) -> any Error {
            guard let error = error as? PostgresError else { return error }
            guard error.isUnavailable else { return StoreFault(error.description) }
            return StoreUnavailable(error.sentence)
        }

        /// Runs `body`, with its errors as a caller may see them.
        package static func visibly<Value>(_ body: () throws -> Value) throws -> Value {
            do { return try body() } catch { throw visible(error) }
        }

        /// For operators.
        private var sentence: String {
            if isConnectionLost { return "the database cannot be reached (\(description))" }
            switch state {
            case "25006": return "the database is read-only: it is a standby, or its disk is full (\(description))"
            case "57014", "25P03": return "the statement took too long (\(description))"
            default: return isConflict ? "other transactions were in the way (\(description))" : description
            }
        }
    }
#endif
