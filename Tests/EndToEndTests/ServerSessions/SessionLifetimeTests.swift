import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Idle and absolute expiry of server sessions, and what a use costs.
struct SessionLifetimeTests {
    @Test func `use keeps it alive until the absolute end, and its times say so`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addWebClient(idle: .seconds(600), absolute: .seconds(3600))
            let begun = clock.now.seconds
            let cookie = try await server.signedIn()
            for minute in stride(from: Int64(9), through: 54, by: 9) {
                clock.set(Timestamp(seconds: begun + minute * 60))
                // Either way of asking is a use.
                let response =
                    minute % 2 == 0
                    ? try await server.forward("client_id=web", cookie: cookie) : try await server.session(cookie)
                #expect(response.status == 200, "after \(minute) minutes")
            }
            let last = try await server.session(cookie)
            #expect(last.integer("expires_at") == begun + 3600)
            #expect(last.integer("idle_expires_at") == begun + 3600)
            #expect(last.integer("auth_time") == begun)
            clock.set(Timestamp(seconds: begun + 3599))
            #expect(try await server.session(cookie).status == 200)
            clock.set(Timestamp(seconds: begun + 3600))
            #expect(try await server.session(cookie).status == 401)
        }
    }

    @Test func `without use it ends after the idle time`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addWebClient(idle: .seconds(600))
            let cookie = try await server.signedIn()
            clock.advance(by: .seconds(599))
            #expect(try await server.session(cookie).status == 200)
            clock.advance(by: .seconds(599))
            #expect(try await server.session(cookie).status == 200)
            clock.advance(by: .seconds(600))
            #expect(try await server.session(cookie).status == 401)
            #expect(try await server.forward("client_id=web", cookie: cookie).status == 401)
            clock.set(clock.now - .seconds(60))
            #expect(try await server.session(cookie).status == 200)
        }
    }

    @Test func `two hundred uses within a minute write nothing`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addWebClient(idle: .seconds(600))
            let cookie = try await server.signedIn()
            clock.advance(by: .seconds(61))
            #expect(try await server.session(cookie).status == 200)
            let store = server.services.store
            let before = try await store.statistics().commits.transactions
            let noted = try await store.sessions(SessionFilter(), page: PageRequest()).items.map(\.session)
            for _ in 0..<100 {
                #expect(try await server.session(cookie).status == 200)
                #expect(try await server.forward("client_id=web", cookie: cookie).status == 200)
            }
            // A node also writes for itself, such as who polls.
            let after = try await store.statistics().commits.transactions
            #expect(TestStore.isPostgres || after == before)
            #expect(try await store.sessions(SessionFilter(), page: PageRequest()).items.map(\.session) == noted)
            clock.advance(by: .seconds(60))
            #expect(try await server.session(cookie).status == 200)
            let last = try await store.statistics().commits.transactions
            #expect(TestStore.isPostgres || last == before + 1)
            #expect(try await store.sessions(SessionFilter(), page: PageRequest()).items.map(\.session) != noted)
        }
    }

    @Test func `it survives a restart, uses included`() async throws {
        let clock = TestClock()
        let folder = try TemporaryFolder()
        let cookie = Captured("")
        try await withServer(clock: clock, folder: folder) { server in
            try await server.addUser()
            try await server.addWebClient(idle: .seconds(600))
            cookie.value = try await server.signedIn()
            clock.advance(by: .seconds(500))
            #expect(try await server.session(cookie.value).status == 200)
        }
        clock.advance(by: .seconds(500))
        try await withServer(clock: clock, folder: folder) { server in
            #expect(try await server.session(cookie.value).status == 200)
            _ = try await server.logOut(cookie.value)
        }
        try await withServer(clock: clock, folder: folder) { server in
            let ended = try await server.session(cookie.value)
            #expect(ended.status == 401)
        }
    }
}
