/// The few things that the databases do not do alike. Everything else is a statement that all of them take.
package protocol SQLDialect: Sendable {
    /// Counts rows of `sessions` that came (or went, when negative), where they are counted.
    func countSessions(_ change: Int, _ connection: any SQLConnection) throws
    /// How many rows `sessions` has, as exactly as can be told at once.
    func sessionCount(_ connection: any SQLConnection) throws -> Int64
    /// Draws the next `seq` of the revocation log.
    func drawSequence(_ connection: any SQLConnection) throws -> Int64
}
