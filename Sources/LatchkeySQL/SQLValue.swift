/// The possible values of a column or a parameter of a statement, in both dialects.
package enum SQLValue: Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

/// A value that can be an argument of a statement.
package protocol Bindable {
    var sqlValue: SQLValue { get }
}

extension Int64: Bindable {
    package var sqlValue: SQLValue { .integer(self) }
}

extension Int: Bindable {
    package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Bool: Bindable {
    package var sqlValue: SQLValue { .integer(self ? 1 : 0) }
}

extension String: Bindable {
    package var sqlValue: SQLValue { .text(self) }
}

extension [UInt8]: Bindable {
    package var sqlValue: SQLValue { .blob(self) }
}

extension Optional: Bindable where Wrapped: Bindable {
    package var sqlValue: SQLValue { self?.sqlValue ?? .null }
}
