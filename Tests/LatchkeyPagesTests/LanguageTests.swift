import LatchkeyPages
import LatchkeyTokens
import Testing

/// Which language a page speaks, and that it speaks no other.
struct LanguageTests {
    @Test(arguments: [
        ("de", Language.german), ("de-AT", .german), ("DE-at", .german), ("en-GB-oed", .english), ("en", .english),
    ])
    func `A tag names a language by its first part`(tag: String, language: Language) {
        #expect(Language(tag: tag) == language)
    }

    @Test(arguments: [
        "", "d", "fr", "deu", "de_AT", "de AT", "e\u{301}n", "en\u{301}", "\u{FF44}e", "de;q=1", "<script>", "-de", "*",
        String(repeating: "de-", count: 20),
    ])
    func `Anything else names none`(tag: String) { #expect(Language(tag: tag) == nil) }

    @Test(arguments: [
        (["de"], Language.german), (["fr, de;q=0.5, en;q=0.4"], .german), (["en;q=0.3,de;q=0.8"], .german),
        (["de;q=0,en;q=0.1"], .english), (["fr", "de-CH"], .german), (["en;q=1.0, de"], .english),
        (["de ; q=0.9 , en;Q=0.8"], .german),
    ])
    func `The highest weight decides, of equal ones the first`(lines: [String], language: Language) {
        let other: Language = language == .english ? .german : .english
        #expect(Language.chosen(request: [], acceptLanguage: lines, standard: other) == language)
    }

    @Test(arguments: [
        [], [""], ["fr"], ["*"], ["de;q=0"], ["de;q=2"], ["de;q=0.1234"], ["de;q=-1"], ["de;q="], ["de;level=1"],
        ["de;q=1;x"], ["de\u{301}"], [","], ["de;q=１"], [String(repeating: "fr,", count: 20) + "de"],
        [String(repeating: " ", count: 2000) + "de"],
    ])
    func `Without one of ours, the standard`(lines: [String]) {
        #expect(Language.chosen(request: [], acceptLanguage: lines, standard: .english) == .english)
    }

    @Test func `The request comes before what was chosen before, and that before the browser`() {
        let chosen = { (request: [String], preferred: String?) in
            Language.chosen(request: request, preferred: preferred, acceptLanguage: ["de"], standard: .german)
        }
        #expect(chosen(["en"], "de") == .english && chosen(["fr", "en"], nil) == .english)
        #expect(chosen([], "en-US") == .english && chosen(["fr"], "xx") == .german)
        #expect(chosen(Array(repeating: "fr", count: 16) + ["en"], nil) == .german)
    }

    @Test(arguments: [
        (nil, "ui_locales=de"), ("", "ui_locales=de"), ("a=b&ui_locales=fr&c=%2F", "a=b&c=%2F&ui_locales=de"),
        ("ui_locales=en&ui_locales", "ui_locales=de"), ("ui_localesx=1", "ui_localesx=1&ui_locales=de"),
        ("state=a+b%20c&&x", "state=a+b%20c&x&ui_locales=de"),
    ])
    func `A link to another language keeps the rest of the query`(query: String?, expected: String) throws {
        let setting = PageSetting(.english, path: "/account", query: query)
        let renderer = try PageRenderer(branding: Branding(name: "Example"))
        let document = try PageDocument(renderer.html(StartAgainPage(.tooOld), setting))
        let link = try #require(document.all("a").first { $0["hreflang"] == "de" })
        #expect(link["href"] == "/account?\(expected)")
    }

    @Test(arguments: ["a=\"><script>", "a=b c", "a=\u{FC}", "a='\\"])
    func `A query with characters that no query has is not linked`(query: String) throws {
        let setting = PageSetting(.english, path: "/account", query: query)
        let renderer = try PageRenderer(branding: Branding(name: "Example"))
        let document = try PageDocument(renderer.html(StartAgainPage(.tooOld), setting))
        #expect(document.all("a").first { $0["hreflang"] == "de" }?["href"] == "/account")
    }

    @Test(arguments: Language.allCases)
    func `Every text comes from the language's file`(language: Language) throws {
        let renderer = try PageRenderer(branding: Branding(name: "1"))
        let wording = Wording(language) { "[\($0)~~~~~~]" }
        // Values of strangers are digits, so that every letter left over is ours and untranslated.
        for sample in SamplePages.all({ _ in "1" }) where !sample.name.hasPrefix("sessions") {
            let document = try PageDocument(renderer.html(sample.page, PageSetting(wording)))
            let title = try #require(document.all("title").first?.text)
            #expect(title.hasPrefix("[") && title.hasSuffix("~~~~~~] – 1"), "\(sample.name)")
            let body = try #require(document.all("body").first?.text)
            let rest = Self.outside(body).replacing(#/https?:|HTMLFormElement.*/#, with: "")
            let known = [
                "openid", "profile", "email", "address", "phone", "offline_access", "orders:read", "5f3a9c0e1b2d4f68",
            ]
            let left = known.reduce(rest) { $0.replacing($1, with: "") }
            #expect(!left.contains { $0.isLetter }, "\(sample.name): \(left.filter { !$0.isWhitespace })")
            for element in document.elements {
                for name in ["aria-label", "alt", "placeholder", "title", "data-text", "data-label"] {
                    guard let text = element[name], !text.isEmpty else { continue }
                    #expect(text.hasPrefix("["), "\(sample.name): \(name)=\(text)")
                }
            }
        }
    }

    @Test func `German and English say nothing in the other's words`() throws {
        let renderer = try PageRenderer(branding: Branding(name: "1"))
        for sample in SamplePages.all({ _ in "1" }) {
            let texts = try Language.allCases.map {
                try PageDocument(renderer.html(sample.page, PageSetting($0))).all("h1").first?.text ?? ""
            }
            #expect(texts[0] != texts[1] || ["profile"].contains { sample.name.hasPrefix($0) }, "\(sample.name)")
        }
    }

    @Test func `Names in sentences are isolated where they may turn the direction`() throws {
        let renderer = try PageRenderer(branding: Branding(name: "Example"))
        let heading = { (name: String) in
            let client = ShownClient(name: name, host: nil, isFirstParty: true)
            let html = renderer.html(SignInPage(client: client, fields: []), PageSetting(.english))
            return try PageDocument(html).all("h1").first?.text
        }
        #expect(try heading("Café Orders") == "Sign in to Café Orders")
        #expect(try heading("متجر") == "Sign in to \u{2068}متجر\u{2069}")
        #expect(try heading("a\u{202E}b\u{2069}") == "Sign in to \u{2068}a\u{FFFD}b\u{FFFD}\u{2069}")
    }

    @Test func `The window of a page with a complaint names the application as the page does`() throws {
        let renderer = try PageRenderer(branding: Branding(name: "Example"))
        let client = ShownClient(name: "Ada’s Album", host: nil, isFirstParty: true)
        let html = renderer.html(SignInPage(client: client, trouble: .wrong, fields: []), PageSetting(.english))
        let title = try PageDocument(html).all("title").first?.text
        #expect(title == "Error: Sign in to \u{2068}Ada’s Album\u{2069} – Example")
    }

    @Test(arguments: [
        (Timestamp(seconds: 0), Language.english, "1 Jan 1970, 00:00 UTC", "1970-01-01T00:00:00Z"),
        (SamplePages.noon, .german, "29. Nov. 2026, 12:02 UTC", "2026-11-29T12:02:07Z"),
        (Timestamp(seconds: 951_782_400), .german, "29. Feb. 2000, 00:00 UTC", "2000-02-29T00:00:00Z"),
        (Timestamp(seconds: -1), .english, "31 Dec 1969, 23:59 UTC", "1969-12-31T23:59:59Z"),
    ])
    func `A time is written for people and for the script`(
        instant: Timestamp, language: Language, people: String, machine: String
    ) throws {
        let time = try times(instant, language)
        #expect(time.text == people && time["datetime"] == machine)
    }

    @Test(arguments: [Int64.min, .max, 1 << 50, -(1 << 50)])
    func `A time out of all calendars is still a page`(milliseconds: Int64) throws {
        _ = try times(Timestamp(milliseconds: milliseconds), .german)
    }

    private func times(_ instant: Timestamp, _ language: Language) throws -> PageDocument.Element {
        var entry = SamplePages.session({ $0 }, "1")
        (entry.begun, entry.lastActive, entry.ends) = (instant, nil, nil)
        let frame = AccountFrame(username: "ada", fields: [])
        let renderer = try PageRenderer(branding: Branding(name: "Example"))
        let html = renderer.html(SessionsPage(frame: frame, entries: [entry]), PageSetting(language))
        return try #require(try PageDocument(html).all("time").first)
    }

    /// What stands outside of all brackets.
    private static func outside(_ text: String) -> String {
        var depth = 0
        var outside = ""
        for character in text {
            if character == "[" { depth += 1 }
            if depth == 0 { outside.append(character) }
            if character == "]" { depth -= 1 }
        }
        return outside
    }
}
