import LatchkeyHTTP
import LatchkeyTokens
import TestSupport
import Testing
import latchkey

/// Fields that a response may have once: layers that each set one would contradict each other, and browsers refuse two
/// `Access-Control-Allow-Origin` even when they agree.
struct SingleFieldsTests {
    /// The only field of ours that may come in several lines (RFC 6265 3).
    private static let plural = ["set-cookie"]

    private func expectSingle(_ response: TestResponse, _ what: String) {
        let names = response.fields.map { $0.name.lowercased() }.filter { !Self.plural.contains($0) }
        let twice = Dictionary(grouping: names, by: { $0 }).filter { $0.value.count > 1 }.keys.sorted()
        #expect(twice.isEmpty, "\(what) has twice: \(twice)")
    }

    @Test func `no answer has a field twice, on any path, be it success, 304, preflight or refusal`() async throws {
        let origin = "https://app.example.com"
        try await withServer(["shared_signals.enabled": "true", "status_list.enabled": "true"]) { server in
            try await server.addClient(origins: [origin])
            let templates = Set(server.program.http.publicService.routes.routes.map(\.template))
            var notModified = 0
            for template in templates.sorted() {
                let path = template.replacing(/\{[^}]*\}/, with: "01930000-0000-7000-8000-000000000000")
                for page in [[], [("Origin", origin)], [("Origin", "https://evil.test")]] {
                    let first = try await server.http.get(path, headers: page)
                    expectSingle(first, "GET \(path)")
                    if let tag = first[field: "ETag"] {
                        let again = try await server.http.get(path, headers: page + [("If-None-Match", tag)])
                        #expect(again.status == 304, "\(path)")
                        expectSingle(again, "304 of \(path)")
                        notModified += 1
                    }
                    expectSingle(try await server.http.send("HEAD", path, headers: page), "HEAD \(path)")
                    expectSingle(try await server.http.send("OPTIONS", path, headers: page), "OPTIONS \(path)")
                    expectSingle(
                        try await server.http.send(
                            "OPTIONS", path, headers: page + [("Access-Control-Request-Method", "POST")]),
                        "preflight of \(path)")
                    expectSingle(try await server.http.send("PATCH", path, headers: page), "PATCH \(path)")
                    expectSingle(try await server.http.get(path + "?unknown=%", headers: page), "refusal of \(path)")
                    expectSingle(
                        try await server.http.post(path, json: [:], headers: page + [("Authorization", "Basic eDp4")]),
                        "POST \(path)")
                }
            }
            // Metadata, keys, list in two forms, API document.
            #expect(notModified >= 5 * 3)
            let document = try await server.http.get("/openapi.json", headers: [("Origin", origin)])
            #expect(document.all("Access-Control-Allow-Origin") == ["*"])
        }
    }
}
