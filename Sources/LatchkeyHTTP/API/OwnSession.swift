import LatchkeyCore
import LatchkeyTokens

/// One of the caller's own sign-ins, as a list of devices shows it. Times in Unix seconds.
struct OwnSession: Codable, Sendable, Equatable {
    /// Who asks, from where and when.
    struct Asker: Sendable {
        let session: SessionID
        let network: String
        let now: Timestamp
    }

    let id: String
    let clientID: String
    /// Whether the request itself comes from this session.
    let current: Bool
    let deviceName: String?
    /// The source network at login, and that of the last use, as ``LastUse`` tells it.
    let network: String
    let lastNetwork: String
    let createdAt: Int64
    /// When it was last used, as ``LastUse`` tells it.
    let refreshedAt: Int64
    /// The earlier of absolute end and idle end; the latter is counted from `refreshedAt`, which an exact one would give
    /// away, but has not passed yet.
    let expiresAt: Int64

    init(_ record: SessionRecord, idleLifetime: Duration, to asker: Asker) {
        let session = record.session
        let lastUse = LastUse(of: session, toldTo: asker.session, from: asker.network, now: asker.now)
        id = session.id.description
        clientID = session.client.description
        current = session.id == asker.session
        deviceName = session.deviceName
        network = session.network
        lastNetwork = lastUse.network
        createdAt = session.createdAt.seconds
        refreshedAt = lastUse.at.seconds
        expiresAt = min(session.expiresAt, max(asker.now, lastUse.at + idleLifetime)).seconds
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
