import LatchkeyTokens
import TestSupport
import Testing

/// `/openapi.json` against the sockets, both ways: what it lists is there, and what it does not list is not.
struct DocumentedRoutesTests {
    /// As it comes, and with everything that is off by default.
    private static let configurations = [[:], ["shared_signals.enabled": "true"]]

    private static let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    /// Path templates with their methods, as a reader of the document sees them.
    private func paths(_ server: TestServer) async throws -> [(template: String, operations: [String: JSONObject])] {
        let document = try StrictJSON.parseObject(
            try await server.http.get("/openapi.json").body, maximumLength: 1 << 20)
        #expect(document["openapi"]?.string?.hasPrefix("3.1") == true)
        return (document["paths"]?.object?.members ?? []).map { path in
            var operations: [String: JSONObject] = [:]
            for member in path.value.object?.members ?? [] where Self.methods.contains(member.name.uppercased()) {
                operations[member.name.uppercased()] = member.value.object
            }
            return (path.name, operations)
        }
    }

    private static func matches(_ template: String, _ path: String) -> Bool {
        let (wanted, given) = (template.split(separator: "/"), path.split(separator: "/"))
        let isSplitAlike = !path.hasPrefix("//") && !path.hasSuffix("/") && wanted.count == given.count
        return isSplitAlike && zip(wanted, given).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }

    private func concrete(_ template: String) -> String {
        template.replacing(/\{[^}]*\}/, with: "01930000-0000-7000-8000-000000000000")
    }

    @Test(arguments: configurations)
    func `each documented method answers, and each other one is 405 with exactly the documented ones`(
        configuration: [String: String]
    ) async throws {
        try await withServer(configuration) { server in
            let paths = try await paths(server)
            #expect(paths.count > 30)
            for (template, operations) in paths {
                let path = concrete(template)
                for method in Self.methods {
                    let answer = try await server.http.send(method, path)
                    guard operations[method] == nil else {
                        #expect(answer.status != 405, "\(method) \(template)")
                        #expect(answer.status < 500, "\(method) \(template): \(answer.text)")
                        #expect(answer["detail"] != "There is nothing at this path.", "\(method) \(template)")
                        continue
                    }
                    #expect(answer.status == 405, "\(method) \(template)")
                    let allow = Set(
                        (answer[field: "Allow"] ?? "").split(separator: ",").map {
                            $0.trimmingPrefix(" ").description
                        })
                    #expect(allow.subtracting(["HEAD", "OPTIONS"]) == Set(operations.keys), "\(method) \(template)")
                }
            }
        }
    }

    @Test(arguments: configurations)
    func `what needs a credential by the document is refused without one, what does not is not`(
        configuration: [String: String]
    ) async throws {
        try await withServer(configuration) { server in
            var guarded = 0
            var open = 0
            for (template, operations) in try await paths(server) {
                for (method, operation) in operations {
                    let schemes = (operation["security"]?.array ?? []).compactMap { $0.object?.members.map(\.name) }
                    // An empty requirement means that one may come without.
                    let isGuarded = !schemes.isEmpty && !schemes.contains([])
                    let answer = try await server.http.send(method, concrete(template))
                    if isGuarded {
                        guarded += 1
                        #expect((400...401).contains(answer.status), "\(method) \(template): \(answer.status)")
                    } else if schemes.isEmpty, template != "/api/v1/logout" {
                        // Logout takes what names the session from wherever it stands.
                        open += 1
                        #expect(answer.status != 401, "\(method) \(template)")
                    }
                    if template.hasPrefix("/api/v1/admin/") {
                        #expect(answer.status == 401, "\(method) \(template): \(answer.status)")
                        #expect(answer[field: "WWW-Authenticate"]?.hasPrefix("Bearer") == true)
                    }
                }
            }
            #expect(guarded > 20 && open >= 6, "\(guarded) guarded, \(open) open")
        }
    }

    @Test func `what is near a documented path is nothing`() async throws {
        try await withServer { server in
            let templates = try await paths(server).map(\.template)
            for template in templates {
                let path = concrete(template)
                for near in [path + "/", path + "x", "/" + path, path + "%20", path + "/.."] {
                    // An id may be any text, and then this path is another one.
                    if templates.contains(where: { Self.matches($0, near) }) { continue }
                    let answer = try await server.http.send("GET", near)
                    #expect(answer.status == 404 || answer.status == 400, "\(near): \(answer.status)")
                }
            }
        }
    }

    @Test func `health needs no database and no credential, and says nothing more than it must`() async throws {
        try await withServer(["admin.listen": "127.0.0.1:0"]) { server in
            let health = try await server.http.get("/healthz")
            #expect(health.status == 200)
            #expect(health.text == #"{"status":"ok"}"#)
            #expect(try await server.http.get("/readyz").json.object?["ready"]?.bool == true)
            // With an admin listener, the public one has neither metrics nor admin API.
            #expect(try await server.http.get("/metrics").status == 404)
            #expect(try await server.http.get("/api/v1/admin/stats").status == 404)
            #expect(try await server.overSocket.get("/metrics").status == 200)
        }
    }
}
