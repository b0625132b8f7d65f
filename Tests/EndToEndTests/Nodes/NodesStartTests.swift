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
            let names = ["root", "chief", "owner"]
            let arrived = Meeting(names.count)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in names {
                    group.addTask {
                        let folder = try TemporaryFolder()
                        try MasterKeyFile(path: folder.file("master.key")).write(masterKey)
                        let password = folder.file("password")
                        try "\(TestServer.password)\n".write(toFile: password, atomically: true, encoding: .utf8)
                        try await withServer(
                            [
                                "store": "postgres", "postgres.url": database, "bootstrap.admin": name,
                                "bootstrap.password_file": password,
                            ], folder: folder
                        ) { node in
                            try await node.addClientUnlessThere()
                            let users = try await node.services.users.page().items
                            #expect(users.count == 1, "\(users.map(\.name))")
                            let first = try #require(users.first)
                            #expect(try await node.login(first.name).status == 200)
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
