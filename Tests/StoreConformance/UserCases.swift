import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    static let userCases: [StoreCase] = [
        StoreCase("a name is taken once, also by an update and an import") { harness in
            let ada = try await harness.addUser("ada")
            let grace = try await harness.addUser("grace")
            await #expect(throws: Refusal(.conflict, "")) { try await harness.addUser("ada") }
            await #expect(throws: Refusal(.conflict, "")) {
                try await harness.store.updateUser(
                    grace.id, UserChange(name: "Ada", normalisedName: "ada"), actor: .operator)
            }
            let new = User(
                id: .generate(at: harness.now), name: "Alan", normalisedName: "alan", roles: ["r"], disabled: true,
                mustChangePassword: true, createdAt: harness.now)
            let outcomes = try await harness.store.importUsers(
                [UserImport(user: new, passwordHash: "h"), UserImport(user: ada, passwordHash: "other")],
                event: AuditEvent(.usersImported, at: harness.now, actor: .operator, count: 2))
            #expect(outcomes == [.imported, .alreadyExists])
            #expect(try await harness.store.user(.name(normalised: "alan")) == new)
            #expect(try await harness.store.loginRecord(user: ada.id)?.credential.hash == "hash-1")
        },
        StoreCase("the first user is made only where there is none") { harness async throws in
            let store = harness.store
            func first(_ name: String) async throws -> Bool {
                let user = User(
                    id: .generate(at: harness.now), name: name, normalisedName: name, roles: ["admin"],
                    disabled: false, mustChangePassword: false, createdAt: harness.now)
                return try await store.createFirstUser(
                    user, passwordHash: "h",
                    event: AuditEvent(.userCreated, at: harness.now, actor: .operator, user: user.id))
            }
            #expect(try await first("ada"))
            for name in ["grace", "ada"] { #expect(try await !first(name), "\(name)") }
            #expect(try await store.users(page: PageRequest(limit: 9)).items.map(\.name) == ["ada"])
            let created = AuditFilter(kind: .userCreated)
            #expect(try await store.auditEvents(created, page: PageRequest(limit: 9)).items.count == 1)
        },
        StoreCase("the slowest imported hash is known until it is replaced or gone") { harness in
            let store = harness.store
            #expect(try await store.slowestForeignHash() == nil)
            try await harness.addUser("ada")
            #expect(try await store.slowestForeignHash() == nil, "a hash of ours costs nothing more")
            let costs: [Duration] = [
                .milliseconds(70), .milliseconds(500), .microseconds(800_001), .seconds(7), .microseconds(3),
            ]
            let users = costs.indices.map { number in
                User(
                    id: .generate(at: harness.now), name: "user\(number)", normalisedName: "user\(number)", roles: [],
                    disabled: false, mustChangePassword: false, createdAt: harness.now)
            }
            let rows = zip(users, costs).map { UserImport(user: $0, passwordHash: "h", cost: $1) }
            _ = try await store.importUsers(rows, event: nil)
            #expect(try await store.slowestForeignHash() == .seconds(1), "no longer than that")
            try await store.deleteUser(users[3].id, actor: .operator)
            #expect(try await store.slowestForeignHash() == .milliseconds(801), "rounded up")
            try await store.rehashPassword(users[2].id, hash: "h2", ifVersion: 9)
            #expect(try await store.slowestForeignHash() == .milliseconds(801), "nothing was replaced")
            try await store.rehashPassword(users[2].id, hash: "h2", ifVersion: 1)
            #expect(try await store.slowestForeignHash() == .milliseconds(500))
            _ = try await store.setPassword(
                users[1].id, hash: "h2", ifVersion: nil, mustChange: false, actor: .operator)
            #expect(try await store.slowestForeignHash() == .milliseconds(70))
            _ = try await store.importUsers(
                [UserImport(user: users[0], passwordHash: "h", cost: .seconds(1))], event: nil)
            #expect(try await store.slowestForeignHash() == .milliseconds(70), "who exists is left alone")
            try await store.rehashPassword(users[0].id, hash: "h2", ifVersion: 1)
            #expect(try await store.slowestForeignHash() == .milliseconds(1))
            try await store.deleteUser(users[4].id, actor: .operator)
            #expect(try await store.slowestForeignHash() == nil)
        },
        StoreCase("users that do not exist are not found") { harness in
            let id = UserID.generate(at: harness.now)
            let missing = Refusal(.notFound, "")
            await #expect(throws: missing) { try await harness.store.updateUser(id, UserChange(), actor: .operator) }
            await #expect(throws: missing) { try await harness.store.setUserDisabled(id, true, actor: .operator) }
            await #expect(throws: missing) { try await harness.store.deleteUser(id, actor: .operator) }
            await #expect(throws: missing) {
                try await harness.store.setPassword(
                    id, hash: "h", ifVersion: nil, mustChange: false, actor: .operator)
            }
            let nobody = try await harness.store.loginAttempt(normalisedName: "nobody", counters: []).record
            #expect(nobody == nil)
            #expect(try await harness.store.revocationState().lastSequence == 0)
        },
        StoreCase("a password change with an old version changes nothing") { harness in
            let record = try await harness.signIn()
            await #expect(throws: Refusal(.invalidCredentials, "")) {
                try await harness.store.setPassword(
                    record.user.id, hash: "h", ifVersion: 7, mustChange: false, actor: .operator)
            }
            #expect(try await harness.store.loginRecord(user: record.user.id)?.credential.hash == "hash-1")
            #expect(try await harness.rotate(record, 1).summary == "rotated 2")
            #expect(harness.observer.records.isEmpty)
        },
        StoreCase("a password change bumps the version, ends sessions and revokes tokens") { harness in
            let record = try await harness.signIn()
            let credential = try await harness.store.setPassword(
                record.user.id, hash: "hash-2", ifVersion: 1, mustChange: true, actor: .user(record.user.id))
            #expect(credential.version == 2)
            let login = try #require(try await harness.store.loginAttempt(normalisedName: "ada", counters: []).record)
            #expect(login.credential == credential)
            #expect(login.user.mustChangePassword)
            #expect(try await harness.rotate(record, 1).refusal == .revoked)
            #expect(harness.observer.records.map(\.entry.kind) == [.user])
            #expect(try await harness.events(.passwordChanged).count == 1)
        },
        StoreCase("a rehash that lost the race is ignored, one that did not ends nothing") { harness in
            let record = try await harness.signIn()
            try await harness.store.rehashPassword(record.user.id, hash: "stale", ifVersion: 2)
            #expect(try await harness.store.loginRecord(user: record.user.id)?.credential.hash == "hash-1")
            try await harness.store.rehashPassword(record.user.id, hash: "better", ifVersion: 1)
            let login = try #require(try await harness.store.loginRecord(user: record.user.id))
            #expect(login.credential.hash == "better" && login.credential.version == 1)
            #expect(try await harness.rotate(record, 1).summary == "rotated 2")
        },
        StoreCase("losing the role admin revokes, other changes of roles do not") { harness in
            let user = try await harness.addUser("root", roles: ["admin", "staff"])
            _ = try await harness.store.updateUser(user.id, UserChange(roles: ["admin"]), actor: .operator)
            #expect(harness.observer.records.isEmpty)
            let changed = try await harness.store.updateUser(user.id, UserChange(roles: []), actor: .operator)
            #expect(changed.roles.isEmpty)
            #expect(harness.observer.records.map(\.reason) == [.roleLost])
        },
        StoreCase("deleting a user leaves the entry and takes everything else") { harness in
            let record = try await harness.signIn()
            try await harness.store.deleteUser(record.user.id, actor: .operator)
            #expect(try await harness.store.user(.id(record.user.id)) == nil)
            #expect(try await harness.store.loginRecord(user: record.user.id) == nil)
            #expect(try await harness.store.revocations(after: 0, limit: 10).map(\.reason) == [.userDeleted])
            try await harness.addUser("ada")
        },
        StoreCase("users delete themselves only with the credential and the session that were looked at") { harness in
            let record = try await harness.signIn()
            let other = try await harness.begin(try harness.beginning(record.user, record.client))
            let stranger = try await harness.begin(
                try harness.beginning(try await harness.addUser("grace"), record.client))
            func delete(_ session: SessionID, version: Int64) async throws {
                try await harness.store.deleteUser(
                    record.user.id,
                    OwnDeletion(session: session, verifiedVersion: version, remainingAdministrator: nil),
                    actor: .user(record.user.id))
            }
            _ = try await harness.store.revoke(
                RevocationOrder(.session(other.session.id), reason: .logout, actor: .user(record.user.id)))
            for (session, version) in [
                (record.session.id, 2), (other.session.id, 1), (stranger.session.id, 1),
                (SessionID.generate(at: harness.now), 1),
            ] as [(SessionID, Int64)] {
                await #expect(throws: Refusal(.invalidCredentials, "")) { try await delete(session, version: version) }
            }
            #expect(try await harness.store.user(.id(record.user.id)) == record.user)
            #expect(harness.observer.records.map(\.entry.kind) == [.session])
            try await delete(record.session.id, version: 1)
            #expect(try await harness.store.user(.id(record.user.id)) == nil)
            #expect(try await harness.events(.userDeleted).map(\.actor) == [.user(record.user.id)])
            await #expect(throws: Refusal(.invalidCredentials, "")) {
                try await delete(record.session.id, version: 1)
            }
        },
        StoreCase("the last administrator cannot go alone, as it is when it counts") { harness in
            let root = try await harness.addUser("root", roles: ["staff", "admin"])
            let record = try await harness.begin(try harness.beginning(root, try await harness.addClient()))
            func delete(remaining: UserID?) async throws {
                try await harness.store.deleteUser(
                    root.id,
                    OwnDeletion(session: record.session.id, verifiedVersion: 1, remainingAdministrator: remaining),
                    actor: .user(root.id))
            }
            try await harness.addUser("almost", roles: ["administrator", "Admin"])
            #expect(try await harness.store.administrator(otherThan: root.id) == nil)
            let second = try await harness.addUser("second", roles: ["admin"])
            #expect(try await harness.store.administrator(otherThan: root.id) == second.id)
            #expect(try await harness.store.administrator(otherThan: second.id) == root.id)
            _ = try await harness.store.setUserDisabled(second.id, true, actor: .operator)
            #expect(try await harness.store.administrator(otherThan: root.id) == nil)
            for remaining in [nil, root.id, second.id, UserID.generate(at: harness.now)] {
                await #expect(throws: Refusal(.conflict, "")) { try await delete(remaining: remaining) }
            }
            #expect(try await harness.store.user(.id(root.id)) != nil)
            _ = try await harness.store.setUserDisabled(second.id, false, actor: .operator)
            try await delete(remaining: second.id)
            #expect(try await harness.store.user(.id(root.id)) == nil)
        },
        StoreCase("an administrator is found among any number of users") { harness in
            let names = (0..<12_000).map { "user-\($0)" }
            let imports = names.map { name in
                UserImport(
                    user: User(
                        id: .generate(at: harness.now), name: name, normalisedName: name, roles: ["staff"],
                        disabled: false, mustChangePassword: false, createdAt: harness.now), passwordHash: "h")
            }
            _ = try await harness.store.importUsers(imports, event: nil)
            let nobody = UserID.generate(at: harness.now)
            #expect(try await harness.store.administrator(otherThan: nobody) == nil)
            harness.advance(by: .seconds(1))
            let last = try await harness.addUser("last", roles: ["admin"])
            #expect(try await harness.store.administrator(otherThan: nobody) == last.id)
            #expect(try await harness.store.administrator(otherThan: last.id) == nil)
        },
        StoreCase("lists are newest first, complete, and refuse a cursor that is not theirs") { harness in
            var ids: [UserID] = []
            for number in 0..<7 {
                harness.advance(by: .milliseconds(1))
                ids.append(try await harness.addUser("user-\(number)").id)
            }
            var read: [UserID] = []
            var cursor: String?
            repeat {
                let page = try await harness.store.users(page: PageRequest(limit: 3, cursor: cursor))
                read += page.items.map(\.id)
                cursor = page.nextCursor
            } while cursor != nil
            #expect(read == ids.reversed())
            for bad in ["", "x", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAA="] {
                await #expect(throws: Refusal(.invalidRequest, "")) {
                    try await harness.store.users(page: PageRequest(cursor: bad))
                }
            }
        },
        StoreCase("the new duty to change the password ends sessions, tokens and logins under way") { harness in
            let record = try await harness.signIn()
            let change = UserChange(mustChangePassword: true)
            #expect(try await harness.store.updateUser(record.user.id, change, actor: .operator).mustChangePassword)
            #expect(harness.observer.records.map(\.reason) == [.passwordChange])
            #expect(try await harness.rotate(record, 1).refusal == .revoked)
            harness.advance(by: .seconds(1))
            let request = try harness.beginning(record.user, record.client, version: 1)
            guard case .lostRace = try harness.granted(try await harness.store.beginSession(request)) else {
                throw UnexpectedAnswer("a login verified before the change went through")
            }
            for again in [change, UserChange(mustChangePassword: false)] {
                _ = try await harness.store.updateUser(record.user.id, again, actor: .operator)
            }
            #expect(harness.observer.records.count == 1)
        },
    ]
}
