/// The admin API of a data directory without sockets: the same router, called inside this process while it holds the
/// directory's lock. `Compose` makes it.
package struct LocalServer: Sendable {
    /// What the router answered.
    package struct Answer: Sendable {
        package let status: Int
        package let body: [UInt8]

        package init(status: Int, body: [UInt8]) {
            self.status = status
            self.body = body
        }
    }

    /// Method, path with query, JSON body.
    package typealias Responder = @Sendable (String, String, [UInt8]?) async throws -> Answer

    private let respond: Responder
    private let stop: @Sendable () async -> Void

    /// - Parameters:
    ///   - respond: answers one request as the operator.
    ///   - shutdown: closes the store and its threads; called once, after the last answer.
    package init(respond: @escaping Responder, shutdown: @escaping @Sendable () async -> Void) {
        self.respond = respond
        stop = shutdown
    }

    /// Answers one request as the operator.
    /// - Parameters:
    ///   - path: with query, percent-encoded.
    ///   - body: JSON.
    package func send(method: String, path: String, body: [UInt8]?) async throws -> Answer {
        try await respond(method, path, body)
    }

    /// Closes the store. No `send` may follow.
    package func shutdown() async { await stop() }
}
