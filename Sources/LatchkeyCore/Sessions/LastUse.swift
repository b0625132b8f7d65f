package import LatchkeyTokens

/// When and from where a session was last used, as its own user is told.
///
/// Coarse on purpose. Who has stolen a refresh token and knows to the second when its owner rotates can present the
/// stolen one right after each time, get the same successor as the owner, and share the lineage for long. So:
/// - times are rounded down to ``step``;
/// - the session that asks was last used now, from where the request comes. That is true, and says nothing of its last
///   rotation: rounding alone would show the first rotation of each five minutes at once, and that is every one of a
///   client with the default lifetime of tokens.
///
/// Administrators see what is stored.
package struct LastUse: Sendable, Equatable {
    /// What times are rounded down to.
    package static let step: Duration = .seconds(300)

    /// Not later than the use.
    package let at: Timestamp
    package let network: String

    /// - Parameters:
    ///   - asker: the session whose token asks.
    ///   - network: where the request comes from.
    package init(of session: Session, toldTo asker: SessionID, from network: String, now: Timestamp) {
        let isAsker = session.id == asker
        at = Self.roundedDown(isAsker ? now : session.lineage.rotatedAt)
        self.network = isAsker ? network : session.lineage.rotatedFrom
    }

    private static func roundedDown(_ instant: Timestamp) -> Timestamp {
        let step = step.components.seconds
        return Timestamp(seconds: instant.seconds - instant.seconds % step)
    }
}
