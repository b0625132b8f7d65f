package import LatchkeyTokens

extension SessionService {
    /// The sessions of all users, newest first.
    package func page(_ filter: SessionFilter, _ page: PageRequest) async throws -> Page<SessionRecord> {
        try await store.sessions(filter, page: page)
    }

    /// - Throws: ``Refusal`` `not_found`.
    package func find(_ id: SessionID) async throws -> SessionRecord {
        guard let record = try await store.session(id) else {
            throw Refusal(.notFound, "There is no session with this id; explain may still show what happened to it.")
        }
        return record
    }
}
