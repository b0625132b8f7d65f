package import LatchkeyTokens

/// The transactions that change credentials.
package enum PasswordRules {
    /// Replaces the hash, bumps the version, ends all sessions and revokes all tokens of the user.
    /// - Throws: `not_found`; `invalid_credentials` when `ifVersion` is given and differs.
    static func set(
        _ id: UserID, hash: String, ifVersion: Int64?, mustChange: Bool, actor: Actor, _ ledger: any Ledger
    ) throws -> PasswordCredential {
        guard let old = try ledger.users.loginRecord(of: id) else {
            throw Refusal(.notFound, "There is no such user.")
        }
        if let ifVersion, ifVersion != old.credential.version { throw SessionService.wrongCredentials }
        let new = PasswordCredential(hash: hash, version: old.credential.version + 1, changedAt: ledger.instant)
        try ledger.passwords.replace(new, of: id)
        var user = old.user
        user.mustChangePassword = mustChange
        try ledger.users.update(user)
        try RevocationRules.revoke(RevocationOrder(.user(id), reason: .passwordChange, actor: actor), ledger)
        try StreamRules.tell(.credentialChange, .user(id), actor: actor, reason: .passwordChange, ledger)
        try UserRules.note(actor == .user(id) ? .passwordChanged : .passwordSet, id, actor, ledger)
        return new
    }

    /// Keeps the version, so it has no effect if it lost a race. Ends nothing.
    static func rehash(_ id: UserID, hash: String, ifVersion version: Int64, _ ledger: any Ledger) throws {
        guard try ledger.passwords.rehash(hash, of: id, ifVersion: version) else { return }
        try UserRules.note(.passwordRehashed, id, .system, ledger)
    }
}

extension Store {
    /// See ``PasswordRules/set(_:hash:ifVersion:mustChange:actor:_:)``.
    package func setPassword(
        _ id: UserID, hash: String, ifVersion: Int64?, mustChange: Bool, actor: Actor
    ) async throws -> PasswordCredential {
        try await write(.user(id)) { ledger in
            try PasswordRules.set(
                id, hash: hash, ifVersion: ifVersion, mustChange: mustChange, actor: actor, ledger)
        }.value
    }

    /// See ``PasswordRules/rehash(_:hash:ifVersion:_:)``.
    package func rehashPassword(_ id: UserID, hash: String, ifVersion: Int64) async throws {
        try await write(.user(id)) { try PasswordRules.rehash(id, hash: hash, ifVersion: ifVersion, $0) }.value
    }

    /// The highest cost among imported hashes that have not been replaced yet; nil when none is left.
    package func slowestForeignHash() async throws -> Duration? {
        try await read { try $0.passwords.slowestForeignHash() }
    }
}
