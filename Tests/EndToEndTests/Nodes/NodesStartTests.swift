#if Postgres
    import Foundation
    import LatchkeyCore
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    /// Nodes that start at once on an empty database.
    @Suite(.endsHang) struct NodesStartTests {
        @Test func `of nodes that start at once one makes the keys and the first administrator`() async throws {
            let database = try await PostgresCluster.running().makeDatabase()
            let masterKey = MasterKeyRing.generate()
            let arrived = Meeting(3)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        let folder = try TemporaryFolder()
                        try MasterKeyFile(path: folder.file("master.key")).write(masterKey)
                        let password = folder.file("password")
                        try "\(TestServer.password)\n".write(toFile: password, atomically: true, encoding: .utf8)
                        try await withServer(
                            [
                                "store": "postgres", "postgres.url": database, "bootstrap.admin": "root",
                                "bootstrap.password_file": password,
                            ], folder: folder
                        ) { node in
                            try await node.addClientUnlessThere()
                            #expect(try await node.login("root").status == 200)
                            let keys = try await node.publishedKeys().map(\.kid)
                            await arrived.add(keys.sorted())
                            // All serve until the last one has looked.
                            try await eventually("all are there") { await arrived.isComplete }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(await Set(arrived.all).count == 1)
        }

        private actor Meeting {
            private(set) var all: [[String]] = []
            private let count: Int
            init(_ count: Int) { self.count = count }
            var isComplete: Bool { all.count == count }
            func add(_ keys: [String]) { all.append(keys) }
        }
    }

    extension TestServer {
        fileprivate func addClientUnlessThere() async throws {
            do { try await addClient() } catch let refusal as Refusal { #expect(refusal.code == .conflict) }
        }
    }
#endif
