import LatchkeyTokens
import LatchkeyVerifier
import TestConditions
import TestSupport
import Testing

/// Runs a verifier against a real server for the time of `body`.
///
/// - Parameter now: the verifier's clock.
func withVerifier(
    _ http: TestHTTP, now: @escaping @Sendable () -> Timestamp = { .wallClock },
    _ change: (inout TokenVerifier.Configuration) -> Void = { _ in },
    _ body: @escaping @Sendable (TokenVerifier) async throws -> Void
) async throws {
    var configuration = TokenVerifier.Configuration(
        issuer: "http://localhost:8080", audience: "http://localhost:8080", server: http.base)
    configuration.now = now
    // Real time is not what these tests are about.
    configuration.polling = .interval(.milliseconds(100))
    change(&configuration)
    let verifier = TokenVerifier(configuration)
    await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await verifier.run() }
        group.addTask { try await body(verifier) }
        do { while try await group.next() != nil { group.cancelAll() } } catch {
            Issue.record(error)
        }
        group.cancelAll()
    }
}

extension TokenVerifier {
    /// Waits until a status has come.
    func waits(
        for what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: (VerifierStatus) -> Bool
    ) async throws {
        try await eventually(what, sourceLocation: sourceLocation) { condition(status) }
    }

    /// Waits until the list has reached what the server has given out so far.
    func catchesUp(with server: TestServer, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let list = try await server.list()
        try await waits(for: "seq \(list.sequence)", sourceLocation: sourceLocation) {
            $0.epoch == list.epoch && $0.sequence ?? -1 >= list.sequence
        }
    }
}
