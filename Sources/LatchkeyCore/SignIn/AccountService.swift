import LatchkeyBytes
package import LatchkeyTokens

/// What people see of their own account on the server's pages, and what they change there. Whoever asks has shown a live
/// browser session.
package struct AccountService: Sendable {
    /// How old the browser session's proof may be for what a stolen cookie must not do (OWASP ASVS 7.5.2).
    package static let freshness: Duration = .seconds(600)

    let store: any Store
    let masterKeys: MasterKeyRing
    let sessions: SessionService
    let users: UserService
    let directory: ClientDirectory
    let feed: RevocationFeed
    let clock: Clock

    package init(
        store: any Store, masterKeys: MasterKeyRing, sessions: SessionService, users: UserService,
        directory: ClientDirectory, feed: RevocationFeed, clock: Clock
    ) {
        self.store = store
        self.masterKeys = masterKeys
        self.sessions = sessions
        self.users = users
        self.directory = directory
        self.feed = feed
        self.clock = clock
    }

    /// Compares as `max_age` does, so that a sign-in that was asked for is fresh.
    package func isFresh(_ browser: BrowserSession) -> Bool {
        guard let proven = browser.proofs?.authenticatedAt else { return false }
        return clock.now().seconds - proven.seconds <= Self.freshness.components.seconds
    }

    // MARK: Forms

    /// The sealed field of the forms of a page.
    /// - Parameter digest: SHA-256 of what the forms are for.
    package func seal(_ digest: [UInt8], _ browser: BrowserSession, _ visit: SignInVisit) throws -> String {
        try FormSeal(for: digest, of: browser, in: visit, now: clock.now()).sealed(keys: masterKeys)
    }

    /// Whether a sealed field was made for these forms, this browser and this browser session, and not long ago.
    package func opens(
        _ seal: String?, _ digest: [UInt8], _ browser: BrowserSession, _ visit: SignInVisit
    ) -> Bool {
        guard let seal = FormSeal(seal, from: visit, for: digest, keys: masterKeys, now: clock.now()) else {
            return false
        }
        return seal.browser == browser.sealed
    }

    // MARK: Sessions

    /// Gives one of the user's sessions another name; `nil` removes it.
    /// - Returns: false when the user has no such live session.
    package func rename(_ id: SessionID, of browser: BrowserSession, to name: String?) async throws -> Bool {
        try await sessions.rename(id, of: browser.user.id, to: name) != nil
    }

    /// Ends one of the user's sessions, or confirms that it has ended. Durable on return.
    /// - Throws: `not_found` when there is no such session or it belongs to another user.
    package func end(_ id: SessionID, of browser: BrowserSession) async throws -> AccountEnding {
        guard let record = try await store.session(id), record.session.user == browser.user.id else {
            throw Refusal(.notFound, "You have no session with this id.")
        }
        return ending(try await sessions.end(id, reason: .user, actor: .user(browser.user.id)))
    }

    /// Ends every session of the user except the browser session and what came from it. Durable on return.
    package func endOthers(of browser: BrowserSession) async throws -> AccountEnding {
        let user = browser.user.id
        return ending(
            try await store.revoke(
                RevocationOrder(.otherSessions(user, keeping: browser.id), reason: .user, actor: .user(user))))
    }

    private func ending(_ outcome: RevocationOutcome) -> AccountEnding {
        guard case .revoked(let records, let count) = outcome else {
            return AccountEnding(count: 0, sequence: feed.sequence)
        }
        return AccountEnding(count: count, sequence: records.last?.entry.sequence ?? feed.sequence)
    }

    /// How many of the services that follow revocations have heard of everything up to `sequence`; nil when there are
    /// none. Those that have fallen silent do not count.
    package func heard(of sequence: Int64) -> (services: Int, of: Int)? {
        let services = feed.consumers().filter { !$0.isGone }
        return services.isEmpty ? nil : (services.count { $0.hasAcknowledged(sequence) }, services.count)
    }

    // MARK: Profile

    package func profile(of user: UserID) async throws -> Profile? { try await store.profile(of: user) }

    /// Writes the fields that users may change themselves, if all of them are right. An empty text removes a field.
    /// - Returns: the fields that are not right; nothing was changed then.
    package func change(_ own: OwnProfile, of browser: BrowserSession) async throws -> [OwnProfile.Field] {
        let refused = own.refused
        guard refused.isEmpty else { return refused }
        try await users.update(
            browser.user.id.description, UserChange(), profile: own.draft, actor: .user(browser.user.id))
        return []
    }
}

/// Sessions that a user has ended.
package struct AccountEnding: Sendable, Equatable {
    package let count: Int
    /// Services that have acknowledged this `seq` have heard.
    package let sequence: Int64
}

/// The part of a profile that users change themselves, as typed.
package struct OwnProfile: Sendable, Equatable {
    package enum Field: Sendable, Hashable, CaseIterable { case displayName, locale, zoneinfo }

    package var displayName: String
    package var locale: String
    package var zoneinfo: String

    package init(displayName: String, locale: String, zoneinfo: String) {
        self.displayName = displayName
        self.locale = locale
        self.zoneinfo = zoneinfo
    }

    fileprivate var draft: ProfileDraft {
        var draft = ProfileDraft()
        draft.displayName = Self.change(displayName)
        draft.locale = Self.change(locale)
        draft.zoneinfo = Self.change(zoneinfo)
        return draft
    }

    private static func change(_ text: String) -> FieldChange<String> { text.utf8.isEmpty ? .clear : .set(text) }

    fileprivate var refused: [Field] {
        Field.allCases.filter { field in
            do throws(Refusal) {
                switch field {
                case .displayName where !displayName.utf8.isEmpty: _ = try ProfileText.displayName(displayName)
                case .locale where !locale.utf8.isEmpty: _ = try ProfileText.locale(locale)
                case .zoneinfo where !zoneinfo.utf8.isEmpty: _ = try ProfileText.zoneinfo(zoneinfo)
                case .displayName, .locale, .zoneinfo: break
                }
                return false
            } catch {
                return true
            }
        }
    }
}
