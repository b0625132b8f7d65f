package import LatchkeyTokens

/// When and from where a session was last used, as shown to its own user.
///
/// Deliberately coarse. A thief of a refresh token who knows to the second when the owner rotates can present the
/// stolen token right after each rotation, get the same successor as the owner, and share the lineage for a long time.
/// So:
/// - times are rounded down to ``step``;
/// - the current session was last used now, from the address of the request. That is true, and reveals nothing about
///   its last rotation. Rounding alone would show the first rotation of each five minutes at once, and with the default
///   token lifetime that is every rotation of a client.
///
/// Administrators see the stored values.
package struct LastUse: Sendable, Equatable {
    /// Times are rounded down to a multiple of this.
    package static let step: Duration = .seconds(300)

    /// Not later than the actual use.
    package let at: Timestamp
    package let network: String

    /// - Parameters:
    ///   - asker: the session whose token makes the request.
    ///   - network: the network of the request.
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
