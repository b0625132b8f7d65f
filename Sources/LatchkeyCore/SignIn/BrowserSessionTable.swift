package import LatchkeyTokens

/// What a browser session has beyond other sessions.
package struct BrowserSessionState: Sendable, Equatable {
    package let session: SessionID
    /// Whether the browser keeps the cookie when it is closed.
    package var isPersistent: Bool
    /// When the user last proved anew who it is; at first when the session began.
    package var renewedAt: Timestamp
    /// What the generation before that rests on; nil for the first one.
    package var previousProofs: [Proof]?

    package init(session: SessionID, isPersistent: Bool, renewedAt: Timestamp, previousProofs: [Proof]? = nil) {
        self.session = session
        self.isPersistent = isPersistent
        self.renewedAt = renewedAt
        self.previousProofs = previousProofs
    }
}

package protocol BrowserSessionLook {
    func find(_ id: SessionID) throws -> BrowserSessionState?
}

package protocol BrowserSessionTable: BrowserSessionLook {
    /// Replaces an earlier state.
    func put(_ state: BrowserSessionState) throws
}
