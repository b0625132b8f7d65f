import LatchkeyPages
import Synchronization
import Testing

/// What holds of every page, whatever it shows.
struct TemplateTests {
    private let renderer: PageRenderer

    init() throws { renderer = try PageRenderer(branding: Branding(name: "Example")) }

    @Test(arguments: Language.allCases)
    func `Every page gives every name that its template uses`(language: Language) {
        let missing = Mutex<Set<String>>([])
        for sample in SamplePages.all() {
            _ = sample.html(renderer, language) { name in missing.withLock { _ = $0.insert("\(sample.name): \(name)") }
            }
        }
        #expect(missing.withLock { $0 }.isEmpty)
    }

    @Test func `Every template has a sample`() {
        let shown = Set(SamplePages.all().map { type(of: $0.page).template })
        #expect(shown == Set(PageTemplate.allCases))
    }

    @Test(
        arguments: [
            "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onfocus='alert(1)", "&lt;b&gt;",
            "{{username}}{{{username}}}", "</textarea></title></script><!--",
            // A combining mark after each: cut at graphemes, nothing of this would be escaped.
            "\"\u{301} autofocus onfocus=alert(1) x=\"\u{301}", "<\u{301}b>\u{338}", "&\u{20DD}amp;", "'\u{FE0F}",
            "\u{202E}gnp.exe\u{2066}", "مرحبا بالعالم", "line\r\nbreak\u{2028}\u{0}",
            String(repeating: "a", count: 5000),
        ], Language.allCases)
    func `No value changes the structure of a page`(hostile: String, language: Language) throws {
        for (sample, plain) in zip(SamplePages.all { _ in hostile }, SamplePages.all()) {
            let document = try PageDocument(sample.html(renderer, language))
            let expected = try PageDocument(plain.html(renderer, language))
            #expect(document.elements == expected.elements, "\(sample.name)")
        }
    }

    @Test func `A hidden field carries its value byte for byte`() throws {
        let value = "a\"'<>&\u{301}\u{202E} :/+=%\r\n~"
        for sample in SamplePages.all({ _ in value }) where !sample.name.hasPrefix("error") {
            let document = try PageDocument(sample.html(renderer, .english))
            let states = document.all("input").filter { $0["name"] == "state" && $0["type"] == "hidden" }
            #expect(states.allSatisfy { $0["value"]?.unicodeScalars.elementsEqual(value.unicodeScalars) ?? false })
        }
    }

    @Test(arguments: Language.allCases)
    func `Ids are unique, the same at each load, and every reference finds one`(language: Language) throws {
        for sample in SamplePages.all() {
            let html = sample.html(renderer, language)
            #expect(html == sample.html(renderer, language))
            let document = try PageDocument(html)
            let ids = document.elements.compactMap { $0["id"] }
            #expect(Set(ids).count == ids.count, "\(sample.name): \(ids)")
            let references =
                document.elements.flatMap { element in
                    ["aria-describedby", "aria-labelledby", "aria-controls"].compactMap { element[$0] }
                        .flatMap { $0.split(separator: " ").map(String.init) }
                } + document.all("label").compactMap { $0["for"] }
                + document.all("a").compactMap { $0["href"] }.filter { $0.hasPrefix("#") }.map {
                    String($0.dropFirst())
                }
            #expect(Set(references).subtracting(ids).isEmpty, "\(sample.name)")
        }
    }

    @Test func `Every input that is seen has a label`() throws {
        for sample in SamplePages.all() {
            let document = try PageDocument(sample.html(renderer, .german))
            let labels = Set(document.all("label").compactMap { $0["for"] })
            for input in document.all("input") where input["type"] != "hidden" {
                #expect(labels.contains(input["id"] ?? ""), "\(sample.name): \(input["name"] ?? "")")
            }
        }
    }

    @Test func `Every page has one heading of the first rank, one main part, a skip link and its language`() throws {
        for sample in SamplePages.all() {
            let document = try PageDocument(sample.html(renderer, .german))
            #expect(document.all("h1").count == 1 && document.all("main").count == 1, "\(sample.name)")
            #expect(document.all("html")[0]["lang"] == "de")
            #expect(document.all("a")[0]["href"] == "#main")
            #expect(document.all("main")[0]["id"] == "main")
        }
    }

    @Test func `Scripts and styles hold no values, and no element has a handler or a style of its own`() throws {
        for sample in SamplePages.all() {
            let document = try PageDocument(sample.html(renderer, .english))
            let scripts = document.all("script")
            #expect(scripts.count == 1 && document.all("style").isEmpty, "\(sample.name)")
            #expect(scripts[0].text.isEmpty || scripts[0].text.contains("continue-form"), "\(sample.name)")
            let attributes = document.elements.flatMap { $0.attributes.map(\.name) }
            #expect(!attributes.contains { $0.hasPrefix("on") || $0 == "style" })
        }
    }

    @Test func `Templates escape every value, and take addresses only from links`() {
        for template in PageTemplate.allCases {
            let source = template.source
            #expect(!source.contains("{{{") && !source.contains("{{&"), "\(template)")
            for attribute in ["href=\"", "action=\"", "src=\"", "url="] {
                for part in source.components(after: attribute) where part.hasPrefix("{{") {
                    let name = part.dropFirst(2).prefix { $0 != "}" }
                    #expect(name.hasSuffix("Link"), "\(template): \(attribute)\(name)")
                }
            }
            // A value stands in text or between double quotes. The one `=` before a value is inside of such quotes.
            let bare = source.replacing("\"0; url={{longRefreshLink}}\"", with: "")
            #expect(bare.components(after: "=").allSatisfy { !$0.hasPrefix("{{") }, "\(template)")
        }
    }

    @Test(arguments: Language.allCases)
    func `A complaint comes first, is announced, and stands beside its field`(language: Language) throws {
        for sample in SamplePages.all() {
            let document = try PageDocument(sample.html(renderer, language))
            let title = document.all("title")[0].text
            let summary = document.elements.first { $0["id"] == "problem" }
            #expect((sample.page.complaint(Wording(language)) != nil) == (summary != nil), "\(sample.name)")
            guard let summary else {
                #expect(document.elements.allSatisfy { $0["aria-invalid"] == nil }, "\(sample.name)")
                continue
            }
            #expect(title.hasPrefix(language == .german ? "Fehler: " : "Error: "), "\(sample.name)")
            #expect(summary["role"] == "alert" && summary["tabindex"] == "-1" && summary["autofocus"] != nil)
            let links = document.all("a").filter { $0.path.contains("ul") && $0["href"]?.hasPrefix("#") ?? false }
            let invalid = document.elements.filter { $0["aria-invalid"] == "true" }
            #expect(links.count == invalid.count, "\(sample.name)")
            for input in invalid {
                let texts = (input["aria-describedby"] ?? "").split(separator: " ").compactMap { id in
                    document.elements.first { $0["id"] ?? "" == id }?.text
                }
                #expect(texts.contains { summary.text.contains($0) }, "\(sample.name)")
            }
        }
    }
}

extension String {
    /// What follows each occurrence of a text.
    fileprivate func components(after mark: String) -> [Substring] {
        var found: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: mark) {
            rest = rest[range.upperBound...]
            found.append(rest)
        }
        return found
    }
}
