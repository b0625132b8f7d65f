import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// A thief who presents the held token right after each rotation of its owner gets the owner's successor each time. That
/// shows, though nobody is logged out for it; what tabs and bad networks do does not.
struct SharedLineageTests {
    private func refresh(
        _ server: TestServer, _ token: String, from address: String? = nil
    ) async throws -> String {
        let answer = try await server.http.post(
            "/oauth2/token",
            form: [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "spa")],
            headers: address.map { [("X-Forwarded-For", $0)] } ?? [])
        return try #require(answer["refresh_token"], "\(answer.text)")
    }

    private func noted(_ server: TestServer) async throws -> [AuditEvent] {
        // What was submitted before is written once this is.
        try await server.services.store.checkWritable()
        return try await server.services.audit.page(AuditFilter(kind: .refreshReusedRepeatedly)).items
    }

    private func verdict(_ server: TestServer, _ sid: String) async throws -> String {
        try #require(try await server.overSocket.get("/api/v1/admin/sessions/\(sid)/explain")["verdict"])
    }

    private func metric(_ server: TestServer, _ name: String) async throws -> String? {
        let lines = try await server.http.get("/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
    }

    @Test(arguments: [false, true])
    func `seven generations shared with a thief are in the trail, the explanation and the metrics`(
        isElsewhere: Bool
    ) async throws {
        let clock = TestClock()
        let folder = try TemporaryFolder()
        let configuration = ["trusted_proxies": "127.0.0.1"]
        try await withServer(configuration, clock: clock, folder: folder) { server in
            let user = try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            var owner = try #require(login["refresh_token"])
            for generation in 1...7 {
                clock.advance(by: .seconds(280))
                let held = owner
                owner = try await refresh(server, held)
                let thief = try await refresh(server, held, from: isElsewhere ? "203.0.113.7" : nil)
                #expect(thief == owner, "the same successor")
                #expect(try await noted(server).count == (generation < 4 ? 0 : 1), "after \(generation)")
            }
            let event = try #require(try await noted(server).first)
            #expect(event.user == user.id)
            #expect(event.session?.description == login["sid"])
            #expect(event.network == (isElsewhere ? "203.0.113.7" : "127.0.0.1"))
            #expect(event.details == ["generations": "4", "answers": "4", "elsewhere": isElsewhere ? "4" : "0"])
            let verdict = try await verdict(server, try #require(login["sid"]))
            #expect(verdict.hasPrefix("The session is live"))
            #expect(verdict.contains("In 7 successive generations"), "\(verdict)")
            #expect(verdict.contains("(7 times in all, \(isElsewhere ? 7 : 0) of them from another network)"))
            #expect(try await metric(server, "latchkey_refresh_reuses_total") == "7")
            #expect(try await metric(server, "latchkey_refresh_reuses_elsewhere_total") == (isElsewhere ? "7" : "0"))
            #expect(try await metric(server, "latchkey_refresh_reuse_runs_total") == "1")
            // Told, and not acted upon: the same could be an application that refreshes in parallel.
            clock.advance(by: .seconds(280))
            _ = try await refresh(server, owner)
        }
        // What was counted is forgotten by a restart; what was noted is not.
        try await withServer(configuration, clock: clock, folder: folder) { server in
            let session = try await server.services.store.sessions(SessionFilter(), page: PageRequest()).items.first
            let verdict = try await verdict(server, try #require(session?.session.id.description))
            #expect(verdict.contains("In 4 successive generations"), "\(verdict)")
        }
    }

    @Test func `an hour of it is one line, a day of it no more than one an hour`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            var owner = try #require(try await server.login()["refresh_token"])
            for _ in 0..<60 {
                clock.advance(by: .seconds(120))
                let held = owner
                owner = try await refresh(server, held)
                for _ in 0..<3 { _ = try await refresh(server, held) }
            }
            let events = try await noted(server)
            #expect(events.map(\.details["generations"]) == ["34", "4"])
            #expect(events.map(\.details["answers"]) == ["100", "10"])
        }
    }

    @Test func `honest retries and a spell of bad network are not noted`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            var token = try #require(login["refresh_token"])
            for generation in 0..<24 {
                clock.advance(by: .seconds(280))
                let held = token
                token = try await refresh(server, held)
                // Three of four answers are lost, once or three times.
                if generation % 4 != 3 {
                    for _ in 0..<(generation % 2 == 0 ? 1 : 3) {
                        clock.advance(by: .seconds(2))
                        #expect(try await refresh(server, held) == token)
                    }
                }
            }
            // Nothing arrives for minutes, then something does.
            let held = token
            for _ in 0..<5 {
                clock.advance(by: .seconds(31))
                for _ in 0..<2 { token = try await refresh(server, held) }
            }
            #expect(try await noted(server).isEmpty)
            #expect(try await metric(server, "latchkey_refresh_reuse_runs_total") == "0")
            #expect(try await verdict(server, try #require(login["sid"])).contains("in a row") == false)
        }
    }

    // MARK: Cookies

    private func cookie(_ server: TestServer) async throws -> (cookie: String, sid: String) {
        try await server.addUser()
        try await server.addClient(origins: [TestServer.appOrigin])
        let login = try await server.http.post(
            "/api/v1/login",
            json: [
                "username": "ada", "password": .string(TestServer.password), "client_id": "spa", "transport": "cookie",
            ], headers: TestServer.page)
        return (try #require(login.cookie("latchkey_dev_refresh_spa")), try #require(login["sid"]))
    }

    private func refresh(
        _ server: TestServer, cookie: String, from address: String? = nil
    ) async throws -> String? {
        let answer = try await server.http.post(
            "/api/v1/refresh", json: ["client_id": "spa"],
            headers: TestServer.page + [("Cookie", cookie)] + (address.map { [("X-Forwarded-For", $0)] } ?? []))
        #expect(answer.status == 200, "\(answer.text)")
        return answer.cookie("latchkey_dev_refresh_spa")
    }

    @Test func `five tabs that wake together in every generation are not noted`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            var (jar, sid) = try await cookie(server)
            for _ in 0..<12 {
                clock.advance(by: .seconds(280))
                let held = jar
                jar = try #require(try await refresh(server, cookie: held))
                for _ in 0..<4 {
                    clock.advance(by: .milliseconds(300))
                    #expect(try await refresh(server, cookie: held) == jar)
                }
            }
            #expect(try await noted(server).isEmpty)
            #expect(try await metric(server, "latchkey_refresh_reuses_total") == "48")
            #expect(try await metric(server, "latchkey_refresh_reuse_runs_total") == "0")
            #expect(try await verdict(server, sid).contains("in a row") == false)
        }
    }

    @Test(arguments: [(0, "203.0.113.7"), (6, nil)] as [(Int, String?)])
    func `a stolen cookie used elsewhere, or later than tabs are, is noted`(delay: Int, address: String?) async throws {
        let clock = TestClock()
        try await withServer(["trusted_proxies": "127.0.0.1"], clock: clock) { server in
            var (jar, sid) = try await cookie(server)
            for _ in 0..<7 {
                clock.advance(by: .seconds(280))
                let held = jar
                jar = try #require(try await refresh(server, cookie: held))
                clock.advance(by: .seconds(delay))
                #expect(try await refresh(server, cookie: held, from: address) == jar)
            }
            #expect(try await noted(server).count == 1)
            #expect(try await verdict(server, sid).contains("In 7 successive generations"))
        }
    }
}
