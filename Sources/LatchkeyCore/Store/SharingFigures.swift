/// Figures of a node that shares its database, since its start. Known while the database is away, too.
package struct SharingFigures: Sendable, Equatable {
    /// How long rules waited for their locks, one round trip included: those that ran alone in the cluster, and those that
    /// ran beside others. One turn holds up both.
    package var turns = DurationHistogram()
    package var others = DurationHistogram()
    /// How many refreshes, uses and client tokens were decided together.
    package var sets = SizeHistogram()
    /// Rules and steps that ran again because another transaction was in their way.
    package var conflicts: Int64 = 0
    /// Connections to a server that is no longer the primary.
    package var refusedConnections = 0

    package init() {}
}
