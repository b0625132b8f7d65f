import LatchkeyTokens

/// A browser and its system, from `User-Agent`: for a list that the person reads, never for a decision.
package struct UserAgentName: Sendable, Hashable {
    /// Nil when the text names none that we know.
    package let browser: String?
    package let system: String?

    /// Looks at no more than the first ``longest`` bytes.
    package init(_ text: String) {
        let bytes = Array(text.utf8.prefix(Self.longest))
        browser = Self.first(of: Self.browsers, in: bytes)
        system = Self.first(of: Self.systems, in: bytes)
    }

    func text(_ wording: Wording) -> String {
        let browser = browser ?? wording.say(\.account.unknownBrowser)
        return system.map { wording.say(\.account.onSystem, browser, $0) } ?? browser
    }

    private static let longest = 512

    private static func first(of table: [(mark: String, name: String)], in bytes: [UInt8]) -> String? {
        table.first { contains($0.mark.utf8, bytes) }?.name
    }

    /// Whether the bytes of `mark` stand somewhere in `bytes`. Marks are ours.
    private static func contains(_ mark: String.UTF8View, _ bytes: [UInt8]) -> Bool {
        guard let first = mark.first, bytes.count >= mark.count else { return false }
        return (0...(bytes.count - mark.count)).contains { start in
            bytes[start] == first && bytes[start..<(start + mark.count)].elementsEqual(mark)
        }
    }

    /// The first mark that stands in the text decides. Browsers name those that they want to be taken for, so the
    /// ones that are built on others come before them: nearly all name Chrome and Safari.
    private static let browsers: [(mark: String, name: String)] = [
        ("EdgiOS/", "Edge"), ("EdgA/", "Edge"), ("Edg/", "Edge"), ("Edge/", "Edge"),
        ("OPR/", "Opera"), ("OPiOS/", "Opera"), ("OPT/", "Opera"), ("Opera", "Opera"),
        ("Vivaldi/", "Vivaldi"), ("YaBrowser/", "Yandex Browser"), ("SamsungBrowser/", "Samsung Internet"),
        ("DuckDuckGo/", "DuckDuckGo"), ("Ddg/", "DuckDuckGo"), ("Brave/", "Brave"), ("UCBrowser/", "UC Browser"),
        ("Electron/", "Electron"), ("Focus/", "Firefox Focus"), ("FxiOS/", "Firefox"), ("SeaMonkey/", "SeaMonkey"),
        ("PaleMoon/", "Pale Moon"), ("Firefox/", "Firefox"), ("CriOS/", "Chrome"), ("HeadlessChrome/", "Chrome"),
        ("Epiphany/", "GNOME Web"), ("Falkon/", "Falkon"), ("Konqueror/", "Konqueror"), ("Chromium/", "Chromium"),
        ("Chrome/", "Chrome"), ("MSIE ", "Internet Explorer"), ("Trident/", "Internet Explorer"),
        ("Safari/", "Safari"), ("curl/", "curl"), ("Wget/", "Wget"), ("python-requests/", "Python"),
        ("okhttp/", "OkHttp"), ("Lynx/", "Lynx"), ("w3m/", "w3m"),
    ]

    /// Android names Linux, iPhones name Mac OS X, and Windows Phone names both Android and iPhone.
    private static let systems: [(mark: String, name: String)] = [
        ("Windows Phone", "Windows Phone"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("iPod", "iPod"),
        ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"), ("Macintosh", "macOS"),
        ("Mac OS X", "macOS"), ("FreeBSD", "FreeBSD"), ("OpenBSD", "OpenBSD"), ("Linux", "Linux"),
        ("X11", "Unix"),
    ]
}
