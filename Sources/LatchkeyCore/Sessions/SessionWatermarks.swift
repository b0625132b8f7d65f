import LatchkeyTokens

/// The instants up to which the sessions of a user, of a client and of all users have ended. Moving one touches no
/// session row.
struct SessionWatermarks: Sendable, Equatable {
    let user: Timestamp?
    let client: Timestamp?
    let everybody: Timestamp?

    /// Whether one of them has ended what began at this instant. A watermark covers its own instant.
    func cover(_ begun: Timestamp) -> Bool {
        Self.covers(user, begun) || Self.covers(client, begun) || Self.covers(everybody, begun)
    }

    /// The narrowest one that has ended what began at this instant.
    func first(covering begun: Timestamp) -> (extent: SessionEnding.Extent, at: Timestamp)? {
        let marks: [(SessionEnding.Extent, Timestamp?)] = [(.user, user), (.client, client), (.everybody, everybody)]
        for (extent, mark) in marks {
            if let mark, Self.covers(mark, begun) { return (extent, mark) }
        }
        return nil
    }

    private static func covers(_ mark: Timestamp?, _ begun: Timestamp) -> Bool {
        guard let mark else { return false }
        return begun <= mark
    }
}

extension SessionRecord {
    var watermarks: SessionWatermarks {
        SessionWatermarks(user: user.sessionsEndedAt, client: client.sessionsEndedAt, everybody: allEndedAt)
    }

    /// Ended individually or by a watermark. Expiry and a disabled user or client are not looked at.
    var isEnded: Bool { session.endedAt != nil || watermarks.cover(session.createdAt) }
}
