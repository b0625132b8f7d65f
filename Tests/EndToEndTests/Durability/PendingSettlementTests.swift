import Foundation
import LatchkeyCore
import LatchkeySQLite
import LatchkeyTokens
import TestSupport
import Testing

/// A command that was killed after the database was in place and before anything was revoked.
@Suite(.onSQLite) struct PendingSettlementTests {
    private func restoredEvents(_ server: TestServer) async throws -> Int {
        try await server.services.store.auditEvents(
            AuditFilter(kind: .storeRestored), page: PageRequest()
        ).items.count
    }

    @Test func `the next start finishes a restore that was killed, and the one after it does nothing again`()
        async throws
    {
        let folder = try TemporaryFolder()
        let kept = Captured<(refresh: String, access: String, kids: Set<String>)>(("", "", []))
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            kept.value = (
                try #require(login["refresh_token"]), try #require(login["access_token"]),
                Set(try await server.publishedKeys().map(\.kid))
            )
        }
        let path = folder.file("latchkey.sqlite")
        let backup = folder.file("backup.sqlite")
        try await DatabaseTools(path: path).backup(to: backup)
        let tools = DatabaseTools(path: path)
        _ = try await tools.restore(tools.stage(backup, now: .wallClock), .restored, now: .wallClock)
        try await withServer(folder: folder) { server in
            #expect(try await server.services.store.pendingSettlement() == nil)
            #expect(try await server.refresh(kept.value.refresh)["latchkey_reason"] == "revoked")
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: kept.value.access).status == 401)
            let published = Set(try await server.publishedKeys().map(\.kid))
            #expect(published.isDisjoint(with: kept.value.kids))
            // One of the restore itself and, when the second has changed meanwhile, one of the emergency rotation.
            let everybody = try await server.list().entries.filter { $0.kind == .all }.count
            #expect((1...2).contains(everybody))
            #expect(try await restoredEvents(server) == 1)
            kept.value.kids = published
        }
        try await withServer(folder: folder) { server in
            let published = Set(try await server.publishedKeys().map(\.kid))
            #expect(published == kept.value.kids)
            #expect(try await restoredEvents(server) == 1)
        }
    }
}
