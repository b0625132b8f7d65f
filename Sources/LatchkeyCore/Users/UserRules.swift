package import LatchkeyTokens

package struct UserImport: Sendable {
    package let user: User
    package let passwordHash: String
    /// How long a wrong password takes on the imported hash, see ``ForeignHashes``; nil for one of our own hashes.
    /// Stored in whole milliseconds, rounded up.
    package let cost: Duration?
    package let profile: ProfileChange
    package init(
        user: User, passwordHash: String, cost: Duration? = nil, profile: ProfileChange = ProfileChange()
    ) {
        self.user = user
        self.passwordHash = passwordHash
        self.cost = cost
        self.profile = profile
    }
}

package enum UserImportOutcome: Sendable, Equatable {
    case imported, alreadyExists
    /// Another user has the name as address, or the address as name or address, and that may not be.
    case clash
}

/// The conditions for users to delete their own account.
package struct OwnDeletion: Sendable {
    /// The current session.
    package let session: SessionID
    /// The credential version that was verified.
    package let verifiedVersion: Int64
    /// A user who can administer afterwards. Looked up before, and checked again in the transaction.
    package let remainingAdministrator: UserID?

    package init(session: SessionID, verifiedVersion: Int64, remainingAdministrator: UserID?) {
        self.session = session
        self.verifiedVersion = verifiedVersion
        self.remainingAdministrator = remainingAdministrator
    }
}

