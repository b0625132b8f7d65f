import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import Testing

@testable import LatchkeyHTTP

struct SessionCookieTests {
    private let production = SessionCookie(CookieForm(issuer: "https://auth.example.com"))
    private let development = SessionCookie(CookieForm(issuer: "http://localhost:8080"))

    @Test func `names and attributes go by the issuer alone`() {
        #expect(
            production.clearing == "__Host-latchkey_session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
        #expect(
            production.startLine("x") == "__Host-latchkey_start=x; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600")
        #expect(development.clearing == "latchkey_dev_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
        #expect(development.clearingStart == "latchkey_dev_start=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
        #expect(!CookieForm(issuer: "http://auth.example.com").isDevelopment)
    }

    @Test func `two cookies of the name, an empty one and another form's are none`() {
        let name = production.name
        func token(_ cookie: String) -> String? { production.token(in: [.cookie: cookie]) }
        #expect(token("a=b; \(name)=abc; c=d") == "abc")
        #expect(token("\(name)=abc; \(name)=abc") == nil)
        #expect(token("\(name)=") == nil)
        #expect(token("latchkey_dev_session=abc") == nil)
        #expect(token("latchkey_session=abc") == nil)
        #expect(production.ticket(in: [.cookie: "\(name)=abc"]) == nil)
    }
}

struct ForwardAuthQuestionTests {
    private let invalid = Refusal(.invalidRequest, "")

    private func question(_ query: String?) throws -> ForwardAuthQuestion {
        try ForwardAuthQuestion(QueryRule.documented("GET /forward-auth").read(query))
    }

    @Test(
        arguments: [
            nil, "", "scope=openid", "client_id=", "client_id=a%20b&audience=x", "client_id=web&client_id=web",
            "client_id=web&token=yes", "client_id=web&token=0", "client_id=web&redirect=true", "audience=x&redirect=1",
            "client_id=web&scope=a%20%20b", "client_id=web&scope=%22", "client_id=%zz",
            // Misspelt and empty restrictions are none that was meant.
            "client_id=web&roles=admin", "client_id=web&role=", "client_id=web&role", "client_id=web&role[]=admin",
            "client_id=web&scopes=orders", "client_id=web&scope=", "client_id=web&Role=admin",
            "client_id=web&audience=",
            "client_id=web&role=editor&role=", "client_id=web&=admin", "client_id=web&token=", "client_id=web&x=1",
            "client_id=web&role%CC%81=admin",
        ] as [String?])
    func `a question that would let in the wrong ones, or says nothing clear, is refused`(query: String?) {
        #expect(throws: invalid) { try question(query) }
    }

    @Test func `a question asks for client, audience, scope and every role`() throws {
        let question = try question(
            "client_id=web&audience=https%3A%2F%2Fapi.example.com&scope=a%20b&role=editor&role=staff&token=1&redirect=1"
        )
        #expect(question.demand.client == ClientID("web"))
        #expect(question.demand.audience == "https://api.example.com")
        #expect(question.demand.scope == Scope("a b"))
        #expect(question.demand.roles == ["editor", "staff"])
        #expect(question.demand.mintsToken && question.redirects)
    }
}
