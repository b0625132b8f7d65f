#if Postgres
    internal import CPostgres
    import Glibc
    import LatchkeySQL

    /// What one statement returned, whole. The values are in binary form.
    // Safe: the handle is valid until deinit, and every value is read within the row and column counts that libpq told.
    @safe final class PostgresResult: RowSource {
        private let handle: OpaquePointer
        /// The row that is read.
        var row: CInt = 0

        /// Takes over what a libpq call returned.
        /// - Throws: ``PostgresError`` for what is no success.
        init(_ result: OpaquePointer?, _ connection: OpaquePointer?) throws {
            guard let result = unsafe result else {
                throw unsafe PostgresError.lost(Self.text(PQerrorMessage(connection)))
            }
            unsafe handle = unsafe result
            let status = unsafe PQresultStatus(result)
            guard status != PGRES_TUPLES_OK, status != PGRES_COMMAND_OK else { return }
            throw unsafe Self.error(result, connection)
        }

        deinit { unsafe PQclear(handle) }

        private static func error(_ result: OpaquePointer, _ connection: OpaquePointer?) -> PostgresError {
            let state = unsafe text(PQresultErrorField(result, CInt(LATCHKEY_DIAG_SQLSTATE)))
            // Without a state the error is libpq's own: the server is gone.
            guard !state.isEmpty else { return unsafe .lost(text(PQerrorMessage(connection))) }
            let constraint = unsafe text(PQresultErrorField(result, CInt(LATCHKEY_DIAG_CONSTRAINT)))
            return unsafe PostgresError(
                state: state, message: text(PQresultErrorField(result, CInt(LATCHKEY_DIAG_MESSAGE))),
                constraint: constraint.isEmpty ? nil : constraint)
        }

        /// One line of a C string that libpq owns; empty for none.
        static func text(_ pointer: UnsafePointer<CChar>?) -> String {
            guard let pointer = unsafe pointer else { return "" }
            let text = unsafe String(cString: pointer)
            return String(decoding: text.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
                .trimmingSpaces()
        }

        /// Types of the parameters of a statement that was described.
        var parameterTypes: [UInt32] { unsafe (0..<PQnparams(handle)).map { unsafe PQparamtype(handle, $0) } }

        var rowCount: CInt { unsafe PQntuples(handle) }

        /// Rows that the statement changed or returned.
        var changes: Int { unsafe Int(Self.text(PQcmdTuples(handle))) ?? 0 }

        /// What was done, for instance `COMMIT`, or `ROLLBACK` for a COMMIT that could not be.
        var command: String { unsafe Self.text(PQcmdStatus(handle)) }

        // MARK: Columns

        func isNull(_ index: Int) -> Bool { unsafe PQgetisnull(handle, row, CInt(index)) == 1 }

        /// Of every width, and a truth value as 0 or 1.
        func integer(_ index: Int) -> Int64 {
            unsafe withValue(index) { bytes in
                let magnitude = unsafe bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                return switch bytes.count {
                case 4: Int64(Int32(truncatingIfNeeded: magnitude))
                case 2: Int64(Int16(truncatingIfNeeded: magnitude))
                default: Int64(bitPattern: magnitude)
                }
            }
        }

        func text(_ index: Int) -> String { unsafe withValue(index) { unsafe String(decoding: $0, as: UTF8.self) } }

        func blob(_ index: Int) -> [UInt8] { unsafe withValue(index) { unsafe Array($0) } }

        func holds(_ bytes: [UInt8], _ index: Int) -> Bool {
            unsafe withValue(index) { stored in
                unsafe bytes.withUnsafeBytes { given in
                    guard stored.count == given.count else { return false }
                    guard let one = stored.baseAddress, let other = given.baseAddress else { return true }
                    return unsafe memcmp(one, other, stored.count) == 0
                }
            }
        }

        private func withValue<Value>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
            let length = unsafe PQgetlength(handle, row, CInt(index))
            let value = unsafe PQgetvalue(handle, row, CInt(index))
            return unsafe body(UnsafeRawBufferPointer(start: value, count: Int(length)))
        }
    }

    extension String {
        fileprivate func trimmingSpaces() -> String {
            let bytes = utf8.drop { $0 == UInt8(ascii: " ") }
            let end = bytes.reversed().prefix { $0 == UInt8(ascii: " ") }.count
            return String(decoding: bytes.dropLast(end), as: UTF8.self)
        }
    }
#endif
