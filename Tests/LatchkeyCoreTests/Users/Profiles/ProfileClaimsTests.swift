import Foundation
import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct ProfileClaimsTests {
    private func claims(_ json: String) throws -> ProfileClaims {
        try ProfileClaims(try StrictJSON.parseObject(Array(json.utf8)))
    }

    private func expectRefused(_ json: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(throws: Refusal(.invalidRequest, ""), "\(json.prefix(80))", sourceLocation: sourceLocation) {
            try claims(json)
        }
    }

    @Test(arguments: ProfileClaims.reserved)
    func `a claim of the server's own cannot be set`(name: String) {
        expectRefused(#"{"\#(name)":"x"}"#)
        expectRefused(#"{"department":"x","\#(name)":null}"#)
        #expect(!ProfileClaims.isName(name))
    }

    /// What tokens and UserInfo say by themselves, from the code that says it.
    @Test func `what an answer already says is reserved or kept as a standard claim`() throws {
        let user = User(
            id: .generate(at: Timestamp(seconds: 1)), name: "ada", normalisedName: "ada", roles: [], disabled: false,
            mustChangePassword: false, createdAt: Timestamp(seconds: 1))
        var profile = Profile(updatedAt: Timestamp(seconds: 2))
        profile.email = try EmailAddress("ada@example.com")
        profile.displayName = "Ada"
        profile.locale = "en"
        profile.zoneinfo = "UTC"
        let scope = try #require(Scope("openid profile email address phone"))
        for claim in UserClaims.released(to: scope, of: user, profile, Settings.Claims()) {
            #expect(ProfileClaims.reserved.contains(claim.name), "\(claim.name)")
        }
    }

    @Test func `every claim of an ID token is reserved`() throws {
        let now = Timestamp(seconds: 1)
        let claims = IDTokenClaims(
            issuer: "https://auth.example", subject: .generate(at: now), client: try #require(ClientID("app")),
            expiresAt: now, issuedAt: now, authenticatedAt: now, sessionID: .generate(at: now),
            authenticationClass: "1", authenticationMethods: ["pwd"], nonce: "n", accessTokenHash: "h")
        for member in try StrictJSON.parseObject(claims.encode()).members {
            #expect(ProfileClaims.reserved.contains(member.name), "\(member.name)")
        }
    }

    @Test(arguments: [
        #"{"":1}"#, #"{"a b":1}"#, #"{"a\"b":1}"#, #"{"a\\b":1}"#, #"{"a,b":1}"#, #"{"a=b":1}"#, #"{"ä":1}"#,
        #"{"a\u0000b":1}"#, #"{"a":{"ü":1}}"#, #"{"a":[{"b c":1}]}"#, #"{"a":"x\u0007"}"#, #"{"a":["x\u007f"]}"#,
        #"{"a":null}"#, #"{"a":{"b":{"c":{"d":{}}}}}"#, #"{"a":[[[[]]]]}"#, #"{"a":[{"b":[[]]}]}"#,
    ])
    func `names, controls and depth are bounded`(json: String) {
        guard (try? StrictJSON.parseObject(Array(json.utf8))) != nil else { return }
        expectRefused(json)
    }

    @Test func `length is bounded, by the byte`() throws {
        func json(_ length: Int) -> String { #"{"a":""# + String(repeating: "x", count: length - 8) + #""}"# }
        #expect(try claims(json(8192)).text.utf8.count == 8192)
        expectRefused(json(8193))
        expectRefused(json(60_000))
        expectRefused(#"{"\#(String(repeating: "n", count: 129))":1}"#)
        _ = try claims(#"{"\#(String(repeating: "n", count: 128))":1}"#)
        _ = try claims(#"{"a":{"b":{"c":[]}}}"#)
    }

    @Test(arguments: [
        (#"{"given_name":1}"#), (#"{"given_name":""}"#), (#"{"family_name":["x"]}"#), (#"{"picture":"x.png"}"#),
        (#"{"picture":"javascript:alert(1)"}"#), (#"{"picture":"data:text/html,x"}"#), (#"{"website":"https://"}"#),
        (#"{"website":"https://a b"}"#), (#"{"profile":"https://a\"onload=x"}"#), (#"{"profile":"https://ä"}"#),
        (#"{"website":"https://<script>"}"#), (#"{"website":"https:/\u006fx"}"#), (#"{"birthdate":"1815-13-10"}"#),
        (#"{"birthdate":"1815-12"}"#), (#"{"birthdate":"10.12.1815"}"#), (#"{"birthdate":18151210}"#),
        (#"{"birthdate":"1815-00-01"}"#), (#"{"birthdate":"１８１５"}"#), (#"{"address":"Street 1"}"#),
        (#"{"address":{}}"#),
        (#"{"address":{"street":"x"}}"#), (#"{"address":{"country":1}}"#), (#"{"phone_number":"none"}"#),
        (#"{"phone_number":491234}"#), (#"{"phone_number":"+49<b>1"}"#), (#"{"phone_number_verified":"true"}"#),
        (#"{"phone_number_verified":1}"#),
    ])
    func `a standard claim has the form that applications rely on`(json: String) { expectRefused(json) }

    @Test(arguments: [
        #"{"given_name":"Ada","family_name":"Lovelace","nickname":"<b>Ada</b>","gender":"female"}"#,
        #"{"birthdate":"1815-12-10"}"#, #"{"birthdate":"0000-12-10"}"#, #"{"birthdate":"1815"}"#,
        #"{"picture":"https://example.com/ada.png?x=1&y=2#z"}"#, #"{"website":"HTTP://example.com"}"#,
        #"{"address":{"formatted":"1 Street\u000aLondon","country":"UK"}}"#,
        #"{"phone_number":"+44 20 7946 0000","phone_number_verified":true}"#,
        #"{"https://example.com/department":"sales","groups":["a","b"],"level":3,"ratio":0.5,"on":true}"#, "{}",
    ])
    func `good claims are kept, byte for byte`(json: String) throws {
        let kept = try claims(json)
        #expect(Array(kept.text.utf8) == Array(json.utf8))
        #expect(try ProfileClaims(stored: kept.text) == kept)
    }

    @Test func `both spellings of a text stay what they are`() throws {
        for spelling in ["é", "e\u{301}"] {
            #expect(Array(try claims(#"{"a":"\#(spelling)"}"#).text.utf8) == Array(#"{"a":"\#(spelling)"}"#.utf8))
        }
    }
}

struct ProfileTextTests {
    @Test(arguments: [
        "", " ", "\u{200B}", "\u{3000}\u{AD}", "a\nb", "a\u{0}b", "a\u{202E}b", "a\u{85}", "a\u{2029}b",
        String(repeating: "x", count: 129), String(repeating: "x", count: 1_000_000),
    ])
    func `a display name that cannot be seen or is too long is refused`(text: String) {
        #expect(throws: Refusal(.invalidRequest, "")) { try ProfileText.displayName(text) }
    }

    @Test func `a display name is kept composed, with markup and spaces in it`() throws {
        for text in ["Ada Lovelace", "<img src=x onerror=alert(1)>", "O'Brien & \"Sons\"", "李 明", "Jose\u{301}"] {
            let kept = try ProfileText.displayName(text)
            #expect(Array(kept.utf8) == Array(text.precomposedStringWithCanonicalMapping.utf8))
        }
    }

    @Test(arguments: [
        "", "e", "-", "en-", "-en", "en--GB", "en_GB", "en GB", "ën", "englishish", "en-GB-abcdefghi", "1n", "en-ü",
        "en-x",
        "en\u{301}", "en-GB\n", "*", String(repeating: "en-", count: 30) + "GB", "<b>",
    ])
    func `a locale that is no language tag is refused`(text: String) {
        #expect(throws: Refusal(.invalidRequest, "")) { try ProfileText.locale(text) }
    }

    @Test(arguments: ["de", "en-GB", "zh-Hant-TW", "de-CH-1901", "sl-rozaj-biske", "ast", "en-x-klingon"])
    func `language tags are accepted`(text: String) throws { #expect(try ProfileText.locale(text) == text) }

    @Test(arguments: [
        "", "Europe", "/", "Europe/", "/Berlin", "Europe//Berlin", "Europe/../etc", "../../etc/passwd",
        "Europe/Ber lin",
        "Europe/B\u{E4}rlin", "Europe/Berlin\n", "1/2", "A/B/C/D", "utc", "Europe/-x", "Europe\\Berlin",
        "Europe/" + String(repeating: "x", count: 33), String(repeating: "A/", count: 40) + "B", "<b>/<i>",
    ])
    func `a time zone without the form of a name is refused`(text: String) {
        #expect(throws: Refusal(.invalidRequest, "")) { try ProfileText.zoneinfo(text) }
    }

    @Test(arguments: [
        "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Etc/GMT+12",
    ])
    func `time zones are accepted`(text: String) throws { #expect(try ProfileText.zoneinfo(text) == text) }
}
