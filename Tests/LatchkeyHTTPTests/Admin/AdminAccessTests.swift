import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing
import latchkey

@testable import LatchkeyHTTP

struct AdminAccessTests {
    private func adminRoutes(_ server: TestServer) -> [(method: String, path: String)] {
        server.program.http.publicService.routes.routes.filter {
            $0.access == .admin(.reads) || $0.access == .admin(.changes)
        }.map {
            (
                $0.method.rawValue,
                $0.template.replacing("{user}", with: "x").replacing("{client}", with: "x")
                    .replacing("{sid}", with: "x").replacing("{stream}", with: "x")
            )
        }
    }

    private func token(_ server: TestServer, roles: [String], scope: String) async throws -> String {
        try await server.addUser(roles: roles)
        try await server.addClient(scope: "openid latchkey:account latchkey:admin")
        let login = try await server.login(scope: scope)
        return try #require(login["access_token"], "\(login.text)")
    }

    @Test func `without a token every route is 401 and the challenge has no error code`() async throws {
        try await withServer { server in
            let routes = adminRoutes(server)
            #expect(routes.count > 30)
            for route in routes {
                let response = try await server.http.send(route.method, route.path)
                #expect(response.status == 401, "\(route)")
                #expect(response["code"] == "bearer_missing", "\(route)")
                #expect(response[field: "WWW-Authenticate"] == "Bearer realm=\"latchkey\"", "\(route)")
            }
        }
    }

    @Test func `a token in the query is not looked at`() async throws {
        try await withServer { server in
            let token = try await token(server, roles: ["admin"], scope: "latchkey:admin")
            let response = try await server.http.get("/api/v1/admin/stats?access_token=\(token)")
            #expect(response.status == 401)
        }
    }

    @Test func `a token without the scope is 403 and told the scope`() async throws {
        try await withServer { server in
            let token = try await token(server, roles: ["admin"], scope: "latchkey:account")
            for route in adminRoutes(server) {
                let response = try await server.http.authorised(route.method, route.path, bearer: token)
                #expect(response.status == 403, "\(route)")
                #expect(response[field: "WWW-Authenticate"]?.contains("scope=\"latchkey:admin\"") == true, "\(route)")
            }
        }
    }

    @Test func `an administrator's token opens the API until the role is lost`() async throws {
        try await withServer { server in
            let token = try await token(server, roles: ["admin"], scope: "latchkey:admin")
            let before = try await server.http.authorised("GET", "/api/v1/admin/stats", bearer: token)
            #expect(before.status == 200, "\(before.text)")
            try await server.services.users.update("ada", UserChange(roles: []), actor: .operator)
            let after = try await server.http.authorised("GET", "/api/v1/admin/stats", bearer: token)
            #expect(after.status == 401)
            #expect(after["code"] == "invalid_token")
        }
    }

    @Test func `the audit trail names the administrator who acted`() async throws {
        try await withServer { server in
            let token = try await token(server, roles: ["admin"], scope: "latchkey:admin")
            let response = try await server.http.post(
                "/api/v1/admin/clients", json: ["id": .string("app"), "kind": .string("public")], bearer: token)
            #expect(response.status == 201, "\(response.text)")
            let user = try await server.services.users.find("ada")
            let events = try await server.services.audit.page(AuditFilter(kind: .clientCreated)).items
            #expect(events.first?.actor == .user(user.id))
        }
    }
}
