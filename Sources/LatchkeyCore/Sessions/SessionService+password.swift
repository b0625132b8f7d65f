extension SessionService {
    /// Changes the caller's password: ends all the user's sessions in one transaction, then signs in anew in a second
    /// one, on the transport of the session that asked. Durable on return.
    ///
    /// - Throws: ``Refusal`` `invalid_credentials` for a wrong current password (throttled like a login),
    ///   `password_rejected`, `too_many_attempts`.
    package func changePassword(
        session: SessionRecord, current: Password, new: Password, network: String
    ) async throws -> TokenReply {
        let user = session.user
        guard let record = try await store.loginRecord(user: user.id) else { throw Self.wrongCredentials }
        let admission = try await throttle.admit(
            normalisedName: user.normalisedName, network: network, user: user.id, sharedPeer: false)
        defer { admission.release() }
        let verdict = try await passwords.verify(
            password: current, stored: record.credential.hash, network: network)
        guard case .match = verdict else {
            try await throttle.failed(
                admission,
                event: AuditEvent(
                    .loginFailed, at: clock.now(), actor: .user(session.user.id), user: session.user.id,
                    session: session.session.id, client: session.client.id, network: network))
            throw Self.wrongCredentials
        }
        try policy.check(new, userName: try UserName(session.user.name))
        guard new.bytes != current.bytes else { throw Refusal(.passwordRejected, "The new password has to be another one.") }
        let hash = try await passwords.hash(password: new, network: network)
        let credential = try await store.setPassword(
            session.user.id, hash: hash, ifVersion: record.credential.version, mustChange: false,
            actor: .user(session.user.id))
        // What the old session held, unless the user has lost part of it since.
        let held = session.session.scope
        let stillAllowed = (try? session.client.grantedScope(requested: held, user: session.user)) != nil
        return try await begin(
            user: session.user, version: credential.version, client: session.client,
            scope: stillAllowed ? held : nil,
            transport: session.session.transport, deviceName: session.session.deviceName, network: network,
            resetting: admission.resetOnSuccess)
    }
}
