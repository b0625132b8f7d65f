import Foundation
import JWTKit
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// The shape of a SET (RFC 8417, SSF 4.1), read by jwt-kit with the published keys.
struct SecurityEventTokenTests {
    struct Subject: Codable, Sendable {
        struct Part: Codable, Sendable {
            let format: String
            let id: String?
            let iss: String?
            let sub: String?
        }
        let format: String
        let session: Part?
        let user: Part?
    }

    struct Payload: JWTPayload {
        let iss: String
        let jti: String
        let iat: Int
        let aud: String
        let txn: String
        let sub_id: Subject
        let events: [String: [String: Event]]

        /// Texts, numbers and the map of a reason, as far as the test looks at them.
        enum Event: Codable, Sendable {
            case number(Int), text(String), texts([String: String])
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Int.self) {
                    self = .number(number)
                } else if let text = try? container.decode(String.self) {
                    self = .text(text)
                } else {
                    self = .texts(try container.decode([String: String].self))
                }
            }
        }

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    @Test(arguments: [JWSAlgorithm.es256, .rs256])
    func `jwt-kit reads a SET that has what it must and no more`(algorithm: JWSAlgorithm) async throws {
        let clock = TestClock()
        try await withServer(Receiver.switchedOn, clock: clock) { server in
            let ada = try await server.addUser()
            try await server.addClient()
            var draft = ClientDraft(id: try #require(ClientID("rp")), kind: .confidential)
            draft.settings.scope = Scope("latchkey:events")
            draft.settings.grants = [.clientCredentials]
            draft.settings.algorithm = algorithm
            let created = try await server.services.clients.create(draft, actor: .operator)
            // A new key is announced before it may sign.
            clock.advance(by: .seconds(2 * 86400))
            let secret = try #require(created.secret).text
            let receiver = try await Receiver(server.http, client: "rp", secret: secret)
            let session = try await server.loginAndLogout()
            let event = try #require(try await receiver.events().first)
            #expect(event.header["typ"]?.string == "secevent+jwt")
            #expect(event.header["alg"]?.string == algorithm.rawValue)
            #expect(event.claims["sub"] == nil)
            #expect(event.claims["exp"] == nil)
            #expect(
                Set(event.claims.members.map(\.name)) == ["iss", "jti", "iat", "aud", "txn", "sub_id", "events"])

            let reader = JWTKeyCollection()
            try await reader.add(jwksJSON: try await server.http.get("/.well-known/jwks.json").text)
            let payload = try await reader.verify(event.token, as: Payload.self)
            #expect(payload.iss == "http://localhost:8080")
            #expect(payload.jti == event.id)
            #expect(payload.iat == Int(clock.now.seconds))
            #expect(payload.aud == "rp")
            #expect(payload.sub_id.format == "complex")
            #expect(payload.sub_id.session?.format == "opaque")
            #expect(payload.sub_id.session?.id == session)
            #expect(payload.sub_id.user?.format == "iss_sub")
            #expect(payload.sub_id.user?.iss == payload.iss)
            #expect(payload.sub_id.user?.sub == ada.id.description)
            #expect(
                Array(payload.events.keys) == ["https://schemas.openid.net/secevent/caep/event-type/session-revoked"])

            let forged = String(event.token.dropLast(6)) + "AAAAAA"
            await #expect(throws: (any Error).self) { try await reader.verify(forged, as: Payload.self) }
            // It opens nothing of ours (RFC 8417 4.5).
            let me = try await server.http.authorised("GET", "/api/v1/me", bearer: event.token)
            #expect(me.status == 401)
        }
    }

    @Test func `several audiences are an array, and later changes of the client do not change them`() async throws {
        try await withServer(Receiver.switchedOn) { server in
            try await server.addUser()
            try await server.addClient()
            let receiver = try await Receiver(server, audiences: ["https://a.example", "https://b.example"])
            let changed = try await server.overSocket.send(
                "PATCH", "/api/v1/admin/clients/receiver", body: #"{"audiences":["https://c.example"]}"#)
            #expect(changed.status == 200)
            _ = try await server.loginAndLogout()
            let event = try #require(try await receiver.events().first)
            #expect(event.claims["aud"]?.strings == ["https://a.example", "https://b.example"])
        }
    }
}
