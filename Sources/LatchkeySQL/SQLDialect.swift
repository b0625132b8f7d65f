/// The few things that the databases do differently. Everything else is a statement that all of them accept.
package protocol SQLDialect: Sendable {
    /// Counts added rows of `sessions` (or removed ones, when negative), where they are counted.
    func countSessions(_ change: Int, _ connection: any SQLConnection) throws
    /// The number of rows in `sessions`, as exactly as it can be known at once.
    func sessionCount(_ connection: any SQLConnection) throws -> Int64
    /// Draws the next `seq` of the revocation log.
    func drawSequence(_ connection: any SQLConnection) throws -> Int64
}
