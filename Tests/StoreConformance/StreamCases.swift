import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    static let streamCases: [StoreCase] = [
        StoreCase("an event is written with its cause and goes with its refusal") { harness in
            let record = try await harness.signIn()
            let stream = try await harness.addStream()
            await #expect(throws: Refusal(.invalidCredentials, "")) {
                try await harness.store.setPassword(
                    record.user.id, hash: "hash-2", ifVersion: 7, mustChange: false, actor: .user(record.user.id))
            }
            #expect(try await harness.pending(stream).isEmpty)
            _ = try await harness.store.setPassword(
                record.user.id, hash: "hash-2", ifVersion: 1, mustChange: false, actor: .user(record.user.id))
            let events = try await harness.pending(stream)
            #expect(events.map(\.kind) == [.sessionRevoked, .credentialChange])
            #expect(events.map(\.subject) == [.user(record.user.id), .user(record.user.id)])
            #expect(events.map(\.sequence) == [1, 2])
            #expect(events.map(\.at) == [harness.now, harness.now])
            #expect(Set(events.map(\.transaction)).count == 1)
            #expect(Set(events.map(\.id)).count == 2)
        },
        StoreCase("events outlive the store, and an acknowledgement too") { harness in
            let record = try await harness.signIn()
            let stream = try await harness.addStream()
            _ = try await harness.store.setUserDisabled(record.user.id, true, actor: .operator)
            let events = try await harness.pending(stream)
            #expect(events.map(\.kind) == [.sessionRevoked, .accountDisabled])
            let first = EventAcknowledgement(accepted: [events[0].id, events[0].id, .generate()], refused: [:])
            #expect(try await harness.store.acknowledge(stream.stream.id, first) == 1)
            try await harness.reopen()
            #expect(try await harness.pending(stream) == [events[1]])
            #expect(try await harness.store.stream(stream.stream.id)?.pending == 1)
            let refusal = EventAcknowledgement(accepted: [], refused: [events[1].id: .invalidKey])
            #expect(try await harness.store.acknowledge(stream.stream.id, refusal) == 1)
            #expect(try await harness.store.acknowledge(stream.stream.id, refusal) == 0)
            #expect(try await harness.events(.streamEventRefused).map { $0.details["err"] } == ["invalid_key"])
        },
        StoreCase("a client has one stream, and its deletion takes it along") { harness in
            let record = try await harness.signIn()
            let stream = try await harness.addStream()
            await #expect(throws: Refusal(.conflict, "")) { try await harness.addStream() }
            await #expect(throws: Refusal(.notFound, "")) { try await harness.addStream(of: "nobody") }
            _ = try await harness.store.setUserDisabled(record.user.id, true, actor: .operator)
            try await harness.store.deleteClient(record.client.id, actor: .operator)
            #expect(try await harness.store.stream(stream.stream.id) == nil)
            #expect(try await harness.pending(stream).isEmpty)
            await #expect(throws: Refusal(.notFound, "")) {
                try await harness.store.acknowledge(
                    stream.stream.id, EventAcknowledgement(accepted: [.generate()], refused: [:]))
            }
        },
        StoreCase("a full stream drops its oldest events, an old event goes, and both are said") { harness in
            let record = try await harness.signIn()
            let stream = try await harness.addStream(capacity: 3)
            for _ in 0..<3 {
                for disabled in [true, false] {
                    harness.advance(by: .seconds(1))
                    _ = try await harness.store.setUserDisabled(record.user.id, disabled, actor: .operator)
                }
            }
            #expect(try await harness.pending(stream).map(\.sequence) == [7, 8, 9])
            let full = try #require(try await harness.store.stream(stream.stream.id))
            #expect(full.pending == 3 && full.dropped == 6)
            #expect(
                try await harness.events(.streamEventsDropped).map { $0.details["why"] }.allSatisfy { $0 == "full" })
            #expect(try await harness.store.expireEvents(before: harness.now, limit: 1) == 1)
            #expect(try await harness.store.expireEvents(before: harness.now, limit: 10) == 1)
            #expect(try await harness.store.expireEvents(before: harness.now, limit: 10) == 0)
            #expect(try await harness.pending(stream).map(\.kind) == [.accountEnabled])
            #expect(try await harness.store.stream(stream.stream.id)?.pending == 1)
        },
        StoreCase("a disabled stream loses what it holds and gets nothing") { harness in
            let record = try await harness.signIn()
            var stream = try await harness.addStream().stream
            _ = try await harness.store.setUserDisabled(record.user.id, true, actor: .operator)
            stream.status = .disabled
            let event = AuditEvent(.streamUpdated, at: harness.now, actor: .operator)
            let disabled = try await harness.store.updateStream(stream, event: event)
            #expect(disabled.pending == 0)
            _ = try await harness.store.setUserDisabled(record.user.id, false, actor: .operator)
            #expect(try await harness.pending(disabled).isEmpty)
            await #expect(throws: Refusal(.invalidRequest, "")) {
                try await harness.store.verifyStream(stream.id, state: nil, interval: .seconds(30))
            }
        },
    ]
}

extension StoreHarness {
    func addStream(of client: String = "app", capacity: Int = 100) async throws -> EventStreamRecord {
        let client = try #require(ClientID(client))
        return try await store.createStream(
            EventStream(
                id: .generate(), client: client, audience: ["rp"], requested: nil, summary: nil, createdAt: now),
            capacity: capacity, event: AuditEvent(.streamCreated, at: now, actor: .client(client), client: client))
    }

    func pending(_ stream: EventStreamRecord) async throws -> [SecurityEvent] {
        try await store.pendingEvents(stream.number, limit: 1000)
    }
}
