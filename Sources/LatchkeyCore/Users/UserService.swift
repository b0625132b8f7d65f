package import LatchkeyTokens

/// Management of accounts by operators and administrators. Each method is one transaction of the store, which also ends
/// the sessions or revokes the tokens.
package struct UserService: Sendable {
    /// The turn in the hash pool that all administrative work shares, so that an import cannot starve logins.
    static let hashingGroup = "administration"

    let store: any Store
    let verifier: PasswordVerifier
    let foreignHashes: ForeignHashes
    let policy: PasswordPolicy
    /// Whether names and addresses share one space.
    let uniquely: Bool
    let clock: Clock

    package init(
        store: any Store, verifier: PasswordVerifier, foreignHashes: ForeignHashes, policy: PasswordPolicy,
        settings: Settings, clock: Clock
    ) {
        self.store = store
        self.verifier = verifier
        self.foreignHashes = foreignHashes
        self.policy = policy
        uniquely = settings.users.emailSignIn
        self.clock = clock
    }

    /// Adds an account. Durable on return.
    /// - Parameter mustChange: the first login must set another password before it yields tokens.
    /// - Throws: `invalid_request` for the name, a role or the profile, `password_rejected`, `conflict` when the name or
    ///   the address is taken, `overloaded`.
    package func create(
        name: String, password: Password, roles: [String] = [], mustChange: Bool = false,
        profile: ProfileDraft = ProfileDraft(), actor: Actor
    ) async throws -> User {
        let name = try UserName(name)
        let roles = try UserRoles.validated(roles)
        let profile = try profile.validated()
        try policy.check(password, userName: name)
        // Before the hash, which is the expensive part; the store checks again in its transaction.
        guard try await store.user(.name(normalised: name.normalised)) == nil else { throw Self.nameTaken }
        let hash = try await verifier.hash(password: password, network: Self.hashingGroup)
        let user = newUser(name, roles, mustChange: mustChange)
        try await store.createUser(
            user, passwordHash: hash, profile: profile, uniquely: uniquely, event: Self.creation(of: user, by: actor))
        return user
    }

    /// Adds the first account. Durable on return.
    /// - Returns: nil when there is an account already; nothing was written then.
    /// - Throws: `invalid_request` for the name or a role, `password_rejected`, `overloaded`.
    package func createFirst(
        name: String, password: Password, roles: [String], actor: Actor
    ) async throws -> User? {
        let name = try UserName(name)
        let roles = try UserRoles.validated(roles)
        try policy.check(password, userName: name)
        let hash = try await verifier.hash(password: password, network: Self.hashingGroup)
        let user = newUser(name, roles, mustChange: false)
        let isFirst = try await store.createFirstUser(
            user, passwordHash: hash, event: Self.creation(of: user, by: actor))
        return isFirst ? user : nil
    }

    private func newUser(_ name: UserName, _ roles: [String], mustChange: Bool) -> User {
        let now = clock.now()
        return User(
            id: UserID.generate(at: now), name: name.display, normalisedName: name.normalised, roles: roles,
            disabled: false, mustChangePassword: mustChange, createdAt: now)
    }

    private static func creation(of user: User, by actor: Actor) -> AuditEvent {
        AuditEvent(.userCreated, at: user.createdAt, actor: actor, user: user.id)
    }

    /// Changes the name, the roles, whether the user must change the password, and the profile.
    /// `change.normalisedName` and `change.profile` are computed here. Losing the role `admin` revokes the user's tokens.
    /// - Throws: `not_found`, `invalid_request`, `conflict` when the new name or address is taken.
    @discardableResult
    package func update(
        _ reference: String, _ change: UserChange, profile: ProfileDraft = ProfileDraft(), actor: Actor
    ) async throws -> User {
        var change = change
        change.profile = try profile.validated()
        if let text = change.name {
            let name = try UserName(text)
            change.name = name.display
            change.normalisedName = name.normalised
        } else {
            change.normalisedName = nil
        }
        change.roles = try change.roles.map { roles throws(Refusal) in try UserRoles.validated(roles) }
        return try await store.updateUser(find(reference).id, change, uniquely: uniquely, actor: actor)
    }

    /// Sets a new password; ends all sessions and revokes all tokens of the user. Durable on return.
    /// - Throws: `not_found`, `password_rejected`, `overloaded`.
    package func setPassword(
        _ reference: String, _ password: Password, mustChange: Bool = false, actor: Actor
    ) async throws {
        let user = try await find(reference)
        try policy.check(password, userName: try UserName(user.name))
        let hash = try await verifier.hash(password: password, network: Self.hashingGroup)
        _ = try await store.setPassword(user.id, hash: hash, ifVersion: nil, mustChange: mustChange, actor: actor)
    }

    /// Disabling ends all sessions and revokes all tokens of the user in the same transaction; enabling restores none
    /// of them.
    /// - Throws: `not_found`.
    @discardableResult
    package func setDisabled(_ reference: String, _ disabled: Bool, actor: Actor) async throws -> User {
        try await store.setUserDisabled(find(reference).id, disabled, actor: actor)
    }

    /// Deletes the account with its password and sessions, and revokes its tokens.
    /// - Throws: `not_found`.
    package func delete(_ reference: String, actor: Actor) async throws {
        try await store.deleteUser(find(reference).id, actor: actor)
    }

    /// Finds by id if `reference` has the form of one, otherwise by name (compared as names are).
    /// - Throws: `not_found`.
    package func find(_ reference: String) async throws -> User {
        guard let user = try await store.user(UserReference(reference)) else {
            throw Refusal(.notFound, "There is no such user: check the name or id.")
        }
        return user
    }

    /// What applications may be told about the user; nil when nothing was ever told.
    package func profile(of user: User) async throws -> Profile? { try await store.profile(of: user.id) }

    /// The profiles of a page of users.
    package func profiles(of users: [User]) async throws -> [UserID: Profile] { try await store.profiles(of: users) }

    /// The users that an audit trail may mention under this name or id, including deleted ones. An id is taken as it
    /// is.
    /// - Throws: `not_found` when no user is known to have had the name.
    package func everyone(_ reference: String) async throws -> [UserID] {
        switch UserReference(reference) {
        case .id(let id): return [id]
        case .name(let normalised):
            let users = try await store.users(everNamed: normalised)
            guard !users.isEmpty else {
                throw Refusal(
                    .notFound, "No user has or had this name, as far back as the audit trail goes: check the name.")
            }
            return users
        }
    }

    /// Newest first.
    package func page(_ page: PageRequest = PageRequest()) async throws -> Page<User> {
        try await store.users(page: page)
    }

    static let nameTaken = Refusal(.conflict, "A user with this name exists: choose another name.")
}
