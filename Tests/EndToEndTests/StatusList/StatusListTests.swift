import AsyncHTTPClient
import Foundation
import LatchkeyCore
import LatchkeySQLite
import LatchkeyTokens
import TestSupport
import Testing

/// Token Status Lists over HTTP and over time.
struct StatusListTests {
    private static let enabled = ["status_list.enabled": "true"]

    private func signIn(_ server: TestServer) async throws -> String {
        try #require(try await server.login()["access_token"])
    }

    private func prepare(_ server: TestServer) async throws {
        try await server.addUser()
        try await server.addClient()
    }

    private func path(_ token: String) throws -> String {
        String(try #require(try StatusReader.reference(token)).uri.dropFirst(StatusReader.issuer.count))
    }

    @Test func `off by default: no claim, nothing at the paths, nothing in the metadata, no row`() async throws {
        try await withServer { server in
            try await prepare(server)
            let token = try await signIn(server)
            #expect(try StatusReader.reference(token) == nil)
            for path in ["/statuslists", "/statuslists/1"] {
                let answer = try await server.http.get(path)
                #expect(answer.status == 404)
                #expect(answer[field: "Content-Type"] == "application/problem+json")
            }
            let metadata = try await server.http.get("/.well-known/oauth-authorization-server")
            #expect(metadata.json.object?["status_list_aggregation_endpoint"] == nil)
            #expect(try await !server.http.get("/openapi.json").text.contains("statuslists"))
            #expect(try await server.services.store.statusEntries(after: nil, limit: 10).isEmpty)
        }
    }

    @Test func `a list is found, read and cached as the draft says`() async throws {
        let clock = TestClock()
        try await withServer(Self.enabled, clock: clock) { server in
            try await prepare(server)
            let token = try await signIn(server)
            let reference = try #require(try StatusReader.reference(token))
            let metadata = try await server.http.get("/.well-known/oauth-authorization-server")
            let aggregation = StatusReader.issuer + "/statuslists"
            #expect(metadata["status_list_aggregation_endpoint"] == aggregation)
            let all = try await server.http.get("/statuslists", headers: [("Origin", "https://any.test")])
            #expect(all[field: "Content-Type"] == "application/json")
            #expect(all[field: "Access-Control-Allow-Origin"] == "*")
            #expect(all.json.object?["status_lists"]?.strings == [reference.uri])

            let answer = try await server.http.get(try path(token), headers: [("Origin", "https://any.test")])
            #expect(answer[field: "Access-Control-Allow-Origin"] == "*")
            #expect(answer[field: "Cache-Control"] == "public, max-age=1")
            let list = try await StatusReader(http: server.http).read(answer.text, uri: reference.uri).token
            #expect(list.status_list.bits == 1)
            #expect(list.status_list.aggregation_uri == aggregation)
            #expect(list.iat == Int(clock.now.seconds))
            #expect(list.ttl == 15 && list.exp - list.iat == 60)
            let claims = try PollingReader.claims(token)
            #expect(list.ttl < claims.exp - claims.iat)
            let header = try JWS(parsing: Array(answer.text.utf8)).header
            #expect(header.type == "statuslist+jwt")

            let tag = try #require(answer[field: "ETag"])
            let same = try await server.http.get(try path(token), headers: [("If-None-Match", tag)])
            #expect(same.status == 304 && same.body.isEmpty)
            // More tokens change nothing; a revocation does.
            _ = try await signIn(server)
            #expect(try await server.http.get(try path(token)).text == answer.text)
            #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: token).status == 204)
            let changed = try await server.http.get(try path(token), headers: [("If-None-Match", tag)])
            #expect(changed.status == 200)
            #expect(try await StatusReader(http: server.http).isInvalid(token))
            // Signed again when a ttl is over, and not before.
            clock.advance(by: .seconds(14))
            try await server.look()
            #expect(try await server.http.get(try path(token)).text == changed.text)
            clock.advance(by: .seconds(1))
            try await server.look()
            #expect(try await server.http.get(try path(token)).text != changed.text)
            // A list is no token.
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: changed.text).status == 401)
        }
    }

    @Test func `an unknown list is 404, and a past one is 501`() async throws {
        try await withServer(Self.enabled) { server in
            try await prepare(server)
            let path = try path(try await signIn(server))
            for number in ["0", "1", "x", "-1", "+1", "%20", "99999999999999999999", path.dropFirst(13) + "0"] {
                let answer = try await server.http.get("/statuslists/\(number)")
                #expect(answer.status == 404, "\(number)")
                #expect(answer["code"] == "not_found", "\(number)")
            }
            #expect(try await server.http.get("/statuslists/0\(path.dropFirst(13))").status == 404)
            let past = try await server.http.get(path + "?time=1686925000")
            #expect(past.status == 501)
            #expect(past["code"] == "not_implemented")
            #expect(try await server.http.get(path + "?time=1&time=2").status == 400)
        }
    }

    @Test func `every way to a token gives it a place of its own, and it stays small`() async throws {
        try await withServer(Self.enabled) { server in
            try await prepare(server)
            let secret = try await server.addConfidentialClient(
                String(repeating: "c", count: 64), audiences: (0..<8).map { "https://api\($0).example.com/resource" })
            let login = try await server.login()
            let refreshed = try await server.refresh(try #require(login["refresh_token"]))
            let service = try await server.serviceToken(String(repeating: "c", count: 64), secret: secret)
            let user = try #require(try await server.services.store.user(.name(normalised: "ada")))
            let clientID = try #require(ClientID("spa"))
            let client = try #require(try await server.services.store.client(clientID))
            let minted = try await server.services.clientTokens.mint(
                subject: user, client: client, scope: try #require(Scope("openid")), audience: nil,
                lifetime: .seconds(3600), actor: .operator)
            let tokens = [
                try #require(login["access_token"]), try #require(refreshed["access_token"]), service,
                String(decoding: minted.accessToken, as: UTF8.self),
            ]
            let references = try tokens.map { try #require(try StatusReader.reference($0)) }
            #expect(Set(references).count == tokens.count)
            // The minted one lives for an hour and so stands in another list.
            #expect(references[3].uri != references[0].uri)
            for token in tokens { #expect(token.utf8.count < 4096) }
            #expect(try await server.services.store.statusEntries(after: nil, limit: 10).count == tokens.count)
        }
    }

    @Test func `a list retires when its last token can be alive nowhere, and not a second earlier`() async throws {
        let clock = TestClock()
        try await withServer(Self.enabled, clock: clock) { server in
            try await prepare(server)
            let token = try await signIn(server)
            let expiry = Int64(try PollingReader.claims(token).exp)
            // The next whole ten minutes after it, and the skew.
            let end = Timestamp(seconds: (expiry / 600 + 1) * 600 + 120)
            clock.set(end - .seconds(1))
            #expect(try await server.http.get(try path(token)).status == 200)
            try await server.services.upkeep.sweep()
            #expect(try await server.services.store.statusEntries(after: nil, limit: 10).count == 1)
            clock.set(end)
            #expect(try await server.http.get(try path(token)).status == 404)
            #expect(try await server.http.get("/statuslists").json.object?["status_lists"]?.strings == [])
            try await server.services.upkeep.sweep()
            clock.set(end - .seconds(1))
            #expect(try await server.services.store.statusEntries(after: nil, limit: 10).isEmpty)
        }
    }

    @Test func `a list signed by a withdrawn key is signed again at once`() async throws {
        let clock = TestClock()
        try await withServer(Self.enabled, clock: clock) { server in
            try await prepare(server)
            let token = try await signIn(server)
            let before = try await server.http.get(try path(token)).text
            let kid = try PollingReader.keyID(before)
            let rotation = try await server.overSocket.post(
                "/api/v1/admin/keys/rotate", json: ["emergency": true, "only": .string(kid)])
            #expect(rotation.status == 200, "\(rotation.text)")
            let after = try await server.http.get(try path(token)).text
            #expect(try PollingReader.keyID(after) != kid)
            #expect(try await StatusReader(http: server.http).isInvalid(token))
        }
    }

    @Test func `with restricted access lists are for authenticated services`() async throws {
        try await withServer(Self.enabled.merging(["revocations.access": "clients"]) { _, new in new }) { server in
            try await prepare(server)
            let secret = try await server.addConfidentialClient()
            let token = try await signIn(server)
            for path in ["/statuslists", try path(token)] {
                let nobody = try await server.http.get(path, headers: [("Origin", "https://any.test")])
                #expect(nobody.status == 401)
                #expect(nobody[field: "Access-Control-Allow-Origin"] == nil)
                #expect(try await server.http.authorised("GET", path, bearer: token).status == 403)
                let service = try await server.http.authorised(
                    "GET", path, bearer: try await server.serviceToken(secret: secret))
                #expect(service.status == 200)
                #expect(service[field: "Cache-Control"] == "private, max-age=1")
            }
        }
    }
}
