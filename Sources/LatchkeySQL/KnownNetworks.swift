import LatchkeyCore
import LatchkeyTokens

/// Rows of `known_networks`.
struct KnownNetworks: NetworkTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    func isKnown(_ network: String, of user: UserID, since: Timestamp) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM known_networks WHERE user_id = ? AND network = ? AND last_success > ?",
            [user.bytes, network, since.milliseconds]
        ) { _ in true } ?? false
    }

    func renew(_ network: String, of user: UserID, at instant: Timestamp) throws -> Bool {
        try connection.run(
            "UPDATE known_networks SET last_success = ? WHERE user_id = ? AND network = ?",
            [instant.milliseconds, user.bytes, network]) == 1
    }

    func insert(_ network: String, of user: UserID, at instant: Timestamp) throws {
        try connection.write(
            "INSERT INTO known_networks (user_id, network, last_success) VALUES (?, ?, ?)",
            [user.bytes, network, instant.milliseconds])
    }

    func trim(to count: Int, of user: UserID) throws {
        try connection.write(
            """
            DELETE FROM known_networks WHERE user_id = ?1 AND network IN (
                SELECT network FROM known_networks WHERE user_id = ?1
                ORDER BY last_success DESC, network LIMIT 1000000 OFFSET ?2)
            """, [user.bytes, count])
    }
}
