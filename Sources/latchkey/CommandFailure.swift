/// Why a command could not do its work: one sentence that says what to do. Exit code 1.
package struct CommandFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
