package import NIOCore

/// The bounds that a connection lives in. The defaults are the product's; tests shorten the times.
package struct TransportLimits: Sendable {
    /// Largest request body in bytes; one byte more is 413.
    package var maxBodyBytes = 64 * 1024
    /// Largest request head in bytes, all field names and values together; more is 431.
    package var maxHeadBytes = 32 * 1024
    /// Largest single header field in bytes; more is 431.
    package var maxFieldBytes = 16 * 1024
    /// Most header fields in one request; more is 431.
    package var maxFieldCount = 100
    /// Longest request target in bytes; more is 431.
    package var maxTargetBytes = 8 * 1024
    /// From a request's first byte (or the connection, for the first) to the end of its body. Later: 408 and close. The
    /// time that a handler takes does not count, so a long-poll waits as long as it likes once its request is read.
    package var requestDeadline = TimeAmount.seconds(10)
    /// How long a kept-alive connection may be silent between requests.
    package var idleTimeout = TimeAmount.seconds(75)
    /// How long a client may take to accept a response.
    package var responseDeadline = TimeAmount.seconds(30)
    /// How long a refused request's remaining input is read and dropped, so that the refusal is not lost to a reset.
    package var lingerTimeout = TimeAmount.seconds(1)
    /// After SIGTERM: how long requests in flight may take before they are cut.
    package var shutdownGrace = TimeAmount.seconds(5)
    /// Open connections per listening address; further ones wait in the system's backlog.
    package var maxConnections = 16 * 1024

    package init() {}
}
