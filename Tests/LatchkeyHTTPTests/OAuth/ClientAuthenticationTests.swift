import Foundation
import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens
import Testing

struct ClientAuthenticationTests {
    private func basic(_ text: String) -> HTTPFields {
        [.authorization: "Basic " + Data(text.utf8).base64EncodedString()]
    }

    private func refusal(_ fields: HTTPFields, id: String? = nil, secret: String? = nil) -> Refusal.Code? {
        do {
            _ = try ClientAuthentication(fields, bodyID: id, bodySecret: secret)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `two methods at once are refused`() {
        #expect(refusal(basic("app:secret"), secret: "secret") == .invalidRequest)
        #expect(refusal(basic("app:secret"), id: "app", secret: "secret") == .invalidRequest)
    }

    @Test func `the body must not name another client than the header`() throws {
        #expect(refusal(basic("app:secret"), id: "other") == .invalidRequest)
        let same = try ClientAuthentication(basic("app:secret"), bodyID: "app", bodySecret: nil)
        #expect(same?.id.description == "app")
        #expect(same?.secret == ClientSecret("secret"))
    }

    @Test func `a secret without a name is refused`() {
        #expect(refusal([:], secret: "secret") == .invalidRequest)
    }

    @Test(arguments: ["a b", "äpp", "0193e8f0-0000-7000-8000-000000000000", "-/-"])
    func `a name that no client can have fails like a wrong secret`(name: String) {
        #expect(refusal([:], id: name) == .invalidClient)
    }

    @Test(arguments: ["app", "app:%zz", ":secret", ""])
    func `malformed Basic credentials fail like a wrong secret`(text: String) {
        #expect(refusal(basic(text)) == .invalidClient)
    }

    @Test func `each part of Basic is form-decoded, so that any secret survives`() throws {
        let found = try ClientAuthentication(basic("app:a%3Ab+c%25%2Bd"), bodyID: nil, bodySecret: nil)
        #expect(found?.secret == ClientSecret("a:b c%+d"))
    }

    @Test func `an empty secret in Basic counts as none`() throws {
        let found = try ClientAuthentication(basic("spa:"), bodyID: nil, bodySecret: nil)
        #expect(found?.id.description == "spa")
        #expect(found?.secret == nil)
    }

    @Test func `a request that names no client has none`() throws {
        #expect(try ClientAuthentication([:], bodyID: nil, bodySecret: nil) == nil)
        let bearer: HTTPFields = [.authorization: "Bearer abc"]
        #expect(try ClientAuthentication(bearer, bodyID: nil, bodySecret: nil) == nil)
    }
}
