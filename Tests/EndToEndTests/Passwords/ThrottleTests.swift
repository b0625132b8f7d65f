import Argon2
import Dispatch
import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// Guessing is slowed down; owners are not locked out.
struct ThrottleTests {
    private static let wrong = "not-the-right-one-at-all"
    private static let proxied = ["trusted_proxies": "127.0.0.1/32"]

    private func guess(_ server: TestServer, _ name: String = "ada", from network: String? = nil) async throws
        -> TestResponse
    {
        try await server.login(name, password: Self.wrong, headers: forwarded(network))
    }

    private func forwarded(_ network: String?) -> [(String, String)] { network.map { [("X-Forwarded-For", $0)] } ?? [] }

    private func settings(_ failures: Int, _ more: [String: String] = [:]) -> [String: String] {
        ["login.throttle.account_failures": "\(failures)"].merging(more) { $1 }
    }

    @Test func `delays begin after account_failures and double up to fifteen minutes`() async throws {
        let clock = TestClock()
        try await withServer(settings(3, ["login.throttle.window": "2h"]), clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            for _ in 0..<3 { #expect(try await guess(server).status == 401) }
            for delay in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
                let hashed = server.services.health.hashing.completed
                // The right password waits like a wrong one: the answer must not tell that it was right.
                let early = try await server.login()
                #expect(early.status == 429)
                #expect(early["code"] == "too_many_attempts")
                #expect(early[field: "Retry-After"] == "\(delay)")
                clock.advance(by: .seconds(delay) - .milliseconds(1))
                #expect(try await guess(server)[field: "Retry-After"] == "1")
                #expect(server.services.health.hashing.completed == hashed, "throttled before hashing")
                clock.advance(by: .milliseconds(1))
                #expect(try await guess(server).status == 401, "after \(delay) s")
            }
            clock.advance(by: .seconds(900))
            #expect(try await server.login().status == 200)
            #expect(try await guess(server).status == 401)
            #expect(try await server.login().status == 200, "a success has set the pair back")
        }
    }

