import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreHarness {
    fileprivate func change(_ user: User, _ change: ProfileChange, uniquely: Bool = false) async throws {
        _ = try await store.updateUser(user.id, UserChange(profile: change), uniquely: uniquely, actor: .operator)
    }

    fileprivate func newUser(_ name: String) -> User {
        User(
            id: .generate(at: now), name: name, normalisedName: name, roles: [], disabled: false,
            mustChangePassword: false, createdAt: now)
    }
}

private func address(_ text: String) throws -> ProfileChange {
    ProfileChange(email: .set(try EmailAddress(text)))
}

extension StoreConformance {
    static let profileCases: [StoreCase] = [
        StoreCase("a profile is kept whole, changed in part, and goes with its user") { harness in
            let ada = try await harness.addUser("ada")
            #expect(try await harness.store.profile(of: ada.id) == nil)
            let claims = try ProfileClaims(
                StrictJSON.parseObject(Array(#"{"department":"Käse\n<b>","n":[1,{"a":0.5}]}"#.utf8)))
            try await harness.change(
                ada,
                ProfileChange(
                    email: .set(try EmailAddress("Ada@Example.com")), emailVerified: true, displayName: .set("Ada Ł"),
                    locale: .set("en-GB"), zoneinfo: .set("Europe/London"), claims: .set(claims)))
            let first = try #require(try await harness.store.profile(of: ada.id))
            #expect(first.email?.text == "Ada@Example.com")
            #expect(first.email?.comparisonForm == "ada@example.com")
            #expect(first.emailVerifiedAt == harness.now && first.updatedAt == harness.now)
            #expect(first.displayName == "Ada Ł" && first.locale == "en-GB" && first.zoneinfo == "Europe/London")
            #expect(first.claims == claims)

            harness.advance(by: .seconds(5))
            try await harness.change(ada, ProfileChange(locale: .clear))
            var expected = first
            expected.locale = nil
            expected.updatedAt = harness.now
            #expect(try await harness.store.profile(of: ada.id) == expected)
            let updates = try await harness.events(.userUpdated).map { $0.details["changed"] }
            #expect(updates == ["locale", "email email_verified display_name locale zoneinfo claims"])

            try await harness.store.deleteUser(ada.id, actor: .operator)
            #expect(try await harness.store.profile(of: ada.id) == nil)
            #expect(try await harness.store.nameToSignIn(withAddress: "ada@example.com") == nil)
        },
        StoreCase("a change that changes nothing writes nothing, and a new name counts as a change") { harness in
            let ada = try await harness.addUser("ada")
            try await harness.change(ada, ProfileChange(emailVerified: false))
            #expect(try await harness.store.profile(of: ada.id) == nil)
            try await harness.change(ada, ProfileChange(locale: .set("en")))
            let before = try #require(try await harness.store.profile(of: ada.id))
            harness.advance(by: .seconds(5))
            try await harness.change(ada, ProfileChange(locale: .set("en")))
            #expect(try await harness.store.profile(of: ada.id) == before)
            _ = try await harness.store.updateUser(
                ada.id, UserChange(name: "Eve", normalisedName: "eve"), actor: .operator)
            #expect(try await harness.store.profile(of: ada.id)?.updatedAt == harness.now)
            await #expect(throws: Refusal(.invalidRequest, "")) {
                try await harness.change(ada, ProfileChange(emailVerified: true))
            }
        },
        StoreCase("the profiles of a page are those of its users") { harness in
            var users: [User] = []
            for number in 0..<5 {
                harness.advance(by: .milliseconds(1))
                users.append(try await harness.addUser("user-\(number)"))
                try await harness.change(users[number], ProfileChange(displayName: .set("User \(number)")))
            }
            let page = try await harness.store.users(page: PageRequest(limit: 3)).items
            for items in [page, page.reversed()] {
                let profiles = try await harness.store.profiles(of: items)
                #expect(Set(profiles.keys) == Set(users[2...].map(\.id)))
                #expect(profiles[users[4].id]?.displayName == "User 4")
            }
            #expect(try await harness.store.profiles(of: []).isEmpty)
        },
        StoreCase("where addresses are not for signing in, several users may have one") { harness in
            let ada = try await harness.addUser("ada")
            let eve = try await harness.addUser("eve@example.com")
            try await harness.change(ada, try address("eve@example.com"))
            #expect(try await harness.store.nameToSignIn(withAddress: "eve@example.com") == nil, "it is a name")
            try await harness.change(ada, try address("shared@example.com"))
            #expect(try await harness.store.nameToSignIn(withAddress: "shared@example.com") == "ada")
            try await harness.change(eve, try address("SHARED@example.com"))
            #expect(try await harness.store.nameToSignIn(withAddress: "shared@example.com") == nil, "two have it")
            #expect(try await harness.store.nameToSignIn(withAddress: "nobody@example.com") == nil)
        },
        StoreCase("where addresses are for signing in, names and addresses share one space") { harness in
            let store = harness.store
            let taken = Refusal(.conflict, "")
            let ada = try await harness.addUser("ada")
            let eve = try await harness.addUser("eve@example.com")
            try await harness.change(ada, try address("Ada@example.com"), uniquely: true)
            for text in ["ADA@example.com", "ada@example.com"] {
                await #expect(throws: taken, "\(text)") {
                    try await harness.change(eve, try address(text), uniquely: true)
                }
            }
            await #expect(throws: taken) {
                try await harness.change(ada, try address("Eve@example.com"), uniquely: true)
            }
            await #expect(throws: taken) {
                try await store.updateUser(
                    eve.id, UserChange(name: "Ada@example.com", normalisedName: "ada@example.com"), uniquely: true,
                    actor: .operator)
            }
            for (name, email) in [("ada@example.com", nil), ("new", "ada@example.com"), ("new", "eve@example.com")] {
                let change = try email.map { try address($0) } ?? ProfileChange()
                await #expect(throws: taken, "\(name) \(email ?? "")") {
                    try await store.createUser(
                        harness.newUser(name), passwordHash: "h", profile: change, uniquely: true,
                        event: AuditEvent(.userCreated, at: harness.now, actor: .operator))
                }
                let row = UserImport(user: harness.newUser(name), passwordHash: "h", profile: change)
                #expect(try await store.judgeImport(of: row, uniquely: true) == .clash)
                #expect(try await store.importUsers([row], uniquely: true, event: nil) == [.clash])
            }
            #expect(try await store.users(page: PageRequest()).items.count == 2, "nothing was written")
            #expect(try await store.profile(of: eve.id) == nil)
            // One's own name may be one's own address, and one's own address may be written in another way.
            try await harness.change(eve, try address("EVE@example.com"), uniquely: true)
            try await harness.change(ada, try address("ADA@EXAMPLE.com"), uniquely: true)
            #expect(try await store.nameToSignIn(withAddress: "ada@example.com") == "ada")
            // What is given up is free.
            try await harness.change(ada, ProfileChange(email: .clear), uniquely: true)
            try await harness.change(eve, try address("ada@example.com"), uniquely: true)
            #expect(try await store.nameToSignIn(withAddress: "ada@example.com") == "eve@example.com")
        },
        StoreCase("an import brings profiles, and of two rows with one address the first is kept") { harness in
            let rows = try [("a", "x@example.com"), ("b", "X@example.com"), ("c", "c@example.com")].map { name, email in
                UserImport(user: harness.newUser(name), passwordHash: "h", profile: try address(email))
            }
            let outcomes = try await harness.store.importUsers(rows, uniquely: true, event: nil)
            #expect(outcomes == [.imported, .clash, .imported])
            #expect(try await harness.store.profile(of: rows[0].user.id)?.email?.text == "x@example.com")
            #expect(try await harness.store.user(.id(rows[1].user.id)) == nil)
            #expect(try await harness.store.profile(of: rows[2].user.id)?.email?.text == "c@example.com")
        },
    ]
}
