import AsyncHTTPClient
import LatchkeyVerifier
import NIOCore
import Testing

/// What is said of a server that cannot be asked.
struct ConnectionTroubleTests {
    @Test func `a missing answer is reported as a timeout`() async throws {
        let target = try #require(ConnectionTrouble.Target(url: "http://auth.example.com"))
        for error in [HTTPClientError.deadlineExceeded, .connectTimeout, .readTimeout] {
            let reason = await ConnectionTrouble.reason(error, target, authorityOption: "")
            #expect(reason == "auth.example.com:80 did not answer in time")
        }
    }

    @Test(arguments: [
        ("http://a", "a", 80, false), ("https://a/b/c", "a", 443, true), ("https://a:8443?x", "a", 8443, true),
        ("http://[::1]:80", "::1", 80, false), ("http://[::1]", "::1", 80, false),
    ])
    func `a URL has a host and a port`(url: String, host: String, port: Int, isTLS: Bool) throws {
        let target = try #require(ConnectionTrouble.Target(url: url))
        #expect(target.host == host)
        #expect(target.port == port)
        #expect(target.isTLS == isTLS)
    }

    @Test(arguments: [
        "", "a", "a:80", "ftp://a", "http://", "http:///a", "http://:80", "http://a:", "http://a:0", "http://a:65536",
        "http://a:99999999999999999999", "http://a:8x", "http://u@a", "http://[::1", "http://[::1]x", "http://a b",
        "http://a\r\n", "http://a\u{301}", "HTTP://a",
    ])
    func `text that is not the URL of a server has no target`(url: String) {
        #expect(ConnectionTrouble.Target(url: url) == nil)
    }
}
