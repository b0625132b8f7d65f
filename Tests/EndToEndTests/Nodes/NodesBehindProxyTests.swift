#if Postgres
    import Foundation
    import InMemoryLogging
    import LatchkeyTokens
    import LatchkeyVerifier
    import Logging
    import Synchronization
    import TestConditions
    import TestSupport
    import Testing

    /// Services that reach three nodes through one address, and each time another one.
    @Suite(.enabled(if: NginxProcess.binary != nil, Comment(rawValue: NginxProcess.whereFrom)), .endsHang)
    struct NodesBehindProxyTests {
        static let revocations = 1_000
        static let workers = 4

        @Test func `a verifier refuses no document over a thousand revocations, and every token afterwards`()
            async throws
        {
            try await withNodes(3, ["revocations.max_waiters_per_address": "1000"]) { nodes in
                try await nodes[0].addUser()
                try await nodes[0].addClient()
                let (folder, port) = (try TemporaryFolder(), try ServerProcess.freePort())
                let nginx = try await NginxProcess(folder: folder, http: Self.balancer(nodes, port), ports: [port])
                let logs = InMemoryLogHandler()
                let delays = Delays()
                let change: (inout TokenVerifier.Configuration) -> Void = {
                    $0.polling = .longPoll()
                    $0.logger = Logger(label: "verifier") { _ in logs }
                }
                try await withVerifier(TestHTTP(base: "http://127.0.0.1:\(port)"), change) { verifier in
                    #expect(await verifier.waitUntilReady(for: .seconds(600)))
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for worker in 0..<Self.workers {
                            group.addTask {
                                for round in 0..<Self.revocations / Self.workers {
                                    let delay = try await Self.revoke(nodes, worker + round, verifier)
                                    delays.all.withLock { $0.append(delay) }
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                    // The node that was asked last may be a moment ahead.
                    try await eventually("all nodes have the same list") {
                        Set(try await nodes.concurrentMap { try await $0.list().sequence }).count == 1
                    }
                }
                let warnings = logs.entries.filter { $0.level >= .warning }
                #expect(warnings.isEmpty, "\(warnings.map { "\($0.message) \($0.metadata)" }.prefix(3))")
                let sorted = delays.all.withLock { $0.sorted() }
                #expect(sorted.count == Self.revocations)
                print(
                    "heard through nginx over three nodes: \(sorted.count) revocations, "
                        + "p50 \(sorted[sorted.count / 2]), p99 \(sorted[sorted.count * 99 / 100])")
                withExtendedLifetime(nginx) {}
            }
        }

        /// Signs in at one node and out at another.
        /// - Returns: how long the verifier accepted the token afterwards.
        private static func revoke(
            _ nodes: [TestServer], _ round: Int, _ verifier: TokenVerifier
        ) async throws -> Duration {
            let signIn = try await nodes[round % nodes.count].login()
            let token = try #require(signIn["access_token"], "\(signIn.text)")
            _ = try await verifier.verify(token)
            let other = nodes[(round + 1) % nodes.count]
            #expect(try await other.http.authorised("POST", "/api/v1/logout", bearer: token).status == 204)
            let start = ContinuousClock.now
            while (try? await verifier.verify(token)) != nil { try await Task.sleep(for: .milliseconds(2)) }
            return start.duration(to: .now)
        }

        private static func balancer(_ nodes: [TestServer], _ port: Int) -> String {
            let servers = nodes.map { "server \($0.http.base.dropFirst("http://".count));" }.joined(separator: "\n")
            return """
                upstream latchkey {
                \(servers)
                }
                server {
                    listen 127.0.0.1:\(port);
                    location / {
                        proxy_pass http://latchkey;
                        proxy_read_timeout 90s;
                    }
                }
                """
        }
    }

    private final class Delays: Sendable {
        let all = Mutex<[Duration]>([])
    }

    extension Array where Element: Sendable {
        fileprivate func concurrentMap<Value: Sendable>(
            _ body: @escaping @Sendable (Element) async throws -> Value
        ) async throws -> [Value] {
            try await withThrowingTaskGroup(of: Value.self) { group in
                for element in self { group.addTask { try await body(element) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
    }
#endif
