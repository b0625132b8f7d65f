import Foundation
import JWTKit
import LatchkeyTokens
import Testing

/// Our writer against jwt-kit's reader, so that our own reader cannot agree with our mistakes.
struct IndependentReaderTests {
    struct Payload: JWTPayload, Equatable {
        let iss: String
        let sub: String
        let aud: String
        let exp: Int
        let iat: Int
        let jti: String
        let client_id: String
        let scope: String
        let sid: String
        let auth_time: Int
        let amr: [String]
        let roles: [String]

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `jwt-kit verifies our token with our published keys`(algorithm: JWSAlgorithm) async throws {
        let keys = try await TestKeys()
        let claims = try Sample.claims()
        let text = String(decoding: try await keys.sign(claims.encode(), with: algorithm), as: UTF8.self)

        let reader = JWTKeyCollection()
        try await reader.add(jwksJSON: String(decoding: keys.published.encode(), as: UTF8.self))
        let payload = try await reader.verify(text, as: Payload.self)
        #expect(payload.iss == claims.issuer)
        #expect(payload.sub == claims.subject)
        #expect(payload.aud == claims.audience.first)
        #expect(payload.exp == Int(claims.expiresAt.seconds))
        #expect(payload.iat == Int(claims.issuedAt.seconds))
        #expect(payload.jti == claims.tokenID.description)
        #expect(payload.client_id == claims.clientID.description)
        #expect(payload.scope == claims.scope.description)
        #expect(payload.sid == claims.sessionID?.description)
        #expect(payload.auth_time == (claims.authenticatedAt?.seconds).map(Int.init))
        #expect(payload.amr == claims.authenticationMethods)
        #expect(payload.roles == claims.roles)

        let forged = String(text.dropLast(6)) + "AAAAAA"
        await #expect(throws: (any Error).self) { try await reader.verify(forged, as: Payload.self) }
    }
}
