package import LatchkeyTokens

/// Where a user is signed in: a browser with the applications that it signed in to, or one application alone.
package struct SignedInPlace: Sendable {
    package let session: Session
    /// Whether it is the browser session that asks.
    package let isAsking: Bool
    /// The applications that came from a browser session, each once; or the session's own.
    package let clients: [Client]
    /// From where it was last used.
    package let network: String
    /// Rounded, as ``LastUse`` is, but not to a time before it began.
    package let lastActive: Timestamp
    package let endsAt: Timestamp
}

/// An application that a user has allowed something.
package struct AllowedApplication: Sendable {
    package let consent: Consent
    package let client: Client
    /// Rounded, as ``LastUse`` is; nil while it has no live session.
    package let lastUsed: Timestamp?
}

extension AccountService {
    /// More live sessions than a user can have, so that a walk over them ends.
    private static let mostSessions = 2_000

    /// Where the user is signed in, the asking browser session first, then the newest. Sessions that came from a live
    /// browser session stand under it.
    /// - Parameter network: of the request.
    package func places(of browser: BrowserSession, network: String) async throws -> [SignedInPlace] {
        let now = clock.now()
        let live = try await liveSessions(of: browser.user.id, now)
        let browsers = Set(live.filter { $0.record.session.transport == .browser }.map(\.record.session.id))
        let children = Dictionary(grouping: live) {
            $0.record.session.parent.flatMap { browsers.contains($0) ? $0 : nil }
        }
        let lastUse = { LastUse(of: $0, toldTo: browser.id, from: network, now: now) }
        let places = (children[nil] ?? []).map { place -> SignedInPlace in
            let session = place.record.session
            let own = children[session.id] ?? []
            let uses = [lastUse(session)] + own.map { lastUse($0.record.session) }
            let latest = uses.max { $0.at < $1.at } ?? uses[0]
            return SignedInPlace(
                session: session, isAsking: session.id == browser.id,
                clients: session.transport == .browser ? Self.once(own.map(\.record.client)) : [place.record.client],
                network: session.id == browser.id ? network : latest.network,
                lastActive: max(latest.at, session.createdAt),
                endsAt: min(session.expiresAt, max(now, uses[0].at + place.idleLifetime)))
        }
        return places.filter(\.isAsking) + places.filter { !$0.isAsking }
    }

    private struct LiveSession {
        let record: SessionRecord
        let idleLifetime: Duration
    }

    /// Newest first.
    private func liveSessions(of user: UserID, _ now: Timestamp) async throws -> [LiveSession] {
        var found: [LiveSession] = []
        var cursor: String?
        repeat {
            let page = try await store.sessions(
                SessionFilter(user: user, state: .active), page: PageRequest(limit: 500, cursor: cursor))
            for record in page.items {
                let idle = try await idleLifetime(of: record)
                if let idle, SessionValidity.judge(record, idleLifetime: idle, now: now) == .valid {
                    found.append(LiveSession(record: record, idleLifetime: idle))
                }
            }
            cursor = page.nextCursor
        } while cursor != nil && found.count < Self.mostSessions
        return found
    }

    /// Nil for a browser session that has just gone.
    private func idleLifetime(of record: SessionRecord) async throws -> Duration? {
        guard record.session.transport == .browser else { return sessions.idleLifetime(of: record.client) }
        guard let (_, state) = try await store.browserSession(record.session.id) else { return nil }
        return BrowserSessionRules.idleLifetime(isPersistent: state.isPersistent)
    }

    private static func once(_ clients: [Client]) -> [Client] {
        var seen: Set<ClientID> = []
        return clients.filter { seen.insert($0.id).inserted }
    }

    /// The applications that the user has allowed something, the latest first.
    package func applications(of browser: BrowserSession, network: String) async throws -> [AllowedApplication] {
        let now = clock.now()
        let live = try await liveSessions(of: browser.user.id, now)
        var applications: [AllowedApplication] = []
        for consent in try await store.consents(of: browser.user.id) {
            guard let client = try await directory.client(consent.client) else { continue }
            let uses = live.filter { $0.record.client.id == consent.client }.map {
                LastUse(of: $0.record.session, toldTo: browser.id, from: network, now: now).at
            }
            applications.append(
                AllowedApplication(
                    consent: consent, client: client, lastUsed: uses.max().map { max($0, consent.grantedAt) }))
        }
        return applications
    }

    /// Takes back what the user lets an application have, and ends its sessions. Durable on return.
    /// - Returns: nil when there is no such application.
    package func remove(_ id: ClientID, of browser: BrowserSession) async throws -> (Client, AccountEnding)? {
        guard id != .signInPages, let client = try await directory.client(id) else { return nil }
        let records = try await store.removeConsent(of: id, by: browser.user.id)
        return (
            client,
            AccountEnding(count: records?.count ?? 0, sequence: records?.last?.entry.sequence ?? feed.sequence)
        )
    }
}
