#if Postgres
    import Foundation
    import LatchkeyCore
    import TestConditions
    import TestSupport
    import Testing

    /// A database that went back in time under a node that runs.
    @Suite(.endsHang) struct NodesRestoredTests {
        @Test func `a node that must not use the database says why where operators look`() async throws {
            let folder = try TemporaryFolder()
            let server = try await PostgresServer.make()
            let node = try await ServerProcess(
                folder: folder, port: try ServerProcess.freePort(),
                configuration: ["LATCHKEY_STORE": "postgres", "LATCHKEY_POSTGRES_URL": server.url])
            defer { node.killHard() }
            let backup = try await server.backup()
            // What is later than the backup, so that the node knows more than it.
            let second = try await server.query("UPDATE clock SET second = second + 60 RETURNING second")
                .split(separator: "\n")[0]
            try await eventually("it has looked") {
                (try? String(contentsOfFile: folder.file("seen"), encoding: .utf8))?.contains(" \(second) ") == true
            }
            try await server.stop()
            try await eventually("the database is away") {
                try await node.http.get("/readyz").text.contains("has not answered for")
            }
            try await server.restore(backup)
            try await server.start()

            let sentence = HistoryFinding.foreign(.rewound).sentence
            try await eventually("it says why it is not ready") {
                let ready = try await node.http.get("/readyz")
                #expect(ready.status == 503)
                return ready.text.contains(sentence)
            }
            try await eventually("so does the log") {
                try String(contentsOfFile: node.logPath, encoding: .utf8).utf8.split(separator: UInt8(ascii: "\n"))
                    .map { String(decoding: $0, as: UTF8.self) }
                    .contains { $0.contains("cannot be looked at") && $0.contains("at an earlier state") }
            }
        }
    }
#endif