    @Test func `counters survive a restart`() async throws {
        let clock = TestClock()
        let folder = try TemporaryFolder()
        try await withServer(settings(3), clock: clock, folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            for _ in 0..<3 { #expect(try await guess(server).status == 401) }
            clock.advance(by: .seconds(1))
            #expect(try await guess(server).status == 401)
        }
        try await withServer(settings(3), clock: clock, folder: folder) { (server) async throws in
            #expect(try await guess(server)[field: "Retry-After"] == "2")
            #expect(try await server.login().status == 429)
            clock.advance(by: .seconds(2))
            #expect(try await server.login().status == 200)
        }
    }

    @Test func `a success resets only its own pair`() async throws {
        let (home, office) = ("203.0.113.5", "203.0.113.6")
        try await withServer(settings(3, Self.proxied), clock: TestClock()) { server in
            try await server.addUser()
            try await server.addUser("bob")
            try await server.addClient()
            for network in [home, office] {
                for name in ["ada", "bob"] {
                    for _ in 0..<2 { #expect(try await guess(server, name, from: network).status == 401) }
                }
            }
            #expect(try await server.login(headers: forwarded(home)).status == 200)
            for _ in 0..<3 { #expect(try await guess(server, from: home).status == 401) }
            #expect(try await guess(server, from: home).status == 429)
            for (name, network) in [("ada", office), ("bob", home), ("bob", office)] {
                #expect(try await guess(server, name, from: network).status == 401, "\(name) \(network)")
                #expect(try await guess(server, name, from: network).status == 429, "\(name) \(network)")
            }
        }
    }

    @Test func `an IPv6 customer is one network, and an untrusted header makes none`() async throws {
        try await withServer(settings(2, Self.proxied), clock: TestClock()) { server in
            try await server.addClient()
            #expect(try await guess(server, from: "2001:db8:0:1::1").status == 401)
            #expect(try await guess(server, from: "2001:db8:0:1:ffff::2").status == 401)
            #expect(try await guess(server, from: "2001:db8:0:1::3").status == 429)
            #expect(try await guess(server, from: "2001:db8:0:2::1").status == 401)
            // What the client itself wrote before the proxy's entry is not believed.
            #expect(try await guess(server, from: "198.51.100.1, 2001:db8:0:1::4").status == 429)
        }
        try await withServer(settings(2), clock: TestClock()) { server in
            try await server.addClient()
            for network in ["198.51.100.1", "198.51.100.2"] {
                #expect(try await guess(server, from: network).status == 401)
            }
            #expect(try await guess(server, from: "198.51.100.3").status == 429)
        }
    }

    @Test func `guesses side by side get no more tries than one after another`() async throws {
        try await withServer(settings(3), clock: TestClock()) { server in
            try await server.addUser()
            try await server.addClient()
            let hashed = server.services.health.hashing.completed
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<32 { group.addTask { try await guess(server).status } }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(answers == [401: 3, 429: 29])
            #expect(server.services.health.hashing.completed == hashed + 3)
        }
    }

    @Test func `one network that tries many names is slowed down, and no other`() async throws {
        let configuration = settings(3, Self.proxied.merging(["login.throttle.address_failures": "20"]) { $1 })
        try await withServer(configuration, clock: TestClock()) { server in
            try await server.addUser()
            try await server.addClient()
            for number in 0..<20 {
                #expect(try await guess(server, "name\(number)", from: "198.51.100.7").status == 401)
            }
            #expect(try await guess(server, "another", from: "198.51.100.7").status == 429)
            #expect(try await server.login(headers: forwarded("198.51.100.7")).status == 429)
            #expect(try await server.login(headers: forwarded("198.51.100.8")).status == 200)
        }
    }

    @Test func `a stranger's thousand guesses leave the owner able to log in from a known network`() async throws {
        let home = "203.0.113.5"
        try await withServer(Self.proxied, clock: TestClock()) { server in
            try await server.addUser()
            try await server.addUser("bob")
            try await server.addClient()
            #expect(try await server.login(headers: forwarded(home)).status == 200)
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var refused = 0
                        for number in 0..<125 {
                            let response = try await guess(server, from: "198.18.\(worker).\(number + 1)")
                            if response.status == 401 { refused += 1 } else { #expect(response.status == 429) }
                        }
                        return refused
                    }
                }
                return try await group.reduce(0, +)
            }
            // Those who were past the check when the hundredth failed may still be counted.
            #expect((100...108).contains(answers), "\(answers) guesses were answered without delay")
            #expect(try await server.login(headers: forwarded(home)).status == 200)
            #expect(try await server.login(headers: forwarded("203.0.113.6")).status == 429, "an unknown network waits")
            #expect(
                try await server.login("bob", headers: forwarded("198.18.0.1")).status == 200,
                "others are not concerned")
        }
    }

    @Test func `when the queue is full logins get 503 while refresh still answers`() async throws {
        // Full by the number that one network may have in it, which is the same on a slow machine.
        let configuration = [
            "login.hash_threads": "1", "login.max_queue_wait": "60s", "login.throttle.address_failures": "100000",
        ]
        try await withServer(configuration) { server in
            try await server.addUser()
            try await server.addClient()
            let token = try #require(try await server.login()["refresh_token"])
            // No hash ends until somebody has been turned away and a refresh has been answered.
            let pool = server.services.hashPool
            let gate = DispatchSemaphore(value: 0)
            let held = Task { try await pool.run(group: FairnessGroup("held")) { _ in gate.wait() } }
            defer { gate.signal() }
            try await eventually("the thread is held") { pool.statistics.running == 1 }
            let before = pool.statistics.refused
            let answers = try await withThrowingTaskGroup(of: TestResponse?.self) { group in
                for number in 0..<280 { group.addTask { try await guess(server, "stranger\(number)") } }
                group.addTask {
                    try await eventually("somebody is turned away") { pool.statistics.refused > before }
                    #expect(try await server.refresh(token).status == 200)
                    gate.signal()
                    return nil
                }
                return try await group.reduce(into: [TestResponse]()) { if let answer = $1 { $0.append(answer) } }
            }
            try await held.value
            let refused = answers.filter { $0.status == 503 }
            #expect(!refused.isEmpty, "nobody was turned away: \(answers.map(\.status))")
            #expect(answers.allSatisfy { [401, 503].contains($0.status) })
            #expect(answers.contains { $0.status == 401 }, "the queue's first is served")
            for response in refused {
                #expect(response["code"] == "overloaded")
                #expect(Int(response[field: "Retry-After"] ?? "") ?? 0 >= 1)
            }
        }
    }
}
