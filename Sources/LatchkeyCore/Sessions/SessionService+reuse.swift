import LatchkeyTokens
import Logging

extension SessionService {
    /// Counts a successor that was given again. When that continues generation after generation, it is noted in the
    /// audit trail. The note is written after the response, not before it, and may be lost.
    func noteReuse(_ record: SessionRecord, elsewhere: Bool, network: String, at now: Timestamp) {
        let session = record.session
        let run = reuses.note(
            ReuseWatch.Reuse(
                session: session.id, held: session.lineage.held, successor: session.lineage.current,
                isCookie: session.transport == .cookie, elsewhere: elsewhere, delay: now - session.lineage.rotatedAt,
                at: now))
        guard let run else { return }
        logger.warning(
            "each refresh token of a session is used twice: two parties may hold it",
            metadata: ["lk.session": "\(session.id)", "lk.generations": "\(run.generations)"])
        store.appendAuditLater(
            AuditEvent(
                .refreshReusedRepeatedly, at: now, actor: .system, user: session.user, session: session.id,
                client: session.client, network: network, details: run.details))
    }

    /// A remark about the tokens of a session, for its explanation; `nil` for none. From memory, and for the time
    /// before the last start from the audit trail.
    func reuseRemark(_ session: SessionID, _ events: [AuditEvent]) -> String? {
        let noted = events.first { $0.kind == .refreshReusedRepeatedly }.flatMap { ReuseWatch.Run($0.details) }
        guard let run = reuses.run(of: session) ?? noted else { return nil }
        return """
            In \(run.generations) successive generations the refresh token was used a second time right after its first \
            use (\(run.answers) times in all, \(run.elsewhere) of them from another network): two parties may hold the \
            session, or an application refreshes in parallel.
            """
    }
}

extension ReuseWatch.Run {
    /// The details as they appear in the audit trail.
    fileprivate var details: [String: String] {
        ["generations": String(generations), "answers": String(answers), "elsewhere": String(elsewhere)]
    }

    fileprivate init?(_ details: [String: String]) {
        let number = { (name: String) in details[name].flatMap { Int($0) } }
        guard let generations = number("generations"), let answers = number("answers"),
            let elsewhere = number("elsewhere")
        else { return nil }
        self.init(generations: generations, answers: answers, elsewhere: elsewhere)
    }
}
