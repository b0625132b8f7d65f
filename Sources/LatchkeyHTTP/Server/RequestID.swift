import NIOCore

/// The name of one request in logs and in `X-Request-Id`: sixteen random hexadecimal digits. Never taken from the client,
/// who could otherwise plant text in the log or make two requests look like one.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    private let bits: UInt64

    /// A new random id.
    package init() { bits = UInt64.random(in: .min ... .max) }

    package var description: String { String(decoding: digits, as: UTF8.self) }

    func write(to buffer: inout ByteBuffer) { buffer.writeBytes(digits) }

    private var digits: some Collection<UInt8> {
        (0..<16).lazy.map { place in
            let digit = UInt8(truncatingIfNeeded: bits >> (60 - 4 * UInt64(place))) & 0xF
            return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
    }
}
