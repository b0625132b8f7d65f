package import LatchkeyTokens

/// What a receiver supplies to create or change its stream (SSF 8.1.1).
package struct EventStreamDraft: Sendable {
    /// Event type URIs; `nil` for all.
    package var requested: [String]?
    package var summary: String?

    package init(requested: [String]?, summary: String?) {
        self.requested = requested
        self.summary = summary
    }
}

/// The management of streams: each method acts on the caller's own stream, and cannot see any other.
package struct EventStreamService: Sendable {
    /// Event types that a receiver may name, and the length of each, in bytes.
    package static let mostRequested = 64
    package static let longestRequested = 256
    /// Code points of a description and of a status reason; a longer description is cut (SSF 8.1.1).
    package static let longestText = 256
    /// Bytes of a verification's state.
    package static let longestState = 1024

    let store: any Store
    private let settings: Settings
    private let clock: Clock

    package init(store: any Store, settings: Settings, clock: Clock) {
        self.store = store
        self.settings = settings
        self.clock = clock
    }

    /// - Throws: ``Refusal`` `conflict` when the client has one, `invalid_request`.
    package func create(_ draft: EventStreamDraft, for client: ClientID) async throws -> EventStreamRecord {
        guard let owner = try await store.client(client) else { throw Self.unknown }
        let draft = try judged(draft)
        let now = clock.now()
        let stream = EventStream(
            id: .generate(), client: client,
            audience: owner.audiences.isEmpty ? [client.description] : owner.audiences, requested: draft.requested,
            summary: draft.summary, createdAt: now)
        return try await store.createStream(
            stream, capacity: settings.sharedSignals.maxPending, event: event(.streamCreated, stream))
    }

    /// The client's stream; `nil` before it created one.
    package func stream(of client: ClientID) async throws -> EventStreamRecord? {
        try await store.stream(of: client)
    }

    /// - Throws: ``Refusal`` `not_found` unless it is the client's.
    package func stream(_ id: String, of client: ClientID) async throws -> EventStreamRecord {
        guard let id = StreamID(id), let record = try await store.stream(id), record.stream.client == client else {
            throw Self.unknown
        }
        return record
    }

    /// Replaces the members that the receiver supplies.
    /// - Throws: ``Refusal`` `not_found`, `invalid_request`.
    package func update(
        _ record: EventStreamRecord, _ draft: EventStreamDraft
    ) async throws -> EventStreamRecord {
        let draft = try judged(draft)
        var stream = record.stream
        stream.requested = draft.requested
        stream.summary = draft.summary
        return try await store.updateStream(
            stream, event: event(.streamUpdated, stream, ["changed": "configuration"]))
    }

    /// - Throws: ``Refusal`` `not_found`, `invalid_request`.
    package func setStatus(
        _ record: EventStreamRecord, _ status: EventStream.Status, reason: String?
    ) async throws -> EventStreamRecord {
        guard reason.map({ $0.unicodeScalars.count <= Self.longestText }) ?? true else {
            throw Refusal(.invalidRequest, "The member reason is limited to \(Self.longestText) characters.")
        }
        var stream = record.stream
        stream.status = status
        stream.statusReason = reason
        return try await store.updateStream(
            stream, event: event(.streamUpdated, stream, ["changed": "status", "status": status.rawValue]))
    }

    /// - Throws: ``Refusal`` `not_found`.
    package func delete(_ record: EventStreamRecord) async throws {
        try await store.deleteStream(record.stream.id, event: event(.streamDeleted, record.stream))
    }

    /// Deletes any client's stream, on behalf of an administrator.
    /// - Throws: ``Refusal`` `not_found`.
    package func delete(_ id: String, actor: Actor) async throws {
        guard let id = StreamID(id), let record = try await store.stream(id) else { throw Self.unknown }
        try await store.deleteStream(
            id,
            event: AuditEvent(
                .streamDeleted, at: clock.now(), actor: actor, client: record.stream.client,
                details: ["stream": id.description]))
    }

    /// Puts a verification event into the stream. Durable on return.
    /// - Throws: ``Refusal`` `too_many_attempts`, `invalid_request`.
    package func verify(_ record: EventStreamRecord, state: String?) async throws {
        guard state.map({ $0.utf8.count <= Self.longestState }) ?? true else {
            throw Refusal(.invalidRequest, "The member state is limited to \(Self.longestState) bytes.")
        }
        try await store.verifyStream(
            record.stream.id, state: state, interval: Settings.SharedSignals.minVerificationInterval)
    }

    private func judged(_ draft: EventStreamDraft) throws(Refusal) -> EventStreamDraft {
        var draft = draft
        if let requested = draft.requested {
            guard !requested.isEmpty else {
                throw Refusal(
                    .invalidRequest, "The member events_requested is empty: name event types, or leave it out for all.")
            }
            let isAcceptable =
                requested.count <= Self.mostRequested
                && requested.allSatisfy { uri in
                    (1...Self.longestRequested).contains(uri.utf8.count)
                        && uri.utf8.allSatisfy { (0x21...0x7E).contains($0) }
                }
            guard isAcceptable else {
                throw Refusal(
                    .invalidRequest,
                    "The member events_requested takes \(Self.mostRequested) URIs of \(Self.longestRequested) characters."
                )
            }
        }
        draft.summary = draft.summary.map {
            String(String.UnicodeScalarView($0.unicodeScalars.prefix(Self.longestText)))
        }
        return draft
    }

    private func event(
        _ kind: AuditEvent.Kind, _ stream: EventStream, _ details: [String: String] = [:]
    ) -> AuditEvent {
        AuditEvent(
            kind, at: clock.now(), actor: .client(stream.client), client: stream.client,
            details: details.merging(["stream": stream.id.description]) { first, _ in first })
    }

    private static let unknown = Refusal(.notFound, "There is no stream with this id.")
}
