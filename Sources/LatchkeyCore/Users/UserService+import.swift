package import LatchkeyTokens

/// One account to import: a record of a JSON-lines file, parsed elsewhere.
package struct ImportLine: Sendable {
    /// Its number in the file, for the report.
    package let number: Int
    package let username: String
    /// A hash that another system made, see ``PasswordHashFormat``.
    package let passwordHash: String
    package let roles: [String]
    package let disabled: Bool
    package let mustChange: Bool

    package init(
        number: Int, username: String, passwordHash: String, roles: [String] = [], disabled: Bool = false,
        mustChange: Bool = false
    ) {
        self.number = number
        self.username = username
        self.passwordHash = passwordHash
        self.roles = roles
        self.disabled = disabled
        self.mustChange = mustChange
    }
}

/// The result of a line, or in a dry run its expected result.
package struct ImportResult: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        /// Inserted; in a dry run it would be inserted, and has no id yet.
        case imported(UserID?)
        /// A user with that name exists, or an earlier line has it; nothing was changed.
        case alreadyExists
        /// Says in one sentence what is wrong with the line.
        case refused(String)
    }

    package let line: Int
    package let outcome: Outcome

    package init(line: Int, outcome: Outcome) {
        self.line = line
        self.outcome = outcome
    }
}

extension UserService {
    /// Adds accounts with hashes from elsewhere. Existing users stay as they are; a line that cannot be imported is
    /// reported and does not stop the others. Lines reported as imported are on disk on return. The store writes in
    /// chunks, so after a fault some lines may be stored: the same import later finds those as existing.
    ///
    /// The cost of a comparison with each kind of hash is measured before, on the hash pool: see ``ForeignHashes``.
    /// - Throws: `overloaded` when the pool has no room for that.
    /// - Returns: one result per line, in their order.
    package func importUsers(_ lines: [ImportLine], dryRun: Bool, actor: Actor) async throws -> [ImportResult] {
        let now = clock.now()
        var seen: Set<String> = []
        var outcomes: [ImportResult.Outcome] = []
        var accepted: [(index: Int, row: UserImport, format: PasswordHashFormat)] = []
        for line in lines {
            do {
                let (row, format) = try line.validated(at: now)
                if seen.insert(row.user.normalisedName).inserted {
                    accepted.append((outcomes.count, row, format))
                    outcomes.append(.imported(dryRun ? nil : row.user.id))
                } else {
                    outcomes.append(.alreadyExists)
                }
            } catch {
                outcomes.append(.refused(error.description))
            }
        }
        let rows = accepted.map(\.row)
        let existing =
            dryRun ? try await existing(rows) : try await insert(rows, formats: accepted.map(\.format), actor)
        for (item, exists) in zip(accepted, existing) where exists { outcomes[item.index] = .alreadyExists }
        return zip(lines, outcomes).map { ImportResult(line: $0.number, outcome: $1) }
    }

    /// For each row, whether its name was already taken.
    private func insert(
        _ rows: [UserImport], formats: [PasswordHashFormat], _ actor: Actor
    ) async throws -> [Bool] {
        guard !rows.isEmpty else { return [] }
        let costs = try await foreignHashes.costs(of: formats)
        let rows = zip(rows, costs).map { UserImport(user: $0.user, passwordHash: $0.passwordHash, cost: $1) }
        let event = AuditEvent(
            .usersImported, at: clock.now(), actor: actor, details: ["accounts": String(rows.count)])
        return try await foreignHashes.importing {
            try await store.importUsers(rows, event: event).map { $0 == .alreadyExists }
        }
    }

    private func existing(_ rows: [UserImport]) async throws -> [Bool] {
        var existing: [Bool] = []
        for row in rows {
            existing.append(try await store.user(.name(normalised: row.user.normalisedName)) != nil)
        }
        return existing
    }
}

/// Why a line cannot be imported.
struct ImportLineFault: Error, Equatable, CustomStringConvertible {
    let description: String
}

extension ImportLine {
    /// The row to insert, without its cost, and its parsed hash. The password policy does not apply: the password
    /// behind a hash is not known.
    func validated(at now: Timestamp) throws(ImportLineFault) -> (row: UserImport, format: PasswordHashFormat) {
        let name: UserName
        let roles: [String]
        do {
            name = try UserName(username)
            roles = try UserRoles.validated(self.roles)
        } catch {
            throw ImportLineFault(description: error.detail)
        }
        let stored = PasswordHashFormat.storedForm(ofImported: passwordHash)
        let format: PasswordHashFormat
        do {
            format = try PasswordHashFormat(parsing: stored)
        } catch {
            throw ImportLineFault(description: error.description)
        }
        let user = User(
            id: UserID.generate(at: now), name: name.display, normalisedName: name.normalised, roles: roles,
            disabled: disabled, mustChangePassword: mustChange, createdAt: now)
        return (UserImport(user: user, passwordHash: stored), format)
    }
}
