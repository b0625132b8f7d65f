package import LatchkeyTokens

/// One browser's sign-in at the server, by the cookie that it sent.
package struct BrowserSession: Sendable {
    package let record: SessionRecord
    package let state: BrowserSessionState
    /// The generation of the cookie's token.
    package let generation: UInt32
    /// What the cookie proves.
    package let standing: Standing

    package enum Standing: Sendable, Equatable {
        /// The sign-in rests on these proofs.
        case live([Proof])
        /// The cookie only names the session: an older generation. The session can be ended with it, or renewed by its
        /// own user; nothing else.
        case named
    }

    package init(record: SessionRecord, state: BrowserSessionState, generation: UInt32, standing: Standing) {
        self.record = record
        self.state = state
        self.generation = generation
        self.standing = standing
    }

    package var id: SessionID { record.session.id }
    package var user: User { record.user }

    /// Nil for a cookie that only names the session.
    package var proofs: [Proof]? { if case .live(let proofs) = standing { proofs } else { nil } }
}

/// How long browser sessions live, and what the token of an older generation still says.
package enum BrowserSessionRules {
    /// The generation before is good for so long, with what it rests on: for lost answers and other tabs.
    static let previousLifetime: Duration = .seconds(30)
    /// The longest that a browser session may stay unused.
    package static let longestIdleLifetime: Duration = .seconds(30 * 86400)

    package static func idleLifetime(isPersistent: Bool) -> Duration {
        isPersistent ? longestIdleLifetime : .seconds(12 * 3600)
    }

    package static func absoluteLifetime(isPersistent: Bool) -> Duration {
        .seconds((isPersistent ? 90 : 7) * 86400)
    }

    /// | generation of the cookie | session | standing |
    /// | --- | --- | --- |
    /// | any | ended, expired, unused for too long | none |
    /// | current | live | live, on the session's proofs |
    /// | the one before, within 30 s of the new one | live | live, on the proofs of before |
    /// | older | live | named |
    /// | newer | live | named: the database went back |
    static func judge(
        _ record: SessionRecord, _ state: BrowserSessionState, generation: UInt32, now: Timestamp
    ) -> BrowserSession? {
        let idle = idleLifetime(isPersistent: state.isPersistent)
        guard SessionValidity.judge(record, idleLifetime: idle, now: now) == .valid else { return nil }
        let current = record.session.lineage.current
        let standing: BrowserSession.Standing =
            if generation == current {
                .live(record.session.proofs)
            } else if generation + 1 == current, now - state.renewedAt < previousLifetime,
                let previous = state.previousProofs
            {
                .live(previous)
            } else {
                .named
            }
        return BrowserSession(record: record, state: state, generation: generation, standing: standing)
    }

    /// Begins a browser session, or renews the one that the same user presents. Another user's ends first.
    static func begin(
        _ beginning: SessionBeginning, isPersistent: Bool, over presented: SessionID?, _ ledger: any Ledger
    ) throws -> Issuance<SessionBeginningOutcome> {
        let user = beginning.authenticated.user.id
        if let presented, try ledger.sessions.hold(presented), let old = try ledger.sessions.find(presented),
            let state = try ledger.browsers.find(presented),
            judge(old, state, generation: old.session.lineage.current, now: ledger.instant) != nil
        {
            if old.user.id == user { return try renew(old, state, beginning, isPersistent: isPersistent, ledger) }
            // A sign-in that fails ends nobody's session.
            guard try beginning.authenticated.isCurrent(ledger) else { return .settled(.lostRace) }
            try RevocationRules.revoke(
                RevocationOrder(.session(presented), reason: .replacedByLogin, actor: .user(user)), ledger)
        }
        let issuance = try SessionRules.begin(beginning, ledger)
        if case .settled(.begun(let record, _)) = issuance {
            try ledger.browsers.put(
                BrowserSessionState(
                    session: record.session.id, isPersistent: isPersistent, renewedAt: ledger.instant))
        }
        return issuance
    }

    /// The row stays, so that applications that came from it go on: no other application is told.
    private static func renew(
        _ old: SessionRecord, _ state: BrowserSessionState, _ beginning: SessionBeginning, isPersistent: Bool,
        _ ledger: any Ledger
    ) throws -> Issuance<SessionBeginningOutcome> {
        let authenticated = beginning.authenticated
        guard let login = try ledger.users.loginRecord(of: old.user.id), !login.user.disabled,
            login.credential.version == authenticated.credentialVersion
        else { return .settled(.lostRace) }
        return try ledger.issue(login.user.issuedBefore, old.client.issuedBefore) { stamp in
            let instant = ledger.instant
            let renewed = old.session.renewed(
                with: authenticated.proofs, network: beginning.network, at: instant,
                lifetime: absoluteLifetime(isPersistent: isPersistent))
            try ledger.sessions.renew(renewed)
            try ledger.browsers.put(
                BrowserSessionState(
                    session: old.session.id, isPersistent: isPersistent, renewedAt: instant,
                    previousProofs: old.session.proofs))
            for bucket in authenticated.resetting { try ledger.throttle.reset(bucket) }
            try AuditRules.append(
                AuditEvent(
                    .loginSucceeded, at: instant, actor: .user(login.user.id), user: login.user.id,
                    session: old.session.id, client: old.client.id, network: beginning.network,
                    details: ["transport": Session.Transport.browser.rawValue, "renewed": "true"]),
                ledger)
            return .begun(
                SessionRecord(
                    session: renewed, user: login.user, client: old.client, allEndedAt: old.allEndedAt), stamp)
        }
    }
}

extension Authenticated {
    fileprivate func isCurrent(_ ledger: any Ledger) throws -> Bool {
        guard let login = try ledger.users.loginRecord(of: user.id) else { return false }
        return !login.user.disabled && login.credential.version == credentialVersion
    }
}

extension Session {
    /// The next generation, on new proofs.
    fileprivate func renewed(
        with proofs: [Proof], network: String, at instant: Timestamp, lifetime: Duration
    ) -> Session {
        var next = lineage
        next.held = lineage.current
        next.current = lineage.current + 1
        next.rotatedAt = instant
        next.rotatedFrom = network
        return Session(
            id: id, user: user, client: client, transport: transport, scope: scope, nonce: nonce,
            createdAt: createdAt, expiresAt: instant + lifetime, authenticationMethods: proofs.methods,
            authenticatedAt: proofs.authenticatedAt, proofs: proofs, parent: parent, beginning: beginning,
            resources: resources, deviceName: deviceName, network: network, lineage: next)
    }
}
