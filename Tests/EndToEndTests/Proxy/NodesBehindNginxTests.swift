#if Postgres
    import Foundation
    import LatchkeyCore
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    /// `Config/nodes/nginx.conf` in a real nginx: three nodes that look like one.
    @Suite(.enabled(if: NginxProcess.binary != nil, "\(NginxProcess.whereFrom)"))
    struct NodesBehindNginxTests {
        /// What stands inside `http { }` of the example, for nodes on ports of this machine.
        private static func configuration(_ nodes: [TestServer], port: Int) throws -> String {
            let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
                    "Config/nodes/nginx.conf")
            let text = try String(contentsOf: path, encoding: .utf8)
            var inside = try #require(text.firstMatch(of: /(?s)http \{(.*)\}\s*$/)).output.1
            inside = inside.replacing("listen 8080;", with: "listen 127.0.0.1:\(port);")[...]
            for (index, node) in nodes.enumerated() {
                let address = node.http.base.dropFirst("http://".count)
                try #require(inside.contains("server node\(index + 1):8080"))
                inside = inside.replacing("server node\(index + 1):8080", with: "server \(address)")[...]
            }
            return String(inside)
        }

        @Test func `a session goes on at whichever node nginx asks, and its end is heard at each`() async throws {
            try await withNodes(3) { nodes in
                let folder = try TemporaryFolder()
                let port = try ServerProcess.freePort()
                let nginx = try await NginxProcess(
                    folder: folder, http: try Self.configuration(nodes, port: port), ports: [port])
                let outside = TestHTTP(base: "http://127.0.0.1:\(port)", client: .withoutRedirects)
                try await nodes[0].addUser()
                try await nodes[1].addClient()
                let login = try await outside.post(
                    "/api/v1/login",
                    json: [
                        "username": "ada", "password": .string(TestServer.password), "client_id": "spa",
                    ])
                var refresh = try #require(login["refresh_token"], "\(login.text)")
                for _ in 0..<9 {
                    let answer = try await outside.post(
                        "/oauth2/token",
                        form: [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", "spa")])
                    try #require(answer.status == 200, "\(answer.text)")
                    refresh = try #require(answer["refresh_token"])
                }
                let ended = try await outside.post("/oauth2/revoke", form: [("token", refresh), ("client_id", "spa")])
                #expect(ended.status == 200)
                for node in nodes {
                    try await eventually("the node's list has the entry") { try await !node.list().entries.isEmpty }
                }
                #expect(try await outside.get("/metrics").status == 404)
                withExtendedLifetime(nginx) {}
            }
        }
    }
#endif
