import LatchkeySQLite
import Logging
import ServiceLifecycle

/// Checks once a second whether the database's files are still where a start would find them. If not, writes are
/// refused and `/readyz` reports the reason for ten seconds, and then the server stops.
struct DatabaseWatch: Service, CustomStringConvertible {
    /// Only the name, because services are logged when they start.
    var description: String { "DatabaseWatch" }
    let store: SQLiteStore
    let logger: Logger

    private static let interval: Duration = .seconds(1)
    /// Time for callers of `/readyz`: by default, orchestrators ask every ten seconds.
    private static let grace: Duration = .seconds(10)

    /// Runs until graceful shutdown.
    /// - Throws: ``DatabaseGone``.
    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                while store.lookForFiles() == nil { try await Task.sleep(for: Self.interval) }
                guard let loss = store.lookForFiles() else { return }
                logger.error("The database is gone; stopping", metadata: ["lk.reason": "\(loss)"])
                try await Task.sleep(for: Self.grace)
            }
        } catch is CancellationError {}
        if let loss = store.lookForFiles() { throw DatabaseGone(description: "Stopped because \(loss).") }
    }
}

/// Why a server stopped itself, in a sentence for the operator.
struct DatabaseGone: Error, CustomStringConvertible {
    let description: String
}
