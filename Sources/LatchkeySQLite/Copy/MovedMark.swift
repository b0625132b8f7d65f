import LatchkeyCore
import LatchkeySQL

/// Says in the file itself that its data has moved to PostgreSQL. Nothing opens it as a database of ours from then on,
/// neither this program nor an older one, which takes it for another program's.
struct MovedMark {
    /// `Lkmv`, in the place of ``DatabaseFile/applicationID``.
    static let applicationID: Int64 = 0x4C6B_6D76

    let connection: Database

    /// The number of the move that the file has to do with; 0 for none.
    func number() throws -> Int64 { try connection.integer("PRAGMA user_version") }

    func isMoved() throws -> Bool { try connection.integer("PRAGMA application_id") == Self.applicationID }

    /// Written in one transaction.
    func write(isMoved: Bool, number: Int64) throws {
        try connection.transaction {
            try connection.run("PRAGMA application_id = \(isMoved ? Self.applicationID : DatabaseFile.applicationID)")
            try connection.run("PRAGMA user_version = \(number)")
        }
    }
}
