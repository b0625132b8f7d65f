package import LatchkeyTokens

/// The transactions that change what applications are told about users.
package enum ProfileRules {
    static let clash = Refusal(
        .conflict,
        "Another user has this name or e-mail address, as name or as address, and users sign in with both: choose "
            + "another.")

    /// Writes what a change makes of the profile of a user.
    /// - Parameters:
    ///   - isRenamed: whether the user's name changes too: applications are told it as well.
    ///   - uniquely: whether an address may stand for a name; see ``Settings/Users/emailSignIn``.
    /// - Returns: the names of the changed fields.
    /// - Throws: `invalid_request`, `conflict`.
    static func apply(
        _ change: ProfileChange, to user: UserID, isRenamed: Bool = false, uniquely: Bool, _ ledger: any Ledger
    ) throws -> [String] {
        guard !change.isEmpty || isRenamed else { return [] }
        let old = try ledger.profiles.find(user) ?? Profile(updatedAt: ledger.instant)
        var new = try change.applied(to: old, at: ledger.instant)
        let changes = new.changes(from: old)
        guard !changes.isEmpty || isRenamed else { return [] }
        if uniquely, let address = new.email, new.email != old.email {
            guard try isFree(address: address, for: user, ledger.users, ledger.profiles) else { throw clash }
        }
        new.updatedAt = ledger.instant
        try ledger.profiles.put(new, of: user)
        return changes
    }

    /// Whether no other user has the address, neither as address nor as name.
    static func isFree(
        address: EmailAddress, for user: UserID?, _ users: any UserLook, _ profiles: any ProfileLook
    ) throws -> Bool {
        let form = address.comparisonForm
        if let owner = try users.find(normalisedName: form), owner.id != user { return false }
        return try profiles.owners(ofAddress: form, limit: 2).allSatisfy { $0 == user }
    }

    /// Whether no other user has the name as address.
    static func isFree(
        name normalisedName: String, for user: UserID?, _ profiles: any ProfileLook
    ) throws -> Bool {
        try profiles.owners(ofAddress: normalisedName, limit: 2).allSatisfy { $0 == user }
    }
}

extension Store {
    /// Nil for a user about whom nothing was ever told.
    package func profile(of user: UserID) async throws -> Profile? {
        try await read { try $0.profiles.find(user) }
    }

    /// The profiles of a page of users, which is in the order of ids.
    package func profiles(of users: [User]) async throws -> [UserID: Profile] {
        guard let some = users.first?.id, let other = users.last?.id else { return [:] }
        return try await read { looks in
            try looks.profiles.find(from: some < other ? some : other, through: some < other ? other : some)
        }
    }

    /// The normalised name of the one user who signs in with this address; nil when nobody has it, when several have
    /// it, and when it is somebody's name. The same is read in each case.
    package func nameToSignIn(withAddress comparisonForm: String) async throws -> String? {
        try await read(snapshot: true) { looks in
            let isName = try looks.users.find(normalisedName: comparisonForm) != nil
            let owners = try looks.profiles.namesOfOwners(ofAddress: comparisonForm, limit: 2)
            return isName || owners.count != 1 ? nil : owners.first
        }
    }
}
