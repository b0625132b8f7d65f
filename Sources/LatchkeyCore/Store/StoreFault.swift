/// An error of the store that is our own mistake (a broken constraint, a row that cannot be read): logged once and
/// answered without detail. Carries codes and the database's message, never an argument of a statement.
package struct StoreFault: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    /// A row holds a value that no version of this program writes there.
    package static func unreadable(_ type: Any.Type) -> StoreFault {
        StoreFault("a row holds a value that is not a \(type)")
    }
}
