package import LatchkeyTokens

/// The few things that the databases do differently. Everything else is a statement that all of them accept.
package protocol SQLDialect: Sendable {
    /// Counts added rows of `sessions` (or removed ones, when negative), where they are counted.
    func countSessions(_ change: Int, _ connection: any SQLConnection) throws
    /// The number of rows in `sessions`, as exactly as it can be known at once.
    func sessionCount(_ connection: any SQLConnection) throws -> Int64
    /// The column of `revocations` that takes what ``drawEntry(_:)`` draws.
    var entryColumn: String { get }
    /// Draws the number of the next entry of the revocation log: its `seq`, or an id where entries are numbered after
    /// the commit.
    func drawEntry(_ connection: any SQLConnection) throws -> Int64
    /// Lets other nodes look once the transaction is on disk. For rare changes alone: it may hold up all commits.
    func announce(_ connection: any SQLConnection) throws
    /// The instant of a revocation, where the transaction's instant is not enough to keep issuances apart from it.
    /// - Parameter byTime: whether the entry matches by `iat`.
    func revocationInstant(byTime: Bool, at instant: Timestamp, _ connection: any SQLConnection) throws -> Timestamp
    /// Reads what ``StateRow`` decodes. The engine keeps the latest instant that was used in its own way.
    var selectState: String { get }
    /// Lowers that instant, which an operator has found to be wrong.
    func resetClock(to now: Timestamp, _ connection: any SQLConnection) throws
}

extension SQLDialect {
    package func announce(_ connection: any SQLConnection) throws {}
}
