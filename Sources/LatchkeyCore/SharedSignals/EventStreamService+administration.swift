extension EventStreamService {
    /// The streams of all clients, newest first.
    package func page(_ page: PageRequest) async throws -> Page<EventStreamRecord> {
        try await store.streams(page: page)
    }
}
