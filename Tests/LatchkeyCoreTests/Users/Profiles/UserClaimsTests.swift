import LatchkeyTokens
import Testing

@testable import LatchkeyCore

/// What each scope releases.
struct UserClaimsTests {
    private static let user = User(
        id: .generate(at: Timestamp(seconds: 5)), name: "Ada", normalisedName: "ada", roles: ["admin"],
        disabled: false, mustChangePassword: false, createdAt: Timestamp(seconds: 5))

    private func full() throws -> Profile {
        var profile = Profile(updatedAt: Timestamp(seconds: 77))
        profile.email = try EmailAddress("Ada@example.com")
        profile.emailVerifiedAt = Timestamp(seconds: 6)
        profile.displayName = "Ada <b>Lovelace</b>"
        profile.locale = "en-GB"
        profile.zoneinfo = "Europe/London"
        profile.claims = try ProfileClaims(
            StrictJSON.parseObject(
                Array(
                    #"{"department":"sales","given_name":"Ada","phone_number":"+44 1","cost_center":7,"address":{"country":"UK"},"family_name":"L","picture":"https://a.example/p"}"#
                        .utf8)))
        return profile
    }

    private func names(
        _ scope: String, _ profile: Profile?, _ released: [String] = []
    ) throws -> [String] {
        var configuration = Settings.Claims()
        configuration.scopes = try released.map { try #require(ReleasedClaims($0)) }
        return UserClaims.released(to: try #require(Scope(scope)), of: Self.user, profile, configuration).map(\.name)
    }

    @Test func `each scope releases its own claims and no others`() throws {
        let profile = try full()
        #expect(try names("openid", profile) == [])
        #expect(try names("", profile) == [])
        #expect(try names("openid Profile EMAIL emai email2 roles department", profile) == [])
        #expect(
            try names("openid profile", profile) == [
                "name", "preferred_username", "given_name", "family_name", "picture", "locale", "zoneinfo",
                "updated_at",
            ])
        #expect(try names("email", profile) == ["email", "email_verified"])
        #expect(try names("address", profile) == ["address"])
        #expect(try names("phone", profile) == ["phone_number", "phone_number_verified"])
    }

    @Test func `the operator's claims need their scope, and stand once`() throws {
        let profile = try full()
        let released = ["staff=department cost_center missing", "profile=department given_name", "openid=cost_center"]
        #expect(try names("staff", profile, released) == ["department", "cost_center"])
        #expect(try names("openid staff", profile, released) == ["department", "cost_center"])
        #expect(try names("openid", profile, released) == ["cost_center"])
        #expect(try names("profile staff", profile, released).filter { $0 == "department" }.count == 1)
        #expect(try names("email", profile, released) == ["email", "email_verified"])
    }

    @Test func `a user without profile has a name to sign in with and nothing else`() throws {
        #expect(try names("openid profile email address phone", nil) == ["preferred_username", "updated_at"])
        let claims = UserClaims.released(
            to: try #require(Scope("profile")), of: Self.user, nil, Settings.Claims())
        #expect(claims.last?.value == .integer(5))
    }

    @Test func `an address stands beside whether it is verified, as a boolean`() throws {
        var profile = try full()
        func verified() -> JSONValue? {
            UserClaims.released(to: Scope("email") ?? Scope(), of: Self.user, profile, Settings.Claims()).last?.value
        }
        #expect(verified() == .bool(true))
        profile.emailVerifiedAt = nil
        #expect(verified() == .bool(false))
        profile.email = nil
        #expect(try names("email", profile) == [])
        profile.claims = try ProfileClaims(
            StrictJSON.parseObject(Array(#"{"phone_number_verified":true}"#.utf8)))
        #expect(try names("phone", profile) == [])
    }

    @Test(arguments: [
        "", "=", "staff", "staff=", "=department", "staff= ", "latchkey:admin=x", "latchkey:x=x", "offline_access=x",
        "st aff=x", "staff=sub", "staff=roles", "staff=department email", "staff=\"x\"", "stäff=x", "staff=ü",
        "staff=a=b",
        "staff=a,b",
    ])
    func `what would release nothing, or a claim of the server's own, is no setting`(text: String) {
        #expect(ReleasedClaims(text) == nil)
    }
}

struct LoginHintTests {
    @Test func `a hint means a user by id, name or address, and nobody else`() throws {
        let user = User(
            id: .generate(at: Timestamp(seconds: 5)), name: "Jörg", normalisedName: "jörg", roles: [], disabled: false,
            mustChangePassword: false, createdAt: Timestamp(seconds: 5))
        var profile = Profile(updatedAt: Timestamp(seconds: 5))
        profile.email = try EmailAddress("Jörg@Example.com")
        for hint in [user.id.description, "jörg", "JO\u{308}RG", "jörg@example.com", "JO\u{308}RG@EXAMPLE.COM"] {
            #expect(LoginHint.means(hint, user, profile), "\(hint)")
        }
        let other = UserID.generate(at: Timestamp(seconds: 6)).description
        for hint in ["", " ", "jorg", other, user.id.description.uppercased() + "x", "jörg@example.org", "<b>", "@"] {
            #expect(!LoginHint.means(hint, user, profile), "\(hint)")
        }
        #expect(!LoginHint.means("jörg@example.com", user, nil))
    }
}
