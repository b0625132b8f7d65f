import LatchkeyPages
import Testing

/// Names of browsers, for the list of sessions.
struct UserAgentNameTests {
    private static let webKit = "AppleWebKit/537.36 (KHTML, like Gecko)"
    private static let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
    private static let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
    private static let linux = "Mozilla/5.0 (X11; Linux x86_64)"
    private static let android = "Mozilla/5.0 (Linux; Android 14; Pixel 8)"
    private static let iPhone =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    private static let iPad = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"

    static let corpus: [(agent: String, browser: String?, system: String?)] = [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox", "Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "macOS"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox", "Android"),
        ("Mozilla/5.0 (X11; FreeBSD amd64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox", "FreeBSD"),
        ("Mozilla/5.0 (X11; OpenBSD amd64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox", "OpenBSD"),
        ("\(iPhone) FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "Firefox", "iPhone"),
        ("\(iPad) FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "Firefox", "iPad"),
        ("\(android) \(webKit) Version/4.0 Focus/8.0 Chrome/120.0 Mobile Safari/537.36", "Firefox Focus", "Android"),
        ("\(windows) \(webKit) Chrome/156.0.0.0 Safari/537.36", "Chrome", "Windows"),
        ("\(mac) \(webKit) Chrome/156.0.0.0 Safari/537.36", "Chrome", "macOS"),
        ("\(linux) \(webKit) Chrome/156.0.0.0 Safari/537.36", "Chrome", "Linux"),
        ("\(linux) \(webKit) HeadlessChrome/156.0.0.0 Safari/537.36", "Chrome", "Linux"),
        ("\(linux) \(webKit) Ubuntu Chromium/120.0 Chrome/120.0 Safari/537.36", "Chromium", "Linux"),
        ("\(android) \(webKit) Chrome/156.0.0.0 Mobile Safari/537.36", "Chrome", "Android"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) \(webKit) Chrome/156.0.0.0 Safari/537.36", "Chrome", "ChromeOS"),
        ("\(iPhone) CriOS/156.0 Mobile/15E148 Safari/604.1", "Chrome", "iPhone"),
        ("\(mac) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "Safari", "macOS"),
        ("\(iPhone) Version/18.1 Mobile/15E148 Safari/604.1", "Safari", "iPhone"),
        ("\(iPad) Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "iPad"),
        ("\(windows) \(webKit) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0", "Edge", "Windows"),
        ("\(mac) \(webKit) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0", "Edge", "macOS"),
        ("\(android) \(webKit) Chrome/156.0 Mobile Safari/537.36 EdgA/156.0", "Edge", "Android"),
        ("\(iPhone) Version/18.0 EdgiOS/156.0 Mobile/15E148 Safari/604.1", "Edge", "iPhone"),
        ("\(windows) \(webKit) Chrome/64.0 Safari/537.36 Edge/17.17134", "Edge", "Windows"),
        ("\(windows) \(webKit) Chrome/156.0 Safari/537.36 OPR/120.0", "Opera", "Windows"),
        ("\(android) \(webKit) Chrome/150.0 Mobile Safari/537.36 OPR/88.0", "Opera", "Android"),
        ("Opera/9.80 (Windows NT 6.1) Presto/2.12 Version/12.18", "Opera", "Windows"),
        ("\(linux) \(webKit) Chrome/156.0 Safari/537.36 Vivaldi/7.6", "Vivaldi", "Linux"),
        ("\(windows) \(webKit) Chrome/150.0 YaBrowser/25.8 Safari/537.36", "Yandex Browser", "Windows"),
        ("\(android) \(webKit) SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36", "Samsung Internet", "Android"),
        (
            "\(mac) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15 Ddg/18.1", "DuckDuckGo",
            "macOS"
        ),
        ("\(android) \(webKit) Version/4.0 Chrome/150.0 Mobile DuckDuckGo/5 Safari/537.36", "DuckDuckGo", "Android"),
        ("\(linux) \(webKit) Code/1.100 Chrome/140.0 Electron/38.0 Safari/537.36", "Electron", "Linux"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15 Epiphany/605.1.15",
            "GNOME Web", "Linux"
        ),
        ("Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)", "Internet Explorer", "Windows"),
        ("Mozilla/5.0 (Windows NT 6.3; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer", "Windows"),
        (
            "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia) \(webKit) Chrome/52.0 Mobile Safari/537.36 Edge/15.15063",
            "Edge", "Windows Phone"
        ),
        ("curl/8.14.1", "curl", nil),
        ("python-requests/2.32.5", "Python", nil),
        ("okhttp/5.1.0", "OkHttp", nil),
        ("Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8", "Lynx", nil),
        ("Mozilla/5.0 (X11; Linux x86_64) SomethingNew/1.0", nil, "Linux"),
        ("", nil, nil),
        ("<script>alert(1)</script>", nil, nil),
        ("firefox/1 FIREFOX/1 Firefox", nil, nil),
        ("Fire\u{301}fox/1", nil, nil),
        (String(repeating: "x", count: 600) + "Firefox/1", nil, nil),
    ]

    @Test(arguments: corpus)
    func `A browser and its system have their names`(agent: String, browser: String?, system: String?) {
        let name = UserAgentName(agent)
        #expect(name.browser == browser && name.system == system)
    }

    @Test func `The list says it in the language of the page`() throws {
        var entry = SamplePages.session({ $0 }, "1")
        let renderer = try PageRenderer(branding: Branding(name: "Example"))
        let name = { (language: Language) in
            let page = SessionsPage(frame: AccountFrame(username: "ada", fields: []), entries: [entry])
            return try PageDocument(renderer.html(page, PageSetting(language))).all("h2").first?.text
        }
        #expect(try name(.english)?.contains("Firefox on Linux") ?? false)
        #expect(try name(.german)?.contains("Firefox unter Linux") ?? false)
        entry.userAgent = "nothing known"
        #expect(try name(.english)?.contains("Unknown browser") ?? false)
        entry.givenName = "Kitchen"
        #expect(try name(.german)?.contains("Kitchen") ?? false)
    }
}
