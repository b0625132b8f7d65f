import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct RedirectURIMatchTests {
    private static let web = "https://app.example.com/cb"

    /// Each differs from the registered URI by what some parser would call nothing.
    private static let tricks = [
        "", "https://app.example.com/cb/", "https://app.example.com/CB", "https://APP.example.com/cb",
        "HTTPS://app.example.com/cb", "http://app.example.com/cb", "https://app.example.com:443/cb",
        "https://app.example.com:8443/cb", "https://app.example.com/cb?", "https://app.example.com/cb?x=1",
        "https://app.example.com/cb&x=1", "https://app.example.com/cb#", "https://app.example.com/cb#x",
        "https://app.example.com/cb/../cb", "https://app.example.com/./cb", "https://app.example.com//cb",
        "https://app.example.com/x/../cb", "https://app.example.com/x/%2e%2e/cb", "https://app.example.com/%2e/cb",
        "https://app.example.com/cb%2F", "https://app.example.com/%63b", "https://app.example.com/cb%00",
        "https://app.example.com/cb%0d%0aSet-Cookie:x", "https://app%2Eexample.com/cb", "https://app.example%2ecom/cb",
        "https://user@app.example.com/cb", "https://app.example.com@evil.example/cb",
        "https://app.example.com:x@evil.example/cb", "https://evil.example/?https://app.example.com/cb",
        "https://evil.example#https://app.example.com/cb", "https://app.example.com.evil.example/cb",
        "https://evilapp.example.com/cb", "https://evil.example\\@app.example.com/cb",
        "https://app.example.com\\@evil.example/cb", "https:\\\\app.example.com\\cb", "https:/app.example.com/cb",
        "https:app.example.com/cb", "//app.example.com/cb", "/cb", "https://app.example.com./cb",
        "https://\u{430}pp.example.com/cb", "https://xn--pp-7kc.example.com/cb",
        "https://app\u{3002}example.com/cb", "https://app.example.com\u{FF0F}cb", "https://app.\u{FF45}xample.com/cb",
        "https://app.example.com/c\u{301}b", " https://app.example.com/cb", "https://app.example.com/cb ",
        "\thttps://app.example.com/cb", "https://app.example.com/\tcb", "ht\ttps://app.example.com/cb",
        "https://app.example.com/cb\n", "https://app.example.com/cb\r\n", "https://app.example.com\t/cb",
        "https://app.example.com/cb;x", "https://app.example.com/cb.", "javascript://app.example.com/cb",
        "data:https://app.example.com/cb", "https://app.example.com/*",
    ]

    @Test(arguments: tricks, Client.Kind.allCases)
    func `a URI that is not byte for byte the registered one is another one`(uri: String, kind: Client.Kind) {
        #expect(!RedirectURIMatch.matches(uri, registered: Self.web, kind: kind))
    }

    @Test(arguments: [
        web, "https://app.example.com/cb?x=1&y=%2F", "com.example.app:/cb", "com.example.app://cb",
        "http://127.0.0.1/cb", "http://127.0.0.1:4711", "http://localhost?x=1",
    ])
    func `the registered URI matches itself, for every client`(uri: String) {
        for kind in Client.Kind.allCases { #expect(RedirectURIMatch.matches(uri, registered: uri, kind: kind)) }
    }

    private static let hosts = ["http://127.0.0.1", "http://[::1]", "http://localhost"]
    private static let ends = ["", "/", "/cb", "/cb?x=1", "?x=1"]

    @Test(arguments: hosts, ends)
    func `a public client's loopback URI matches with any port, with and without one that is registered`(
        host: String, end: String
    ) {
        for registered in [host + end, "\(host):80\(end)", "\(host):4711\(end)"] {
            for port in ["", ":1", ":80", ":443", ":8080", ":65535"] {
                let uri = host + port + end
                #expect(RedirectURIMatch.matches(uri, registered: registered, kind: .public), "\(uri) \(registered)")
                // A server of its own has a port of its own.
                #expect(
                    RedirectURIMatch.matches(uri, registered: registered, kind: .confidential) == (uri == registered))
            }
        }
    }

    /// Each is tried with a port that is not registered, so that only the rule for ports could let it pass.
    private static let loopbackTricks = [
        "http://127.0.0.1:4711", "http://127.0.0.1:4711/", "http://127.0.0.1:4711/CB", "http://127.0.0.1:4711/cb/",
        "http://127.0.0.1:4711/cb?x=1", "http://127.0.0.1:4711/cb#x", "http://127.0.0.1:4711/./cb",
        "http://127.0.0.1:4711/%63b", "http://127.0.0.1:4711//cb", "http://127.0.0.1:4711\\cb",
        "http://127.0.0.1:/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:04711/cb", "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:99999/cb", "http://127.0.0.1:100000/cb", "http://127.0.0.1:-1/cb", "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:8 0/cb", "http://127.0.0.1:80\t/cb", "http://127.0.0.1:\u{661}/cb",
        "http://127.0.0.1:4711:4711/cb", "http://127.0.0.1:4711@evil.example/cb", "http://127.0.0.1:@evil.example/cb",
        "http://127.0.0.1@evil.example/cb", "http://user@127.0.0.1:4711/cb", "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1.evil.example:4711/cb", "http://127.0.0.1:4711.evil.example/cb", "http://127.0.0.12/cb",
        "http://127.0.0.2:4711/cb", "http://127.1:4711/cb", "http://127.0.0.01:4711/cb", "http://0127.0.0.1:4711/cb",
        "http://127.000.000.001:4711/cb", "http://2130706433:4711/cb", "http://0x7f.0.0.1:4711/cb",
        "http://0.0.0.0:4711/cb", "http://localhost:4711/cb", "http://[::1]:4711/cb",
        "http://[::ffff:127.0.0.1]:4711/cb", "https://127.0.0.1:4711/cb", "HTTP://127.0.0.1:4711/cb",
        "http:/127.0.0.1:4711/cb", "http://127%2e0.0.1:4711/cb", "http://127.0.0.1%3a4711/cb",
    ]

    @Test(arguments: loopbackTricks)
    func `nothing but the port of a loopback URI is free`(uri: String) {
        #expect(!RedirectURIMatch.matches(uri, registered: "http://127.0.0.1/cb", kind: .public))
        #expect(!RedirectURIMatch.matches(uri, registered: "http://127.0.0.1:8080/cb", kind: .public))
    }

    @Test(arguments: [
        ("http://[::1]/cb", "http://[0:0:0:0:0:0:0:1]:4711/cb"), ("http://[::1]/cb", "http://[::01]:4711/cb"),
        ("http://[::1]/cb", "http://[0::1]:4711/cb"), ("http://[::1]/cb", "http://[::1%25lo]:4711/cb"),
        ("http://[::1]/cb", "http://[::1]x:4711/cb"), ("http://[::1]/cb", "http://::1:4711/cb"),
        ("http://[::1]/cb", "http://127.0.0.1:4711/cb"), ("http://[::1]/cb", "http://[::1]@evil.example:1/cb"),
        ("http://localhost/cb", "http://LOCALHOST:4711/cb"), ("http://localhost/cb", "http://localhost.:4711/cb"),
        ("http://localhost/cb", "http://localhost.evil.example:4711/cb"),
        ("http://localhost/cb", "http://localhosts:4711/cb"), ("http://localhost/cb", "http://app.localhost:4711/cb"),
        ("http://localhost/cb", "http://127.0.0.1:4711/cb"), ("http://localhost", "http://localhost:4711/"),
        ("http://localhost/", "http://localhost:4711"),
        // Only these three hosts are free.
        ("http://127.0.0.2/cb", "http://127.0.0.2:4711/cb"), ("http://app.localhost/cb", "http://app.localhost:1/cb"),
        ("https://127.0.0.1/cb", "https://127.0.0.1:4711/cb"), ("https://localhost/cb", "https://localhost:4711/cb"),
        ("https://app.example.com/cb", "https://app.example.com:4711/cb"),
        ("com.example.app://localhost/cb", "com.example.app://localhost:4711/cb"),
        ("com.example.app:/cb", "com.example.app:///cb"), ("com.example.app:/cb", "com.example.app://cb"),
        ("com.example.app:/cb", "COM.example.app:/cb"), ("com.example.app:/cb", "com.example.app.evil:/cb"),
    ])
    func `another spelling of a host is another host`(registered: String, uri: String) {
        #expect(!RedirectURIMatch.matches(uri, registered: registered, kind: .public))
    }

    @Test func `any of a client's URIs will do, and none when it has none`() throws {
        func client(_ uris: [String]) throws -> Client {
            Client(
                id: try #require(ClientID("app")), kind: .public,
                settings: ClientSettings { $0.redirectURIs = uris }, createdAt: Timestamp(seconds: 1))
        }
        let both = try client([Self.web, "http://127.0.0.1/cb"])
        #expect(both.registers(redirectURI: Self.web))
        #expect(both.registers(redirectURI: "http://127.0.0.1:4711/cb"))
        #expect(!both.registers(redirectURI: "http://127.0.0.1:4711/"))
        #expect(try !client([]).registers(redirectURI: Self.web))
        #expect(try !client([]).registers(redirectURI: ""))
    }
}
