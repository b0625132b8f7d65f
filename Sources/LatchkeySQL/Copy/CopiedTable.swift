/// A table as a move to another engine copies it.
package struct CopiedTable: Sendable {
    package enum ValueType: String, Sendable {
        case integer = "INTEGER"
        case text = "TEXT"
        case blob = "BLOB"
    }

    package let name: String
    /// Those that every engine has.
    package let columns: [(name: String, type: ValueType)]

    /// All tables that hold facts, parents before what refers to them.
    package static let names = [
        "users", "passwords", "profiles", "clients", "client_secrets", "client_state", "sessions", "revocations",
        "revocation_state", "signing_keys", "key_state", "audit_events", "former_names", "login_throttle",
        "known_networks", "browser_sessions", "authorization_codes", "sign_ins", "consents", "status_lists",
        "status_entries", "event_streams", "stream_events",
    ]
    /// Tables whose engine counts their rows' numbers, and goes on with them: none is ever given out twice.
    package static let counted = [("clients", "number"), ("audit_events", "id"), ("event_streams", "number")]

    /// The tables with their columns, as SQLite's catalogue describes them.
    package static func all(in sqlite: any SQLConnection) throws -> [CopiedTable] {
        try names.map { name in
            let columns = try sqlite.all("SELECT name, type FROM pragma_table_info(?) ORDER BY cid", [name]) { row in
                (name: row[0] as String, type: try row.value(1) as ValueType)
            }
            return CopiedTable(name: name, columns: columns)
        }
    }

    /// The columns, as they stand in a SELECT or an INSERT.
    package var list: String { columns.map(\.name).joined(separator: ", ") }

    /// A row of `SELECT` ``list``.
    package func values(_ row: Row) -> [SQLValue] {
        columns.enumerated().map { index, column in
            switch column.type {
            case .integer: (row[index] as Int64?)?.sqlValue ?? .null
            case .text: (row[index] as String?)?.sqlValue ?? .null
            case .blob: (row[index] as [UInt8]?)?.sqlValue ?? .null
            }
        }
    }
}

extension SQLValue: Bindable {
    package var sqlValue: SQLValue { self }
}
