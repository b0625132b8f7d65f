package import LatchkeyTokens
package import Logging
import Synchronization

/// Who did what, and from where: the durable record that operators read.
///
/// Rules that change something write their event in their own transaction, inside the store. This type is for reading,
/// and for events without another change.
package final class AuditTrail: Sendable {
    /// Events of one subject and kind are written at most once in this time; those in between are counted.
    static let foldingTime: Duration = .seconds(1)
    /// Subjects remembered for folding. Beyond that, all are forgotten, and the next event of each is written at once.
    private static let rememberedSubjects = 4096

    private struct Folded {
        var writtenAt: Timestamp
        var uncounted: Int
    }

    private let store: any Store
    private let log: SecurityLog
    private let folded = Mutex<[String: Folded]>([:])

    /// - Parameter logger: gets a line for events that operators want to see as they happen.
    package init(store: any Store, logger: Logger) {
        self.store = store
        log = SecurityLog(logger: logger)
    }

    /// Logs an event that is in the trail, if its kind is logged. Folded by the minute.
    package func show(_ event: AuditEvent) { log.note(event) }

    /// Logs the events that were counted since their last line.
    /// - Parameter now: nil for all of them, at the end; otherwise only those whose minute is over.
    package func showCounted(at now: Timestamp?) { log.tellCounted(at: now) }

    /// Writes the event. Durable on return.
    package func append(_ event: AuditEvent) async throws {
        try await store.appendAudit(event)
    }

    /// Writes an event that a stranger can cause as often as he likes. There is at most one write a second for each
    /// subject, and it carries the count of the events before it. The store folds these again, by the minute. Durable
    /// on return if it is written; the count since the last write is in memory.
    /// - Parameter subject: what to fold by. Strangers must not be able to invent many of them for free.
    package func appendRepeatable(_ event: AuditEvent, subject: String) async throws {
        let count = folded.withLock { folded -> Int? in
            if folded.count >= Self.rememberedSubjects && folded[subject] == nil { folded.removeAll() }
            let last = folded[subject]
            if let last, event.at >= last.writtenAt, event.at < last.writtenAt + Self.foldingTime {
                folded[subject]?.uncounted += event.count
                return nil
            }
            folded[subject] = Folded(writtenAt: event.at, uncounted: 0)
            return event.count + (last?.uncounted ?? 0)
        }
        guard let count else { return }
        let whole = AuditEvent(
            event.kind, at: event.at, actor: event.actor, user: event.user, session: event.session,
            client: event.client, network: event.network, details: event.details, count: count)
        // There is no bucket to count in: the store only folds the event into a similar one of the last minute.
        try await store.recordFailure([], window: .seconds(60), event: whole)
    }

    /// Newest first.
    package func page(_ filter: AuditFilter = AuditFilter(), _ page: PageRequest = PageRequest()) async throws -> Page<
        AuditEvent
    > {
        try await store.auditEvents(filter, page: page)
    }
}
