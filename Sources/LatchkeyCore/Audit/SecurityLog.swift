import LatchkeyTokens
import Logging
import Synchronization

/// The audit events that also appear in the log as they happen: failed and throttled sign-ins, and replays.
///
/// Strangers cause these as often as they like, so similar ones are folded by the minute as in the trail: the first is
/// logged at once, those of the next minute are counted and logged together. The state is in memory, for a bounded
/// number of subjects of each kind; the rest of a kind share one line without a name.
final class SecurityLog: Sendable {
    private struct Subject: Hashable {
        let kind: AuditEvent.Kind
        var network: String?
        var user: UserID?
        var session: SessionID?
        var client: ClientID?
    }

    private struct Folded {
        var toldAt: Timestamp
        var untold: Int
    }

    private static let foldingTime: Duration = .seconds(60)
    /// The limit for each kind.
    private static let rememberedSubjects = 256

    private let logger: Logger
    private let folded = Mutex<[Subject: Folded]>([:])

    init(logger: Logger) { self.logger = logger }

    /// Logs the event, or counts it.
    func note(_ event: AuditEvent) {
        guard Self.message(event.kind) != nil else { return }
        let told = folded.withLock { folded -> (Subject, Int)? in
            var subject = Subject(
                kind: event.kind, network: event.network, user: event.user, session: event.session,
                client: event.client)
            // Each kind has its own table: strangers can fill the one of failed sign-ins, and must not displace the
            // names of events that they cannot cause.
            if folded[subject] == nil,
                folded.keys.count(where: { $0.kind == event.kind }) >= Self.rememberedSubjects
            {
                subject = Subject(kind: event.kind)
            }
            if let last = folded[subject], !Self.isOver(last, at: event.at) {
                folded[subject]?.untold += event.count
                return nil
            }
            let count = event.count + (folded[subject]?.untold ?? 0)
            folded[subject] = Folded(toldAt: event.at, untold: 0)
            return (subject, count)
        }
        if let (subject, count) = told { tell(subject, count) }
    }

    /// Logs the counts of minutes that are over by `now`, and forgets subjects that were quiet for a minute.
    /// - Parameter now: nil for all counts, at the end.
    func tellCounted(at now: Timestamp?) {
        let told = folded.withLock { folded -> [(Subject, Int)] in
            let over = folded.filter { entry in now.map { Self.isOver(entry.value, at: $0) } ?? true }
            for (subject, last) in over {
                folded[subject] = now.flatMap { last.untold > 0 ? Folded(toldAt: $0, untold: 0) : nil }
            }
            return over.compactMap { $0.value.untold > 0 ? ($0.key, $0.value.untold) : nil }
        }
        for (subject, count) in told { tell(subject, count) }
    }

    /// A clock that was set back ends the minute.
    private static func isOver(_ last: Folded, at now: Timestamp) -> Bool {
        now < last.toldAt || now >= last.toldAt + foldingTime
    }

    private func tell(_ subject: Subject, _ count: Int) {
        guard let message = Self.message(subject.kind) else { return }
        var metadata: Logger.Metadata = ["lk.count": "\(count)"]
        metadata["lk.network"] = subject.network.map { "\($0)" }
        metadata["lk.user"] = subject.user.map { "\($0)" }
        metadata["lk.session"] = subject.session.map { "\($0)" }
        metadata["lk.client"] = subject.client.map { "\($0)" }
        logger.info(message, metadata: metadata)
    }

    /// Nil for kinds that are only in the trail.
    private static func message(_ kind: AuditEvent.Kind) -> Logger.Message? {
        switch kind {
        case .loginFailed: "Login failed"
        case .loginThrottled: "Login throttled"
        case .refreshReplayed: "Refresh token replayed, session ended"
        case .loginCodeReplayed: "Login code replayed"
        default: nil
        }
    }
}
