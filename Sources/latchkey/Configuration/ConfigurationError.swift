/// A configuration that cannot be used, in one sentence that names the key, the value and what is accepted.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
