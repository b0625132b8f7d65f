package import LatchkeyTokens

/// A use of a session, on its way to the writer: to note it, to issue an access token, or both.
package struct SessionUse: Sendable {
    package let session: SessionID
    /// As in ``SessionValidity/judge(_:idleLifetime:now:)``.
    package let idleLifetime: Duration?
    /// Notes the use when the last noted one is at least so long ago; `nil`: never. Only server sessions have uses
    /// to note: for others a rotation is the use.
    package let notedAfter: Duration?
    /// Whether an access token is to be issued: then the answer has to pass the issuance gate.
    package let issuesToken: Bool

    package init(session: SessionID, idleLifetime: Duration?, notedAfter: Duration?, issuesToken: Bool) {
        self.session = session
        self.idleLifetime = idleLifetime
        self.notedAfter = notedAfter
        self.issuesToken = issuesToken
    }

    /// How old the last noted use has to be before another one is written: a minute or a twentieth of the idle
    /// lifetime, whichever is longer, so that a busy session costs at most one write a minute. A quarter of an idle
    /// lifetime of less than four minutes, since such a session would expire in use otherwise.
    package static func interval(idleLifetime: Duration) -> Duration {
        min(max(.seconds(60), idleLifetime / 20), idleLifetime / 4)
    }
}

package enum SessionUseOutcome: Sendable {
    /// As it stands now, the use included; with a stamp when an access token may be issued.
    case live(SessionRecord, IssuanceStamp?)
    /// Unknown, ended or expired; nothing was written.
    case ended
}
