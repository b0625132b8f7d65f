import HTTPTypes
import LatchkeyTokens
import TestSupport
import Testing
import latchkey

@testable import LatchkeyHTTP

struct OpenAPIRoutesTests {
    @Test func `every route is described and every description has a route`() async throws {
        // With everything on that is off by default.
        try await withServer(["shared_signals.enabled": "true", "status_list.enabled": "true"]) { server in
            // No program calls a page.
            let routes = server.program.http.operatorService.routes.routes.filter { $0.errorFormat != .page }
            let keys = Set(routes.map { OpenAPIDocument.key($0) })
            #expect(keys.subtracting(OpenAPIDocument.descriptions.keys) == [])
            #expect(Set(OpenAPIDocument.descriptions.keys).subtracting(keys) == [])
        }
    }

    @Test func `the served document has exactly the routes of the server that serves it`() async throws {
        for configuration in [[:], ["admin.listen": "127.0.0.1:0"]] {
            try await withServer(configuration) { server in
                let response = try await server.http.get("/openapi.json")
                #expect(response.status == 200)
                let document = try StrictJSON.parseObject(response.body, maximumLength: 1 << 20)
                let described = (document["paths"]?.object?.members ?? []).flatMap { path in
                    (path.value.object?.members ?? []).filter { $0.name != "parameters" }
                        .map { "\($0.name.uppercased()) \(path.name)" }
                }
                let routes = server.program.http.publicService.routes.routes.filter { $0.errorFormat != .page }
                #expect(Set(described) == Set(routes.map { "\($0.method.rawValue) \($0.template)" }))
                #expect(described.count == routes.count)
                let isPublic = routes.contains { $0.access == .admin(.reads) || $0.template == "/metrics" }
                #expect(isPublic == configuration.isEmpty)
            }
        }
    }

    @Test func `a client that has the document does not get it again`() async throws {
        try await withServer { server in
            let tag = try #require(try await server.http.get("/openapi.json")[field: "ETag"])
            let again = try await server.http.get("/openapi.json", headers: [("If-None-Match", tag)])
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
        }
    }
}
