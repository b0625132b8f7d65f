/// Which database answers, as the server itself numbers it.
package struct DatabaseIdentity: Sendable, Equatable {
    /// Of the files that the server was made with, and of all copies of them.
    package let system: Int64
    /// Grows with each promotion of a standby.
    package let timeline: Int64
    /// Of the database within its server.
    package let database: Int64

    package init(system: Int64, timeline: Int64, database: Int64) {
        self.system = system
        self.timeline = timeline
        self.database = database
    }
}
