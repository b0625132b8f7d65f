package import LatchkeyTokens

/// The transactions that change streams of security events.
package enum StreamRules {
    static func create(
        _ stream: EventStream, capacity: Int, event: AuditEvent, _ ledger: any Ledger
    ) throws -> EventStreamRecord {
        guard try ledger.clients.find(stream.client) != nil else {
            throw Refusal(.notFound, "There is no such client.")
        }
        guard try ledger.streams.insert(stream, capacity: capacity) else {
            throw Refusal(.conflict, "This client has a stream already: read, change or delete that one.")
        }
        try AuditRules.append(event, ledger)
        return try changed(stream.id, ledger)
    }

    /// A disabled stream loses its waiting events.
    static func update(_ stream: EventStream, event: AuditEvent, _ ledger: any Ledger) throws -> EventStreamRecord {
        let old = try existing(stream.id, ledger)
        try ledger.streams.update(stream, number: old.number)
        if stream.status == .disabled { try ledger.streams.clear(old.number) }
        try AuditRules.append(event, ledger)
        return try changed(stream.id, ledger)
    }

    static func delete(_ id: StreamID, event: AuditEvent, _ ledger: any Ledger) throws {
        let old = try existing(id, ledger)
        try ledger.streams.delete(old.number)
        ledger.streams.wake(old.number)
        try AuditRules.append(event, ledger)
    }

    /// Puts a verification event after the waiting events.
    static func verify(
        _ id: StreamID, state: String?, interval: Duration, _ ledger: any Ledger
    ) throws {
        let record = try existing(id, ledger)
        guard record.stream.status != .disabled else {
            throw Refusal(.invalidRequest, "The stream is disabled and holds no event: enable it first.")
        }
        let instant = ledger.instant
        if let last = try ledger.streams.lastVerification(record.number), instant < last + interval {
            throw Refusal(
                .tooManyAttempts,
                "The stream was verified a moment ago: min_verification_interval says how often it may be verified.",
                retryAfter: last + interval - instant)
        }
        try ledger.streams.setVerification(record.number, at: instant)
        try tellVerification(state, to: record.number, ledger)
    }

    /// Removes events; ids that are not in this stream change nothing. Returns how many were removed.
    static func acknowledge(
        _ id: StreamID, _ acknowledgement: EventAcknowledgement, _ ledger: any Ledger
    ) throws -> Int {
        let record = try existing(id, ledger)
        var removed = 0
        var refused: [SetErrorCode: Int] = [:]
        for event in acknowledgement.accepted where try ledger.streams.remove(event, from: record.number) {
            removed += 1
        }
        for (event, code) in acknowledgement.refused where try ledger.streams.remove(event, from: record.number) {
            removed += 1
            refused[code, default: 0] += 1
        }
        try ledger.streams.noteAcknowledged(removed, of: record.number, at: ledger.instant)
        for (code, count) in refused.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            try AuditRules.append(
                AuditEvent(
                    .streamEventRefused, at: ledger.instant, actor: .client(record.stream.client),
                    client: record.stream.client,
                    details: ["stream": id.description, "err": code.rawValue, "count": String(count)]),
                ledger)
        }
        return removed
    }

    /// - Throws: `Refusal(.notFound)`.
    private static func existing(_ id: StreamID, _ ledger: any Ledger) throws -> EventStreamRecord {
        guard let record = try ledger.streams.find(id) else {
            throw Refusal(.notFound, "There is no stream with this id.")
        }
        return record
    }

    /// The stream after a change that receivers may be waiting for.
    private static func changed(_ id: StreamID, _ ledger: any Ledger) throws -> EventStreamRecord {
        let record = try existing(id, ledger)
        ledger.streams.wake(record.number)
        return record
    }
}

/// Events are written by ``RevocationRules``, ``PasswordRules`` and ``UserRules``, in their own transactions, for each
/// stream that is not disabled and delivers the kind.
extension Store {
    /// - Parameter capacity: events that may wait; beyond that, the oldest are dropped.
    /// - Throws: `conflict` when the client has a stream, `not_found` when there is no such client.
    package func createStream(
        _ stream: EventStream, capacity: Int, event: AuditEvent
    ) async throws -> EventStreamRecord {
        try await write { try StreamRules.create(stream, capacity: capacity, event: event, $0) }.value
    }

    package func stream(_ id: StreamID) async throws -> EventStreamRecord? {
        try await read { try $0.streams.find(id) }
    }

    package func stream(of client: ClientID) async throws -> EventStreamRecord? {
        try await read { try $0.streams.find(of: client) }
    }

    /// Newest first.
    package func streams(page: PageRequest) async throws -> Page<EventStreamRecord> {
        let before = try PageCursor.number(page)
        let rows = try await read { try $0.streams.page(before: before, limit: page.limit + 1) }
        return Page(rows, limit: page.limit) { PageCursor.encode($0.number) }
    }

    /// Writes status, reason, request and description. A disabled stream loses its waiting events. Throws `not_found`.
    package func updateStream(_ stream: EventStream, event: AuditEvent) async throws -> EventStreamRecord {
        try await write { try StreamRules.update(stream, event: event, $0) }.value
    }

    /// Throws `not_found`.
    package func deleteStream(_ id: StreamID, event: AuditEvent) async throws {
        try await write { try StreamRules.delete(id, event: event, $0) }.value
    }

    /// Puts a verification event after the waiting events. Throws `not_found`, `invalid_request` when the stream is
    /// disabled, `too_many_attempts` within `interval` of the last one.
    package func verifyStream(_ id: StreamID, state: String?, interval: Duration) async throws {
        try await write { try StreamRules.verify(id, state: state, interval: interval, $0) }.value
    }

    /// Removes events; ids that are not in this stream change nothing. Returns how many were removed.
    package func acknowledge(_ id: StreamID, _ acknowledgement: EventAcknowledgement) async throws -> Int {
        try await write { try StreamRules.acknowledge(id, acknowledgement, $0) }.value
    }

    /// The oldest waiting events, in order, at most `limit`.
    package func pendingEvents(_ number: Int64, limit: Int) async throws -> [SecurityEvent] {
        try await read { try $0.streams.pendingEvents(number, limit: limit) }
    }

    /// Removes events before `instant`, at most `limit`; returns how many were removed. Audited.
    package func expireEvents(before instant: Timestamp, limit: Int) async throws -> Int {
        var removed = 0
        for stream in try await read({ try $0.streams.waiting() }) where removed < limit {
            let most = Int64(limit - removed)
            removed += try await write { ledger in
                try StreamRules.drop(most, of: stream, before: instant, why: "old", ledger)
            }.value
        }
        return removed
    }

    /// Changes the limit of every stream; surplus events are dropped with the next event.
    package func setStreamCapacity(_ capacity: Int) async throws {
        try await write { try $0.streams.setCapacity(capacity) }.value
    }
}
