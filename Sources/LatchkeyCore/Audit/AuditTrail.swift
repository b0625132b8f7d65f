package import LatchkeyTokens
package import Logging
import Synchronization

/// Who did what, and from where: the durable record that operators read.
///
/// Acts that change something write their event in their own transaction, inside the store. This is the door for what
/// is only an event, and for reading.
package final class AuditTrail: Sendable {
    /// Events of one subject and kind are written at most once in this time; those in between are counted.
    static let foldingTime: Duration = .seconds(1)
    /// Subjects remembered for folding; beyond that, all is forgotten and the next event of each is written at once.
    private static let rememberedSubjects = 4096

    private struct Folded {
        var writtenAt: Timestamp
        var uncounted: Int
    }

    private let store: any Store
    private let log: SecurityLog
    private let folded = Mutex<[String: Folded]>([:])

    /// - Parameter logger: gets a line of what operators want to see as it happens.
    package init(store: any Store, logger: Logger) {
        self.store = store
        log = SecurityLog(logger: logger)
    }

    /// Has a line in the log of an event that is in the trail, when it is of such a kind. Folded by the minute.
    package func show(_ event: AuditEvent) { log.note(event) }

    /// Has those in the log that were counted since their last line.
    /// - Parameter now: nil for all of them, at the end; else of those whose minute is over.
    package func showCounted(at now: Timestamp?) { log.tellCounted(at: now) }

    /// Writes the event. Durable on return.
    package func append(_ event: AuditEvent) async throws {
        try await store.appendAudit(event)
    }

    /// Writes an event that a stranger can cause as often as he likes: at most one write a second for each subject
    /// which carries the count of those before it. The store folds these once more, by the minute. Durable on return
    /// when it is written; the count since the last write is in memory.
    /// - Parameter subject: what to fold by. Strangers must not be able to make up many of them for free.
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
        // No bucket to count in: the store only folds the event into a like one of the last minute.
        try await store.recordFailure([], window: .seconds(60), event: whole)
    }

    /// Newest first.
    package func page(_ filter: AuditFilter = AuditFilter(), _ page: PageRequest = PageRequest()) async throws -> Page<
        AuditEvent
    > {
        try await store.auditEvents(filter, page: page)
    }
}
