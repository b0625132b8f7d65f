import AsyncHTTPClient
import Foundation
import LatchkeyCore
import LatchkeyTokens
import NIOCore
import TestConditions
import TestSupport
import Testing
import latchkey

/// `/revocations` as pollers see it.
struct RevocationListTests {
    private func basic(_ id: String, _ secret: String) -> [(String, String)] {
        [("Authorization", "Basic " + Data("\(id):\(secret)".utf8).base64EncodedString())]
    }

    private func revokeOne(_ server: TestServer) async throws {
        let bearer = try #require(try await server.login()["access_token"])
        #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: bearer).status == 204)
    }

    @Test(arguments: ["after=x", "after=-1", "after=1&after=2", "wait=soon", "consumer=a%20b", "after=%FF"])
    func `a malformed poll is refused`(query: String) async throws {
        try await withServer { server in
            for path in ["/revocations", "/revocations.jwt"] {
                let response = try await server.http.get("\(path)?\(query)")
                #expect(response.status == 400)
                #expect(response["code"] == "invalid_request")
            }
        }
    }

    @Test func `whatever epoch or number cannot be served gets the full snapshot, never an error`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            try await revokeOne(server)
            let list = try await server.list()
            for query in ["after=1", "after=1&epoch=gone", "after=99&epoch=\(list.epoch)", "epoch=\(list.epoch)"] {
                let answer = try await server.http.get("/revocations?\(query)")
                if TestStore.isPostgres, query.hasPrefix("after=99") {
                    // Another node may know more; no list below what the poller has is offered.
                    #expect(answer.status == 503 && answer[field: "Retry-After"] != nil)
                    continue
                }
                let document = try RevocationDocument(parsing: answer.body)
                #expect(document.after == 0)
                #expect(document.entries.count == 1)
            }
            let delta = try await server.http.get("/revocations?after=\(list.sequence)&epoch=\(list.epoch)")
            let document = try RevocationDocument(parsing: delta.body)
            #expect(document.after == list.sequence)
            #expect(document.entries.isEmpty)
        }
    }

    @Test func `a snapshot is cacheable and answers 304 until something changes`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let first = try await server.http.get("/revocations", headers: [("Origin", "https://any.test")])
            #expect(first[field: "Cache-Control"] == "public, max-age=1")
            #expect(first[field: "Vary"] == "Accept, Accept-Encoding")
            #expect(first[field: "Access-Control-Allow-Origin"] == "*")
            let tag = try #require(first[field: "ETag"])
            #expect(tag.hasPrefix("W/"))
            let same = try await server.http.get("/revocations", headers: [("If-None-Match", tag)])
            #expect(same.status == 304)
            #expect(same.body.isEmpty)
            try await revokeOne(server)
            let changed = try await server.http.get("/revocations", headers: [("If-None-Match", tag)])
            #expect(changed.status == 200)
            let wait = try await server.http.get(
                "/revocations?wait=0", headers: [("If-None-Match", try #require(changed[field: "ETag"]))])
            #expect(wait.status == 200)
            #expect(wait[field: "Cache-Control"] == "no-store")
        }
    }

    /// One address holds more long polls than there are places of any kind, as a flood does, or a network behind one NAT.
    @Test func `a wait without a place is answered with what there is, never refused`() async throws {
        let limits = [
            "revocations.max_waiters": "3", "revocations.max_waiters_per_address": "2", "revocations.next_update": "1s",
        ]
        try await withServer(limits) { server in
            try await server.addUser()
            try await server.addClient()
            let list = try await server.list()
            let bearer = try #require(try await server.login()["access_token"])
            let path = "/revocations?after=\(list.sequence)&epoch=\(list.epoch)&wait=60"
            // The shared client makes eight connections and lets the other requests wait for them.
            var many = HTTPClient.Configuration()
            many.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
            many.timeout.connect = .minutes(10)
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: many)
            let flood = TestHTTP(base: server.http.base, client: client)
            try await withThrowingTaskGroup(of: TestResponse.self) { polls in
                for _ in 0..<40 { polls.addTask { try await flood.send("GET", path, timeout: .seconds(600)) } }
                // The two that have a place wait for news; the others are through without any.
                for _ in 0..<38 {
                    let answer = try #require(try await polls.next())
                    #expect(answer.status == 200)
                    #expect(try RevocationDocument(parsing: answer.body).entries.isEmpty)
                }
                #expect(server.services.feed.waiting == 2)
                #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: bearer).status == 204)
                for try await answer in polls {
                    #expect(try RevocationDocument(parsing: answer.body).entries.count == 1)
                }
            }
            try await client.shutdown()
        }
    }

    @Test func `a waiting poller is woken by the revocation`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let list = try await server.list()
            let bearer = try #require(try await server.login()["access_token"])
            async let poll = server.http.get("/revocations?after=\(list.sequence)&epoch=\(list.epoch)&wait=50")
            try await eventually("a poll is held") { server.services.feed.waiting > 0 }
            #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: bearer).status == 204)
            let document = try RevocationDocument(parsing: try await poll.body)
            #expect(document.entries.map(\.kind) == [.session])
            #expect(document.after == list.sequence)
        }
    }

    @Test func `a large list is sent as gzip to clients that accept it, with the same tag`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            for _ in 0..<12 { try await revokeOne(server) }
            // The shared client unpacks silently; this one shows what is on the wire.
            var configuration = HTTPClient.patience
            configuration.decompression = .disabled
            let client = HTTPClient(configuration: configuration)
            do {
                let raw = TestHTTP(base: server.http.base, client: client)
                let plain = try await raw.get("/revocations")
                let packed = try await raw.get("/revocations", headers: [("Accept-Encoding", "gzip")])
                #expect(plain[field: "Content-Encoding"] == nil)
                #expect(packed[field: "Content-Encoding"] == "gzip")
                #expect(packed.body.starts(with: [0x1F, 0x8B]))
                #expect(packed.body.count < plain.body.count)
                #expect(packed[field: "ETag"] == plain[field: "ETag"])
                let refused = try await raw.get("/revocations", headers: [("Accept-Encoding", "gzip;q=0")])
                #expect(refused[field: "Content-Encoding"] == nil)
            } catch {
                try await client.shutdown()
                throw error
            }
            try await client.shutdown()
            let unpacked = try RevocationDocument(parsing: try await server.http.get("/revocations").body)
            #expect(unpacked.entries.count == 12)
        }
    }

    @Test func `the signed form is the same document, under its own type`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            try await revokeOne(server)
            for (path, headers) in [
                ("/revocations.jwt", []), ("/revocations", [("Accept", "application/jwt")]),
            ] as [(String, [(String, String)])] {
                let response = try await server.http.get(path, headers: headers)
                #expect(response[field: "Content-Type"] == "application/jwt")
                let jws = try JWS(parsing: response.body)
                #expect(jws.header.type == "revocations+jwt")
                #expect(try RevocationDocument(parsing: jws.payload).entries.count == 1)
            }
        }
    }

    @Test func `a restricted list is for authenticated services`() async throws {
        try await withServer(["revocations.access": "clients"]) { server in
            try await server.addUser()
            try await server.addClient()
            let secret = try await server.addConfidentialClient()
            let nobody = try await server.http.get("/revocations", headers: [("Origin", "https://any.test")])
            #expect(nobody.status == 401)
            #expect(nobody[field: "Access-Control-Allow-Origin"] == nil)
            #expect(try await server.http.get("/revocations", headers: basic("service", "wrong")).status == 401)
            #expect(try await server.http.get("/revocations", headers: basic("spa", "")).status == 401)
            let user = try #require(try await server.login()["access_token"])
            #expect(try await server.http.authorised("GET", "/revocations", bearer: user).status == 403)

            let direct = try await server.http.get("/revocations?consumer=alias", headers: basic("service", secret))
            #expect(direct.status == 200)
            #expect(direct[field: "Cache-Control"] == "private, max-age=1")
            let reply = try await server.http.post(
                "/oauth2/token", form: [("grant_type", "client_credentials")], headers: basic("service", secret))
            let token = try #require(reply["access_token"])
            #expect(try await server.http.authorised("GET", "/revocations", bearer: token).status == 200)
            #expect(server.services.feed.consumers().map(\.name) == ["service"])
        }
    }

    @Test func `a consumer's position is what it has acknowledged in the current epoch`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            try await revokeOne(server)
            let list = try await server.list()
            _ = try await server.http.get("/revocations?consumer=orders&after=\(list.sequence)&epoch=gone")
            #expect(server.services.feed.consumers().first?.acknowledged == nil)
            _ = try await server.http.get("/revocations?consumer=orders&after=\(list.sequence)&epoch=\(list.epoch)")
            #expect(server.services.feed.consumers().first?.acknowledged == list.sequence)
            #expect(server.services.feed.consumers().first?.behind == 0)
        }
    }
}
