import LatchkeyCore
import LatchkeyTokens

/// One of the caller's own sign-ins, as a list of devices shows it.
struct OwnSession: WireObject, Equatable {
    let id: String
    let clientID: String
    let current: Bool
    let deviceName: String?
    let network: String
    let lastNetwork: String
    let createdAt: Int64
    let refreshedAt: Int64
    let expiresAt: Int64

    static let schema = ObjectSchema(
        resource: "OwnSession", "One of the user's sign-ins.", OwnSession.init,
        Member("id", \.id),
        Member("client_id", \.clientID),
        Member("current", \.current, "Whether the request itself comes from this session."),
        Member("device_name", \.deviceName),
        Member("network", \.network, "The network of the sign-in."),
        Member(
            "last_network", \.lastNetwork, "The network of the last use; for the current session, of this request."),
        Member("created_at", \.createdAt, Meaning.instant),
        Member(
            "refreshed_at", \.refreshedAt,
            "The last use in Unix seconds, rounded down to five minutes; for the current session, now."),
        Member("expires_at", \.expiresAt, "Unix seconds; an idle end is counted from refreshed_at."))
}

extension OwnSession {
    /// The caller's session, its address and the time.
    struct Asker: Sendable {
        let session: SessionID
        let network: String
        let now: Timestamp
    }

    init(_ record: SessionRecord, idleLifetime: Duration, to asker: Asker) {
        let session = record.session
        let lastUse = LastUse(of: session, toldTo: asker.session, from: asker.network, now: asker.now)
        // The idle end is counted from the last use as shown: the exact end would reveal the exact time of that use.
        let idleEnd = max(asker.now, lastUse.at + idleLifetime)
        self.init(
            id: session.id.description, clientID: session.client.description, current: session.id == asker.session,
            deviceName: session.deviceName, network: session.network, lastNetwork: lastUse.network,
            createdAt: session.createdAt.seconds, refreshedAt: lastUse.at.seconds,
            expiresAt: min(session.expiresAt, idleEnd).seconds)
    }
}
