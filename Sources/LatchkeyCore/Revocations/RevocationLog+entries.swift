package import LatchkeyTokens

extension RevocationLog {
    /// Live entries, newest first.
    package func page(_ page: PageRequest) async throws -> Page<RevocationRecord> {
        try await store.revocations(page: page)
    }

    /// Live entries after a `seq`, oldest first.
    package func entries(after sequence: Int64, limit: Int) async throws -> [RevocationRecord] {
        try await store.revocations(after: sequence, limit: limit)
    }

    /// - Throws: ``Refusal`` `not_found`.
    package func entry(_ sequence: Int64) async throws -> RevocationRecord {
        guard sequence > 0, let record = try await store.revocations(after: sequence - 1, limit: 1).first,
            record.entry.sequence == sequence
        else {
            throw Refusal(
                .notFound, "There is no live entry with this seq: it was never assigned, or the entry has expired.")
        }
        return record
    }

    /// Condemns a key that no longer signs, and returns the entries of that revocation.
    /// - Throws: as ``revokeKey(_:actor:)``.
    package func condemnKey(_ id: KeyID, actor: Actor) async throws -> [RevocationRecord] {
        let before = try await store.revocationState().lastSequence
        try await revokeKey(id, actor: actor)
        return try await entries(after: before, limit: 1000).filter { $0.entry.target == .key(id) }
    }
}
