package import LatchkeyTokens

extension SessionService {
    /// The user's own live sessions, newest first. A page may have fewer items than requested and still not be the last
    /// one.
    package func own(of user: UserID, page: PageRequest) async throws -> Page<SessionRecord> {
        let page = try await store.sessions(SessionFilter(user: user, state: .active), page: page)
        let now = clock.now()
        let live = page.items.filter {
            SessionValidity.judge($0, idleLifetime: idleLifetime(of: $0.client), now: now) == .valid
        }
        return Page(items: live, nextCursor: page.nextCursor)
    }

    /// Ends one of the user's own sessions, or confirms that it has ended. Durable on return.
    /// - Throws: ``Refusal`` `not_found` when there is no such session or it belongs to another user.
    package func endOwn(_ id: SessionID, of user: UserID) async throws -> SessionRecord {
        guard let record = try await store.session(id), record.session.user == user else {
            throw Refusal(.notFound, "You have no session with this id.")
        }
        _ = try await end(id, reason: .user, actor: .user(user))
        return record
    }
}
