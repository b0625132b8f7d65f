#if Postgres
    import Foundation
    import Glibc
    import LatchkeyCore
    import TestConditions
    import TestSupport
    import Testing

    /// Three nodes on one database under load: a response means that the fact is on disk, whichever node gave it and
    /// whatever becomes of that node.
    @Suite(.serialized, .endsHang) struct NodesCrashTests {
        static let rounds = 20

        @Test func `nothing acknowledged is lost and nothing revoked comes back in 20 hard kills of nodes`()
            async throws
        {
            let database = try await PostgresCluster.running().makeDatabase()
            let place = try await NodesPlace(database: database, count: 3)
            let ledger = NodesLedger(place.nodes)
            var random = TestSeed.generator("node kills")
            for round in 0..<Self.rounds {
                let seed = random.next()
                let load = Task { await ledger.load(workers: 4, seed: seed) }
                let goal = ledger.now.acts + Int.random(in: 8...60, using: &random)
                try await eventually("\(goal) acts are acknowledged") { ledger.now.acts >= goal }
                let victim = Int.random(in: 0..<place.nodes.count, using: &random)
                place.kill(victim)
                // The others go on without it.
                let further = ledger.now.acts + 12
                try await eventually("the other nodes go on") { ledger.now.acts >= further }
                try await place.start(victim)
                load.cancel()
                await load.value
                try await ledger.verify("round \(round)")
            }
            let told = ledger.now
            print(
                "kill -9 of nodes: \(Self.rounds) rounds, \(told.logins) logins, \(told.refreshes) refreshes, "
                    + "\(told.logouts) logouts, \(told.polls) polls acknowledged, \(told.unanswered) unanswered; "
                    + "last seq \(told.sequence)")
            #expect(told.logins > 20 && told.refreshes > 20 && told.logouts > 5 && told.polls > 20)
        }
    }

    /// Nodes as processes of their own, on one database.
    final class NodesPlace: @unchecked Sendable {
        let nodes: [TestHTTP]
        private let folders: [TemporaryFolder]
        private let ports: [Int]
        private let configuration: [String: String]
        private let clocks: [Int]
        // Changed by the one task of the test alone.
        private var running: [ServerProcess?] = []

        /// Four users, a client `spa`, and all nodes running.
        /// - Parameter clocks: how many seconds the clocks of the first nodes are ahead.
        init(
            database: String, count: Int, configuration: [String: String] = [:], clocks: [Int] = []
        ) async throws {
            self.clocks = clocks
            let masterKey = MasterKeyRing.generate()
            folders = try (0..<count).map { _ in
                let folder = try TemporaryFolder()
                try MasterKeyFile(path: folder.file("master.key")).write(masterKey)
                return folder
            }
            ports = try (0..<count).map { _ in try ServerProcess.freePort() }
            nodes = ports.map { TestHTTP(base: "http://127.0.0.1:\($0)") }
            self.configuration = configuration.merging([
                "LATCHKEY_STORE": "postgres", "LATCHKEY_POSTGRES_URL": database,
            ]) { given, _ in given }
            try await withServer(["store": "postgres", "postgres.url": database], folder: folders[0]) { server in
                for number in 0..<4 { try await server.addUser("user\(number)") }
                try await server.addClient()
            }
            running = Array(repeating: nil, count: count)
            for number in 0..<count { try await start(number) }
        }

        func start(_ number: Int) async throws {
            let ahead = clocks.indices.contains(number) ? clocks[number] : 0
            let clock = ahead == 0 ? [:] : try WrongClock.environment(ahead: ahead)
            running[number] = try await ServerProcess(
                folder: folders[number], port: ports[number], configuration: configuration.merging(clock) { $1 },
                wrapper: ahead == 0 ? [] : WrongClock.wrapper)
        }

        /// What a node has said.
        func log(_ number: Int) throws -> String {
            try String(contentsOfFile: try #require(running[number]).logPath, encoding: .utf8)
        }

        /// The program beside a running node, by its own clock.
        func run(_ number: Int, _ arguments: String...) async throws -> BinaryRun {
            try await BinaryRun(
                arguments + ["--data-dir", folders[number].path], in: folders[number], environment: configuration)
        }

        func kill(_ number: Int) {
            running[number]?.killHard()
            running[number] = nil
        }

        /// Stops a node, or lets it go on.
        func signal(_ number: Int, _ signal: Int32) {
            if let process = running[number]?.processID { _ = Glibc.kill(process, signal) }
        }
    }
#endif