/// The transactions that change accounts.
package enum UserRules {
    private static let nameTaken = Refusal(
        .conflict, "A user with this name exists already; choose another name.")

    /// - Parameter uniquely: whether names and addresses share one space; see ``Settings/Users/emailSignIn``.
    static func create(
        _ user: User, passwordHash: String, profile: ProfileChange = ProfileChange(), uniquely: Bool = false,
        event: AuditEvent, _ ledger: any Ledger
    ) throws {
        let row = UserImport(user: user, passwordHash: passwordHash, profile: profile)
        switch try insert(row, uniquely: uniquely, ledger) {
        case .imported: try AuditRules.append(event, ledger)
        case .alreadyExists: throw nameTaken
        case .clash: throw ProfileRules.clash
        }
    }

    /// - Returns: false when there is a user already; nothing was written then.
    static func createFirst(
        _ user: User, passwordHash: String, event: AuditEvent, _ ledger: any Ledger
    ) throws -> Bool {
        guard try ledger.users.page(after: nil, limit: 1).isEmpty else { return false }
        try create(user, passwordHash: passwordHash, event: event, ledger)
        return true
    }

    private static func insert(
        _ row: UserImport, uniquely: Bool, _ ledger: any Ledger
    ) throws -> UserImportOutcome {
        let user = row.user
        if uniquely {
            switch try judge(row, ledger.users, ledger.profiles) {
            case .imported: break
            case let refused: return refused
            }
        }
        guard try ledger.users.insert(user) else { return .alreadyExists }
        try ledger.passwords.insert(row.passwordHash, cost: row.cost, of: user.id, at: ledger.instant)
        _ = try ProfileRules.apply(row.profile, to: user.id, uniquely: false, ledger)
        return .imported
    }

    /// What an import of the row would end in where names and addresses share one space. Nothing is written. A new
    /// user's own name may be the address.
    static func judge(
        _ row: UserImport, _ users: any UserLook, _ profiles: any ProfileLook
    ) throws -> UserImportOutcome {
        guard try users.find(normalisedName: row.user.normalisedName) == nil else { return .alreadyExists }
        guard try ProfileRules.isFree(name: row.user.normalisedName, for: nil, profiles) else { return .clash }
        guard case .set(let address) = row.profile.email else { return .imported }
        return try ProfileRules.isFree(address: address, for: nil, users, profiles) ? .imported : .clash
    }

    static func add(
        _ users: [UserImport], uniquely: Bool = false, event: AuditEvent?, _ ledger: any Ledger
    ) throws -> [UserImportOutcome] {
        let outcomes = try users.map { try insert($0, uniquely: uniquely, ledger) }
        if let event { try AuditRules.append(event, ledger) }
        return outcomes
    }

    /// - Throws: `not_found`, `conflict`. Losing the role `admin` revokes the user's tokens (`role_lost`). So does a
    ///   new requirement to change the password (`password_change`), which also bumps the credential's version.
    static func update(
        _ id: UserID, _ change: UserChange, uniquely: Bool = false, actor: Actor, _ ledger: any Ledger
    ) throws -> User {
        let old = try existing(id, ledger)
        var new = old
        if let name = change.normalisedName, !name.utf8.elementsEqual(old.normalisedName.utf8) {
            guard try ledger.users.find(normalisedName: name) == nil else { throw nameTaken }
            if uniquely {
                guard try ProfileRules.isFree(name: name, for: id, ledger.profiles) else { throw ProfileRules.clash }
            }
            try ledger.users.keepName(of: old, at: ledger.instant)
            new.normalisedName = name
        }
        new.name = change.name ?? old.name
        new.roles = change.roles ?? old.roles
        new.mustChangePassword = change.mustChangePassword ?? old.mustChangePassword
        try ledger.users.update(new)
        let told = try ProfileRules.apply(
            change.profile, to: id, isRenamed: !new.name.equalsBytes(of: old.name), uniquely: uniquely, ledger)
        let changed =
            [
                change.name == nil ? nil : "name", change.roles == nil ? nil : "roles",
                change.mustChangePassword == nil ? nil : "must_change_password",
            ].compactMap(\.self) + told
        try note(.userUpdated, id, actor, details: ["changed": changed.joined(separator: " ")], ledger)
        if new.mustChangePassword, !old.mustChangePassword {
            // A login under way has seen an account that may sign in; it loses.
            try ledger.passwords.raiseVersion(of: id)
            try RevocationRules.revoke(RevocationOrder(.user(id), reason: .passwordChange, actor: actor), ledger)
        }
        if old.roles.contains(UserRoles.admin), !new.roles.contains(UserRoles.admin) {
            try RevocationRules.revoke(RevocationOrder(.user(id), reason: .roleLost, actor: actor), ledger)
        }
        return try existing(id, ledger)
    }

    /// Disabling bumps the credential's version, ends all sessions and revokes the user's tokens.
    static func setDisabled(_ id: UserID, _ disabled: Bool, actor: Actor, _ ledger: any Ledger) throws -> User {
        let user = try existing(id, ledger)
        guard user.disabled != disabled else { return user }
        try ledger.users.setDisabled(id, disabled)
        if disabled {
            try ledger.passwords.raiseVersion(of: id)
            try RevocationRules.revoke(RevocationOrder(.user(id), reason: .userDisabled, actor: actor), ledger)
        }
        try StreamRules.tell(
            disabled ? .accountDisabled : .accountEnabled, .user(id), actor: actor,
            reason: disabled ? .userDisabled : nil, ledger)
        try note(disabled ? .userDisabled : .userEnabled, id, actor, ledger)
        return try existing(id, ledger)
    }

    /// The user was revoked, and a promoted standby did not know. A deleted user who is back is disabled: nothing is
    /// deleted because of what only a node's memory says.
    static func reassert(_ id: UserID, disabled: Bool, reason: RevocationReason, _ ledger: any Ledger) throws {
        guard let user = try ledger.users.find(id) else { return }
        // A login under way has seen what was lost.
        try ledger.passwords.raiseVersion(of: id)
        try StreamRules.tell(.sessionRevoked, .user(id), actor: .system, reason: reason, ledger)
        guard disabled, !user.disabled else { return }
        try ledger.users.setDisabled(id, true)
        try StreamRules.tell(.accountDisabled, .user(id), actor: .system, reason: reason, ledger)
        try note(.userDisabled, id, .system, ledger)
    }

    /// With `own`, the users themselves make the request.
    /// - Throws: `not_found`; with `own` `invalid_credentials` when the session has ended or the credential is not the
    ///   one that was verified, `conflict` for the last administrator.
    static func delete(_ id: UserID, _ own: OwnDeletion?, actor: Actor, _ ledger: any Ledger) throws {
        if let own { try check(own, of: id, ledger) }
        let user = try existing(id, ledger)
        try RevocationRules.revoke(RevocationOrder(.user(id), reason: .userDeleted, actor: actor), ledger)
        // Before the row is deleted, because it has the name.
        try note(.userDeleted, id, actor, ledger)
        try ledger.users.keepName(of: user, at: ledger.instant)
        try ledger.users.delete(id)
        try StreamRules.tell(.accountPurged, .user(id), actor: actor, reason: .userDeleted, ledger)
    }

    /// The facts that were read before the writer's turn may have changed: they are checked again here.
    private static func check(_ own: OwnDeletion, of id: UserID, _ ledger: any Ledger) throws {
        guard let login = try ledger.users.loginRecord(of: id), login.credential.version == own.verifiedVersion,
            let record = try ledger.sessions.find(own.session), record.session.user == id,
            SessionValidity.judge(record, idleLifetime: nil, now: ledger.instant) == .valid
        else { throw Refusal(.invalidCredentials, "The session has ended, or the password was changed.") }
        guard login.user.roles.contains(UserRoles.admin) else { return }
        guard let other = own.remainingAdministrator, other != id,
            try ledger.users.find(other)?.isAdministrator == true
        else {
            throw Refusal(
                .conflict, "You are the last administrator: give somebody else the role admin first, then try again.")
        }
    }

    /// - Throws: `Refusal(.notFound)`.
    private static func existing(_ id: UserID, _ ledger: any Ledger) throws -> User {
        guard let user = try ledger.users.find(id) else { throw Refusal(.notFound, "There is no such user.") }
        return user
    }

    static func note(
        _ kind: AuditEvent.Kind, _ user: UserID, _ actor: Actor, details: [String: String] = [:],
        _ ledger: any Ledger
    ) throws {
        try AuditRules.append(
            AuditEvent(kind, at: ledger.instant, actor: actor, user: user, details: details), ledger)
    }
}

extension UserChange {
    /// Whether it sets something that another user may have.
    fileprivate var mayCollide: Bool { normalisedName != nil || !profile.email.isKept }
}

