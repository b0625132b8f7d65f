package import LatchkeyTokens

/// A use of a session, on its way to the writer: to note it, to issue an access token, or both.
package struct SessionUse: Sendable {
    package let session: SessionID
    /// As in ``SessionValidity/judge(_:idleLifetime:now:)``.
    package let idleLifetime: Duration?
    /// Notes the use if the last noted one is at least this long ago; `nil` for never. Only server sessions have uses
    /// to note: for other sessions a rotation is the use.
    package let notedAfter: Duration?
    /// Whether an access token is to be issued: then the answer must pass the issuance gate.
    package let issuesToken: Bool

    package init(session: SessionID, idleLifetime: Duration?, notedAfter: Duration?, issuesToken: Bool) {
        self.session = session
        self.idleLifetime = idleLifetime
        self.notedAfter = notedAfter
        self.issuesToken = issuesToken
    }

    /// How old the last noted use must be before another one is written: a minute or a twentieth of the idle lifetime,
    /// whichever is longer, so that a busy session costs at most one write a minute. For an idle lifetime of less than
    /// four minutes it is a quarter of that, because such a session would otherwise expire while in use.
    package static func interval(idleLifetime: Duration) -> Duration {
        min(max(.seconds(60), idleLifetime / 20), idleLifetime / 4)
    }
}

extension Session.Transport {
    /// Whether uses are noted: for the others a rotation is the use.
    fileprivate var isNoted: Bool {
        switch self {
        case .session, .browser: true
        case .body, .cookie: false
        }
    }
}

extension SessionUse {
    /// The lineage with this use noted; nil when it is not to be noted.
    func lineage(of record: SessionRecord, at instant: Timestamp) -> Session.Lineage? {
        var lineage = record.session.lineage
        guard let notedAfter, record.session.transport.isNoted, instant - lineage.rotatedAt >= notedAfter else {
            return nil
        }
        lineage.rotatedAt = instant
        return lineage
    }
}

package enum SessionUseOutcome: Sendable {
    /// The session as it is now, including the use; with a stamp when an access token may be issued.
    case live(SessionRecord, IssuanceStamp?)
    /// Unknown, ended or expired; nothing was written.
    case ended
}
