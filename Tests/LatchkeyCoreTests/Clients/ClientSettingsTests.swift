import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct ClientSettingsTests {
    /// Every field has a value here, none of them the one that it begins with.
    private let full = ClientSettings {
        $0.firstParty = true
        $0.origins = ["https://a.example", "https://b.example"]
        $0.redirectURIs = ["https://a.example/cb"]
        $0.loginURI = "https://a.example/login"
        $0.audiences = ["api"]
        $0.scope = Scope("openid orders:read")
        $0.grants = [.clientCredentials]
        $0.algorithm = .edDSA
        $0.accessLifetime = .seconds(60)
        $0.idleLifetime = .seconds(3600)
        $0.absoluteLifetime = .seconds(86400)
        $0.name = "M\u{FC}ller & S\u{F6}hne"
        $0.consent = .never
        $0.pkce = .optional
        $0.postLogoutRedirectURIs = ["https://a.example/out"]
        $0.idTokenAlgorithm = .edDSA
        $0.idTokenClaims = true
        $0.accessTokenType = .plain
        $0.essentialACR = true
        $0.policyURI = "https://a.example/policy"
        $0.termsURI = "https://a.example/terms"
        $0.clientURI = "https://a.example/"
    }

    private func text(_ settings: ClientSettings, over old: String = "{}") throws -> String {
        String(decoding: try settings.stored(over: Array(old.utf8)), as: UTF8.self)
    }

    private func read(_ text: String) throws -> ClientSettings { try ClientSettings(stored: Array(text.utf8)) }

    @Test func `every property has one entry in the list of fields, and names are used once`() {
        let fields = ClientSettings.fields
        #expect(fields.count == Mirror(reflecting: ClientSettings()).children.count)
        #expect(Set(fields.map { $0.path as AnyKeyPath }).count == fields.count)
        for names in [fields.map(\.name), fields.map(\.option), fields.map(\.title)] {
            #expect(Set(names).count == fields.count)
        }
        // Members of a client's JSON that are no settings.
        #expect(Set(fields.map(\.name)).isDisjoint(with: ["id", "kind", "disabled", "created_at", "client_secret"]))
    }

    @Test func `every field reads back as it was stored, and takes away what was there`() throws {
        let empty = ClientSettings()
        #expect(try read(text(full)) == full)
        #expect(try read(text(empty)) == empty)
        for field in ClientSettings.fields {
            #expect(field.value(in: full) != field.value(in: empty), "\(field.name) is not set in this test")
            var changed = full
            field.clear(&changed)
            #expect(field.value(in: changed) == field.value(in: empty), "\(field.name)")
            #expect(try read(text(changed, over: text(full))) == changed, "\(field.name)")
            #expect(try read(text(full, over: text(changed))) == full, "\(field.name)")
        }
    }

    @Test func `what this program does not know survives an update, byte for byte and in its place`() throws {
        let odd = #""a\u0301b": 1e3, "e\"x" : {"scope": [ 1.50, "\/" ]}"#
        let old = #"{ "zzz":null,"# + odd + #","audiences":["x"],"scope":"openid","A":[ ],"first_party":true}"#
        var settings = try read(old)
        settings.audiences = ["y"]
        settings.scope = nil
        settings.accessLifetime = .seconds(30)
        let new = try text(settings, over: old)
        #expect(
            new == #"{"zzz":null,"áb":1e3,"e\"x":{"scope": [ 1.50, "\/" ]},"audiences":["y"],"A":[ ],"#
                + #""first_party":true,"origins":[],"redirect_uris":[],"grants":[],"access_ttl_seconds":30,"#
                + #""consent":"ask","pkce":"required","post_logout_redirect_uris":[],"id_token_claims":false,"#
                + #""access_token_typ":"at+jwt","essential_acr":false}"#)
        #expect(try read(new) == settings)
        // And again, by the program that wrote it.
        settings.audiences = ["x"]
        #expect(try text(settings, over: new).contains(#""zzz":null,"áb":1e3"#))
    }

    @Test func `a grant that this program does not know is not allowed, and is not taken away by other changes`() throws
    {
        let old = #"{"grants":["refresh_token", "urn:future"]}"#
        var settings = try read(old)
        #expect(settings.grants == [.refreshToken])
        settings.audiences = ["api"]
        #expect(try text(settings, over: old).contains(#""grants":["refresh_token", "urn:future"]"#))
        settings.grants = []
        #expect(try text(settings, over: old).contains(#""grants":[]"#))
    }

    @Test(arguments: [
        "", "[]", "{", #"{"scope":1}"#, #"{"scope":"a  b"}"#, #"{"algorithm":"none"}"#, #"{"first_party":"yes"}"#,
        #"{"origins":"x"}"#, #"{"origins":[1]}"#, #"{"access_ttl_seconds":60.5}"#, #"{"access_ttl_seconds":"60"}"#,
        #"{"audiences":["a"],"audiences":["b"]}"#, #"{"grants":{}}"#, "{\"login_uri\":\"\u{0}\"}",
        #"{"consent":"sometimes"}"#, #"{"consent":true}"#, #"{"pkce":"Optional"}"#, #"{"pkce":""}"#,
        #"{"access_token_typ":"jwt"}"#, #"{"id_token_algorithm":"none"}"#, #"{"essential_acr":1}"#, "\u{FEFF}{}",
    ])
    func `a text that is not what we store is no settings at all`(text: String) {
        #expect(throws: (any Error).self) { try read(text) }
        #expect(throws: (any Error).self) { try full.stored(over: Array(text.utf8)) }
    }

    @Test func `a null is no value`() throws {
        let nothing = ClientSettings.fields.map { #""\#($0.name)":null"# }.joined(separator: ",")
        #expect(try read("{\(nothing)}") == ClientSettings())
    }

    @Test func `a field's bounds are those that it is declared with`() throws {
        let rules = ClientRules(settings: Settings(issuer: "https://auth.example.com"))
        func validated(_ change: (inout ClientSettings) -> Void) throws -> Client {
            var settings = full
            change(&settings)
            return try rules.validated(
                Client(
                    id: try #require(ClientID("app")), kind: .confidential, settings: settings,
                    createdAt: Timestamp(seconds: 1)))
        }
        _ = try validated { _ in }
        for field in ClientSettings.fields {
            switch field.form {
            case .seconds(let range):
                for seconds in [range.lowerBound - 1, range.upperBound + 1, 0, -1, .max] {
                    #expect(throws: Refusal(.invalidRequest, "")) {
                        try validated { _ = field.read(.integer(seconds), &$0) }
                    }
                }
            case .list(let most):
                let many = (0...most).map { JSONValue.string("https://a\($0).example") }
                #expect(throws: Refusal(.invalidRequest, "")) { try validated { _ = field.read(.array(many), &$0) } }
            case .flag, .text, .words, .choice, .choices: break
            }
        }
    }
}