extension User {
    fileprivate var isAdministrator: Bool { roles.contains(UserRoles.admin) && !disabled }
}

extension Store {
    /// - Parameter uniquely: whether names and addresses share one space; see ``Settings/Users/emailSignIn``.
    /// - Throws: `conflict` when the name or the address is taken.
    package func createUser(
        _ user: User, passwordHash: String, profile: ProfileChange = ProfileChange(), uniquely: Bool = false,
        event: AuditEvent
    ) async throws {
        try await write {
            try UserRules.create(
                user, passwordHash: passwordHash, profile: profile, uniquely: uniquely, event: event, $0)
        }.value
    }

    /// Alone among all writers: of several nodes that start at once on an empty database one makes its administrator.
    /// - Returns: false when there is a user already; nothing was written then.
    package func createFirstUser(_ user: User, passwordHash: String, event: AuditEvent) async throws -> Bool {
        try await write(.turn) {
            try UserRules.createFirst(user, passwordHash: passwordHash, event: event, $0)
        }.value
    }

    /// Inserts the users that do not exist yet; returns for each whether it was inserted or existed. The event is
    /// written with the last of them.
    package func importUsers(
        _ users: [UserImport], uniquely: Bool = false, event: AuditEvent?
    ) async throws -> [UserImportOutcome] {
        // Chunks of a few milliseconds: sign-ins continue in between.
        let chunk = 200
        var outcomes: [UserImportOutcome] = []
        for start in stride(from: 0, to: users.count, by: chunk) {
            let end = min(start + chunk, users.count)
            let part = Array(users[start..<end])
            let event = end == users.count ? event : nil
            // No index keeps addresses and names apart: whoever compares them must be alone.
            outcomes += try await write(uniquely ? .turn : .rows) {
                try UserRules.add(part, uniquely: uniquely, event: event, $0)
            }.value
        }
        return outcomes
    }

    /// See ``UserRules/update(_:_:uniquely:actor:_:)``.
    package func updateUser(
        _ id: UserID, _ change: UserChange, uniquely: Bool = false, actor: Actor
    ) async throws -> User {
        // No index keeps addresses and names apart: whoever compares them must be alone.
        try await write(uniquely && change.mayCollide ? .turn : .user(id)) {
            try UserRules.update(id, change, uniquely: uniquely, actor: actor, $0)
        }.value
    }

    /// See ``UserRules/setDisabled(_:_:actor:_:)``.
    package func setUserDisabled(_ id: UserID, _ disabled: Bool, actor: Actor) async throws -> User {
        try await write(.user(id)) { try UserRules.setDisabled(id, disabled, actor: actor, $0) }.value
    }

    /// See ``UserRules/delete(_:_:actor:_:)``.
    package func deleteUser(_ id: UserID, _ own: OwnDeletion?, actor: Actor) async throws {
        try await write { try UserRules.delete(id, own, actor: actor, $0) }.value
    }

    /// Deletes as an administrator does.
    package func deleteUser(_ id: UserID, actor: Actor) async throws { try await deleteUser(id, nil, actor: actor) }

    /// Another user with the role `admin` who is not disabled. Looks through all users, a part at a time.
    package func administrator(otherThan id: UserID) async throws -> UserID? {
        let part = 5_000
        var after: UserID?
        while true {
            let start = after
            let (found, last) = try await read { looks -> (UserID?, UserID?) in
                let users = try looks.users.page(after: start, limit: part)
                return (
                    users.first { $0.isAdministrator && $0.id != id }?.id, users.count < part ? nil : users.last?.id
                )
            }
            guard found == nil, let last else { return found }
            after = last
        }
    }

    package func loginRecord(user: UserID) async throws -> LoginRecord? {
        try await read { try $0.users.loginRecord(of: user) }
    }

    /// What ``importUsers(_:uniquely:event:)`` would answer for one row.
    package func judgeImport(of row: UserImport, uniquely: Bool) async throws -> UserImportOutcome {
        try await read { looks in
            guard !uniquely else { return try UserRules.judge(row, looks.users, looks.profiles) }
            return try looks.users.find(normalisedName: row.user.normalisedName) == nil ? .imported : .alreadyExists
        }
    }

    package func user(_ reference: UserReference) async throws -> User? {
        try await read { looks in
            switch reference {
            case .id(let id): try looks.users.find(id)
            case .name(let name): try looks.users.find(normalisedName: name)
            }
        }
    }

    /// The user who has the name, and those who had it, as far back as the audit trail goes: at most 100, the latest
    /// first.
    package func users(everNamed normalisedName: String) async throws -> [UserID] {
        try await read { try $0.users.everNamed(normalisedName, limit: 100) }
    }

    /// Newest first.
    package func users(page: PageRequest) async throws -> Page<User> {
        let before = try PageCursor.bytes(page, length: 16).flatMap { UserID(bytes: $0) }
        let rows = try await read { try $0.users.page(before: before, limit: page.limit + 1) }
        return Page(rows, limit: page.limit) { PageCursor.encode($0.id.bytes) }
    }
}
