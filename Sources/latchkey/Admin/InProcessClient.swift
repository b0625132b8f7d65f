import LatchkeyHTTP

/// Calls the admin API of a data directory without sockets: the same routes, inside this process while it holds the
/// directory's lock.
struct InProcessClient: Sendable {
    let program: Compose

    /// One request as the operator.
    /// - Parameters:
    ///   - path: with query, percent-encoded.
    ///   - body: JSON.
    func send(_ method: String, _ path: String, body: [UInt8]?) async -> HTTPAnswer {
        await program.http.respond(method: method, path: path, body: body)
    }

    /// Closes the store. No ``send(_:_:body:)`` may follow.
    func shutdown() async { await program.shutdown() }
}
