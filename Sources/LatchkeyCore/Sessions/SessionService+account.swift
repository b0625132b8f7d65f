package import LatchkeyTokens

extension SessionService {
    /// Changes the caller's password: ends all the user's sessions in one transaction, then signs in again in a second
    /// one, on the transport of the current session. Durable on return.
    ///
    /// - Throws: ``Refusal`` `password_rejected`; otherwise as ``proving(_:of:network:sharedNetwork:_:)``.
    package func changePassword(
        session: SessionRecord, current: Password, new: Password, network: String, sharedNetwork: Bool = false
    ) async throws -> TokenReply {
        try await proving(current, of: session, network: network, sharedNetwork: sharedNetwork) { proof in
            try policy.check(new, userName: try UserName(session.user.name))
            guard new.bytes != current.bytes else {
                throw Refusal(
                    .passwordRejected, "The new password must differ from the current one.", problem: .unchanged)
            }
            let hash = try await passwords.hash(password: new, network: network)
            let credential = try await store.setPassword(
                session.user.id, hash: hash, ifVersion: proof.credentialVersion, mustChange: false,
                actor: .user(session.user.id))
            // The scope of the old session, except what the user has lost since.
            let held = session.session.scope.filter { token in
                (try? session.client.grantedScope(requested: Scope(token), user: session.user)) != nil
            }
            return try await begin(
                Authenticated(
                    user: session.user, credentialVersion: credential.version, proofs: proof.proofs,
                    admission: proof.admission),
                SignIn(
                    client: session.client, scope: held, transport: session.session.transport,
                    deviceName: session.session.deviceName, network: network, replacing: nil))
        }
    }

    /// Deletes the caller's account as an administrator would: its password and sessions go, its tokens are revoked.
    /// Durable on return.
    ///
    /// - Throws: ``Refusal`` `conflict` for the last administrator, because then no user could administer over HTTP;
    ///   otherwise as ``proving(_:of:network:sharedNetwork:_:)``.
    package func deleteAccount(
        session: SessionRecord, current: Password, network: String, sharedNetwork: Bool = false
    ) async throws {
        let user = session.user
        try await proving(current, of: session, network: network, sharedNetwork: sharedNetwork) { proof in
            let isAdministrator = user.roles.contains(UserRoles.admin)
            let deletion = OwnDeletion(
                session: session.session.id, verifiedVersion: proof.credentialVersion,
                remainingAdministrator: isAdministrator ? try await store.administrator(otherThan: user.id) : nil)
            try await store.deleteUser(user.id, deletion, actor: .user(user.id))
        }
    }

    /// Runs `body` once the caller of a live session has proven the password again. Throttled by the counters of the
    /// login: a thief of a token must not be able to guess the password here instead.
    ///
    /// - Throws: ``Refusal`` `current_password_wrong`, `too_many_attempts`, `overloaded`; `invalid_token` when the
    ///   password was changed or the account deleted meanwhile, because that ended the current session; the errors of
    ///   `body`.
    private func proving<Value>(
        _ current: Password, of session: SessionRecord, network: String, sharedNetwork: Bool,
        _ body: (Authenticated) async throws -> Value
    ) async throws -> Value {
        let user = session.user
        guard let record = try await store.loginRecord(user: user.id) else { throw Self.sessionEnded }
        let admission = try await throttle.admit(.known(user), network: network, sharedPeer: sharedNetwork)
        defer { admission.release() }
        let comparison = try await passwords.compare(
            password: current, stored: record.credential.hash, network: network)
        guard case .match = comparison.verdict else {
            try await throttle.failed(
                admission,
                event: AuditEvent(
                    .loginFailed, at: clock.now(), actor: .user(user.id), user: user.id,
                    session: session.session.id, client: session.client.id, network: network))
            try await foreignHashes.holdRefusal(after: comparison)
            throw Self.wrongCurrentPassword
        }
        do {
            return try await body(
                Authenticated(
                    user: record.user, credentialVersion: record.credential.version,
                    proofs: [Proof(.password, at: clock.now())], admission: admission))
        } catch let refusal as Refusal where refusal.code == .invalidCredentials {
            throw Self.sessionEnded
        }
    }

    /// Not the refusal of a login: on its 401, applications would refresh their token and ask again, forever.
    private static let wrongCurrentPassword = Refusal(
        .currentPasswordWrong, "The current password is wrong; nothing was changed.")

    private static let sessionEnded = BearerVerifier.refused("session ended")

    /// Gives the device of one of the user's own live sessions another name; `nil` removes it. Durable on return.
    ///
    /// Not in the audit trail: the application chooses the name at every login, it decides nothing, and a line for each
    /// change would let any signed-in user fill the trail.
    /// - Returns: `nil` when the user has no such session, or it has ended.
    package func rename(_ id: SessionID, of user: UserID, to deviceName: String?) async throws -> SessionRecord? {
        guard let record = try await store.session(id), record.session.user == user,
            SessionValidity.judge(record, idleLifetime: idleLifetime(of: record.client), now: clock.now()) == .valid
        else { return nil }
        guard !record.session.deviceName.isSame(as: deviceName) else { return record }
        return try await store.renameSession(id, of: user, to: deviceName)
    }
}

extension String? {
    /// Whether both are absent or have the same bytes: two spellings of one text look alike but differ.
    fileprivate func isSame(as other: String?) -> Bool { map { Array($0.utf8) } == other.map { Array($0.utf8) } }
}
