import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens
import Testing

struct RefreshCookieTests {
    private let production = RefreshCookie(CookieForm(issuer: "https://auth.example.com"))
    private let development = RefreshCookie(CookieForm(issuer: "http://localhost:8080"))

    @Test(arguments: [
        "https://localhost", "https://127.0.0.1:8443", "http://auth.example.com", "http://localhost.example.com",
        "http://127.example.com", "http://[2001:db8::1]:8080", "http://localhost@evil.example", "",
    ])
    func `no other issuer than plain http on loopback gets the cookie without Secure`(issuer: String) throws {
        let id = try #require(ClientID("spa"))
        #expect(RefreshCookie(CookieForm(issuer: issuer)).name(for: id) == "__Host-latchkey_refresh_spa")
        #expect(RefreshCookie(CookieForm(issuer: issuer)).clearing(for: id).contains("; Secure;"))
    }

    @Test(arguments: [
        "http://localhost", "http://localhost:8080", "http://app.localhost:8080/auth", "http://127.0.0.1:8080",
        "http://127.8.8.8", "http://[::1]:8080",
    ])
    func `plain http on loopback gets the development form`(issuer: String) throws {
        let id = try #require(ClientID("spa"))
        #expect(RefreshCookie(CookieForm(issuer: issuer)).name(for: id) == "latchkey_dev_refresh_spa")
        #expect(!RefreshCookie(CookieForm(issuer: issuer)).clearing(for: id).contains("Secure"))
    }

    @Test func `clearing repeats every attribute, for a browser would keep the cookie otherwise`() throws {
        let id = try #require(ClientID("shop.web-1"))
        #expect(
            production.clearing(for: id)
                == "__Host-latchkey_refresh_shop.web-1=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
        #expect(
            development.clearing(for: id)
                == "latchkey_dev_refresh_shop.web-1=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
    }

    @Test func `another client's cookie, a planted twin and an empty one are no token`() throws {
        let id = try #require(ClientID("spa"))
        let name = production.name(for: id)
        func token(_ cookie: String) -> String? { production.token(in: [.cookie: cookie], for: id) }
        #expect(token("__Host-latchkey_refresh_other=abc") == nil)
        #expect(token("latchkey_dev_refresh_spa=abc") == nil)
        #expect(token("\(name)=abc; \(name)=def") == nil)
        #expect(token("\(name)=abc; \(name)=abc") == nil)
        #expect(token("\(name)=") == nil)
        #expect(production.token(in: [:], for: id) == nil)
        #expect(token("theme=dark; \(name)=abc; lang=de") == "abc")
    }
}
