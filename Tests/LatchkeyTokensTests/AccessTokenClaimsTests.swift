import Foundation
import LatchkeyTokens
import Testing

struct AccessTokenClaimsTests {
    @Test func `what is written is read back`() throws {
        let claims = try Sample.claims()
        #expect(try AccessTokenClaims(parsing: claims.encode()) == claims)
        #expect(claims.userID != nil)
    }

    @Test func `claims of a client stay without what only users have`() throws {
        var claims = try Sample.claims(subject: "web")
        claims.sessionID = nil
        claims.authenticatedAt = nil
        claims.authenticationMethods = []
        claims.roles = []
        claims.scope = Scope()
        let object = try StrictJSON.parseObject(claims.encode())
        #expect(object.members.map(\.name) == ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"])
        #expect(try AccessTokenClaims(parsing: claims.encode()) == claims)
        #expect(claims.userID == nil)
    }

    @Test func `one audience is a string, several are an array`() throws {
        var claims = try Sample.claims()
        #expect(try StrictJSON.parseObject(claims.encode())["aud"] == .string(Sample.audience))
        claims.audience.append("urn:b")
        #expect(try StrictJSON.parseObject(claims.encode())["aud"]?.strings == [Sample.audience, "urn:b"])
        #expect(try AccessTokenClaims(parsing: claims.encode()) == claims)
    }

    @Test func `instants are whole seconds, rounded down`() throws {
        var claims = try Sample.claims()
        claims.issuedAt = Timestamp(milliseconds: 1999)
        #expect(try StrictJSON.parseObject(claims.encode())["iat"] == .integer(1))
    }

    @Test(arguments: ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"])
    func `a refusal names the claim`(name: String) throws {
        let object = try StrictJSON.parseObject(Sample.claims().encode())
        let payload = JSONWriter.object { json in
            for member in object.members where member.name != name { json.member(member.name, member.value) }
        }
        let error = #expect(throws: MalformedToken.self) { try AccessTokenClaims(parsing: payload) }
        #expect(error?.reason == .badClaim)
        #expect(error?.member == name)
    }
}
