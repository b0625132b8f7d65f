package import LatchkeyTokens
package import Logging

/// The content of a poll (RFC 8936 2.2), validated.
package struct EventPoll: Sendable {
    /// Events to send; 0: acknowledge only. `nil`: as many as fit.
    package let limit: Int?
    package let returnsImmediately: Bool
    package let acknowledgement: EventAcknowledgement

    package init(limit: Int?, returnsImmediately: Bool, acknowledgement: EventAcknowledgement) {
        self.limit = limit
        self.returnsImmediately = returnsImmediately
        self.acknowledgement = acknowledgement
    }
}

/// The answer: signed SETs by `jti`, oldest first.
package struct EventBatch: Sendable {
    package struct Item: Sendable {
        package let id: TokenID
        /// Compact JWS, ASCII.
        package let token: [UInt8]
    }
    package let items: [Item]
    /// Whether more events wait.
    package let isPartial: Bool
}

/// Poll delivery (RFC 8936): acknowledges, reads the waiting events, holds the request while there are none, signs.
package struct EventPollService: Sendable {
    /// Most events in one response, whatever a receiver requests: each costs a signature.
    package static let largestBatch = 100

    private let store: any Store
    private let feed: EventFeed
    private let ring: KeyRing
    private let keys: KeyRotationService
    private let settings: Settings

    package init(store: any Store, feed: EventFeed, ring: KeyRing, keys: KeyRotationService, settings: Settings) {
        self.store = store
        self.feed = feed
        self.ring = ring
        self.keys = keys
        self.settings = settings
    }

    /// Acknowledgements are durable before anything is sent; a sent event waits until it is acknowledged.
    /// - Throws: ``Refusal`` `overloaded` when no long poll can be held, `not_found` when the stream is deleted
    ///   meanwhile.
    package func poll(_ record: EventStreamRecord, _ poll: EventPoll, logger: Logger) async throws -> EventBatch {
        feed.notePoll(of: record.number)
        if !poll.acknowledgement.isEmpty {
            let removed = try await store.acknowledge(record.stream.id, poll.acknowledgement)
            logger.debug(
                "security events acknowledged",
                metadata: [
                    "lk.stream": "\(record.stream.id)", "lk.count": "\(removed)",
                    "lk.refused": "\(Set(poll.acknowledgement.refused.values.map(\.rawValue)).sorted())",
                ])
        }
        let limit = min(poll.limit ?? Self.largestBatch, Self.largestBatch)
        let version = feed.version(of: record.number)
        var (now, events) = try await read(record, limit)
        if events.isEmpty, limit > 0, !poll.returnsImmediately {
            if case .refused(let delay) = await feed.wait(for: record.number, at: version) {
                throw Refusal(
                    .overloaded, "Too many polls of this stream are waiting: end one, or poll with returnImmediately.",
                    retryAfter: delay)
            }
            (now, events) = try await read(record, limit)
        }
        let items = try await sign(events.prefix(limit), of: now)
        return EventBatch(items: items, isPartial: events.count > limit)
    }

    /// The stream and its client at one moment of the poll, which may last.
    private struct Reading {
        let stream: EventStream
        let client: Client
    }

    /// One event beyond the limit shows whether there are more. Only an enabled stream is read (SSF 8.1.2). A client
    /// that was disabled while its poll was held gets nothing.
    private func read(_ record: EventStreamRecord, _ limit: Int) async throws -> (Reading, [SecurityEvent]) {
        guard let now = try await store.stream(record.stream.id),
            let client = try await store.client(record.stream.client), !client.disabled
        else { throw Refusal(.notFound, "There is no stream with this id.") }
        let reading = Reading(stream: now.stream, client: client)
        guard now.stream.status == .enabled else { return (reading, []) }
        return (reading, try await store.pendingEvents(record.number, limit: limit + 1))
    }

    private func sign(_ events: ArraySlice<SecurityEvent>, of reading: Reading) async throws -> [EventBatch.Item] {
        guard !events.isEmpty else { return [] }
        let algorithm = reading.client.algorithm ?? settings.tokens.algorithm
        if ring.current.signer(for: algorithm) == nil { try await keys.ensure(algorithm) }
        guard let signer = ring.current.signer(for: algorithm) else {
            throw StoreUnavailable("no active signing key for \(algorithm.rawValue)")
        }
        let header = JWSHeader(algorithm: algorithm, type: JWSHeader.securityEventType, keyID: signer.id).segment()
        var items: [EventBatch.Item] = []
        for event in events {
            let token = try JWS.sign(
                headerSegment: header, payload: event.claims(issuer: settings.issuer, stream: reading.stream)
            ) { input in try signer.signature(of: input) }
            items.append(EventBatch.Item(id: event.id, token: token))
            // RSA takes a millisecond for each: other tasks get their turn.
            await Task.yield()
        }
        return items
    }
}
