/// The name of one request in logs and in `X-Request-Id`: sixteen random hexadecimal digits. Never taken from the client,
/// who could otherwise plant text in the log or make two requests look like one.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// A new random id.
    package init() {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        description = String(repeating: "0", count: 16 - digits.count) + digits
    }
}
