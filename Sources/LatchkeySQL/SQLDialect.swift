package import LatchkeyTokens

/// The few things that the databases do not do alike. Everything else is a statement that all of them take.
package protocol SQLDialect: Sendable {
    /// Counts rows of `sessions` that came (or went, when negative), where they are counted.
    func countSessions(_ change: Int, _ connection: any SQLConnection) throws
    /// How many rows `sessions` has, as exactly as can be told at once.
    func sessionCount(_ connection: any SQLConnection) throws -> Int64
    /// The column of `revocations` that takes what ``drawEntry(_:)`` draws.
    var entryColumn: String { get }
    /// Draws the number of the next entry of the revocation log: its `seq`, or an id where entries are numbered after
    /// the commit.
    func drawEntry(_ connection: any SQLConnection) throws -> Int64
    /// The instant of a revocation, where the transaction's instant is not enough to keep issuances apart from it.
    /// - Parameter byTime: whether the entry matches by `iat`.
    func revocationInstant(byTime: Bool, at instant: Timestamp, _ connection: any SQLConnection) throws -> Timestamp
}
