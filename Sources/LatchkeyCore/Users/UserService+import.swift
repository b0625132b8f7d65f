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
    package let profile: ProfileDraft

    package init(
        number: Int, username: String, passwordHash: String, roles: [String] = [], disabled: Bool = false,
        mustChange: Bool = false, profile: ProfileDraft = ProfileDraft()
    ) {
        self.number = number
        self.username = username
        self.passwordHash = passwordHash
        self.roles = roles
        self.disabled = disabled
        self.mustChange = mustChange
        self.profile = profile
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
        let ends =
            dryRun ? try await judge(rows) : try await insert(rows, formats: accepted.map(\.format), actor)
        for (item, end) in zip(accepted, ends) {
            switch end {
            case .imported: break
            case .alreadyExists: outcomes[item.index] = .alreadyExists
            case .clash: outcomes[item.index] = .refused(ProfileRules.clash.detail)
            }
        }
        return zip(lines, outcomes).map { ImportResult(line: $0.number, outcome: $1) }
    }

    /// What became of each row.
    private func insert(
        _ rows: [UserImport], formats: [PasswordHashFormat], _ actor: Actor
    ) async throws -> [UserImportOutcome] {
        guard !rows.isEmpty else { return [] }
        let costs = try await foreignHashes.costs(of: formats)
        let rows = zip(rows, costs).map {
            UserImport(user: $0.user, passwordHash: $0.passwordHash, cost: $1, profile: $0.profile)
        }
        let event = AuditEvent(
            .usersImported, at: clock.now(), actor: actor, details: ["accounts": String(rows.count)])
        return try await foreignHashes.importing {
            try await store.importUsers(rows, uniquely: uniquely, event: event)
        }
    }

    /// What would become of each row. Those before it are not in the store.
    private func judge(_ rows: [UserImport]) async throws -> [UserImportOutcome] {
        var taken: Set<String> = []
        var outcomes: [UserImportOutcome] = []
        for row in rows {
            var outcome = try await store.judgeImport(of: row, uniquely: uniquely)
            if uniquely, outcome == .imported {
                var forms: Set = [row.user.normalisedName]
                if case .set(let address) = row.profile.email { forms.insert(address.comparisonForm) }
                if taken.isDisjoint(with: forms) { taken.formUnion(forms) } else { outcome = .clash }
            }
            outcomes.append(outcome)
        }
        return outcomes
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
        let profile: ProfileChange
        do {
            name = try UserName(username)
            roles = try UserRoles.validated(self.roles)
            profile = try self.profile.validated()
            // What else can be wrong with a profile shows when it is applied to nothing.
            _ = try profile.applied(to: Profile(updatedAt: now), at: now)
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
        return (UserImport(user: user, passwordHash: stored, profile: profile), format)
    }
}
