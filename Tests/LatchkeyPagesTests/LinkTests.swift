import LatchkeyPages
import Testing

/// Which addresses a page may link to.
struct LinkTests {
    @Test(arguments: [
        "https://orders.example.com", "https://orders.example.com/cb?a=b&c=%20d#f", "http://127.0.0.1:49152/cb",
        "http://[::1]:1/", "HTTPS://orders.example.com/",
    ])
    func `A web address is taken as it is`(text: String) throws {
        #expect(try #require(Link(web: text)).text == text)
        #expect(try #require(Link(redirect: text)).isAppScheme == false)
    }

    @Test(arguments: [
        "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://a",
        "https:", "https:/a", "https://", "https:///a", "https://?a", "https://@b", "https://:80", "//example.com",
        "/path", "",
        " https://a", "https://a b", "https://a\"b", "https://a\nb", "https://a\\b", "https://a<b", "https://ä.example",
        "https\u{301}://a", "blob:https://a/1", "view-source:https://a", "about:blank",
        "https://a/" + String(repeating: "a", count: 17_000),
    ])
    func `Nothing else is a web address`(text: String) { #expect(Link(web: text) == nil) }

    @Test(arguments: ["com.example.app:/cb", "com.example.app://cb?code=1"])
    func `An app's scheme has a dot`(text: String) throws {
        #expect(try #require(Link(redirect: text)).isAppScheme)
        #expect(Link(web: text) == nil)
    }

    @Test(arguments: [
        "app:/cb", "javascript:x.y", "data:a.b", "java.script\n:x", ".com:x y", "1com.example:/", ":x",
        "com.example.app",
    ])
    func `A scheme without one is no app`(text: String) { #expect(Link(redirect: text) == nil) }
}
