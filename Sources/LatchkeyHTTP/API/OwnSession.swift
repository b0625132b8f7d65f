import LatchkeyCore
import LatchkeyTokens

/// One of the caller's own sign-ins, as a list of devices shows it. Times in Unix seconds.
struct OwnSession: Codable, Sendable, Equatable {
    let id: String
    let clientID: String
    /// Whether the request itself comes from this session.
    let current: Bool
    let deviceName: String?
    /// The source network at login, and that of the last refresh.
    let network: String
    let lastNetwork: String
    let createdAt: Int64
    /// When it was last seen: each refresh that rotates counts.
    let refreshedAt: Int64
    /// The earlier of idle and absolute end.
    let expiresAt: Int64

    init(_ record: SessionRecord, idleLifetime: Duration, current: SessionID) {
        let session = record.session
        id = session.id.description
        clientID = session.client.description
        self.current = session.id == current
        deviceName = session.deviceName
        network = session.network
        lastNetwork = session.lineage.rotatedFrom
        createdAt = session.createdAt.seconds
        refreshedAt = session.lineage.rotatedAt.seconds
        expiresAt = min(session.expiresAt, session.lineage.rotatedAt + idleLifetime).seconds
    }

    enum CodingKeys: String, CodingKey {
        case id, current, network
        case clientID = "client_id"
        case deviceName = "device_name"
        case lastNetwork = "last_network"
        case createdAt = "created_at"
        case refreshedAt = "refreshed_at"
        case expiresAt = "expires_at"
    }
}
