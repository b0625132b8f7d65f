import Mustache

/// Shows pages: the templates, parsed once, the branding, and the addresses of the files that pages use.
package struct PageRenderer: Sendable {
    package let branding: Branding
    package let files: PageFiles
    private let templates: [PageTemplate: MustacheTemplate]

    /// - Throws: when a template does not parse: a bug of ours, found by every test.
    package init(branding: Branding) throws {
        self.branding = branding
        files = PageFiles(branding: branding)
        var templates: [PageTemplate: MustacheTemplate] = [:]
        for template in PageTemplate.allCases {
            templates[template] = try MustacheTemplate(string: template.source)
        }
        self.templates = templates
    }

    /// - Parameter missing: hears each name that a template uses and nobody gives.
    package func html(
        _ page: some Page, _ setting: PageSetting, missing: (@Sendable (String) -> Void)? = nil
    ) -> String {
        guard let template = templates[type(of: page).template] else { preconditionFailure("all are parsed") }
        let root = RootValues(
            values: page.values(setting.wording).values.joined(frame(page, setting)), missing: missing)
        return template.render(root)
    }

    private func frame(_ page: some Page, _ setting: PageSetting) -> Values {
        let wording = setting.wording
        let complaint = page.complaint(wording)
        let title = page.title(wording)
        let marked = complaint == nil ? title : wording.errorTitle(title)
        let languages = setting.languages.map { language, link -> Values in
            ["tag": .exact(language.rawValue), "languageName": .exact(language.name), "languageLink": .link(link)]
        }
        return [
            "t": .values(wording.constants),
            "language": .exact(wording.language.rawValue),
            "direction": "ltr",
            "windowTitle": .exact("\(marked) – \(ShownText.inSentence(branding.name))"),
            "styleSheetLink": .link(files.styleSheetLink),
            "scriptLink": .link(page.policy == .formPost ? nil : files.scriptLink),
            "logoLink": .link(files.logoLink),
            "brandName": .shown(branding.name),
            "complaint": .values(complaint?.values),
            "hasLanguages": .flag(!languages.isEmpty),
            "languages": .list(languages),
        ]
    }
}

/// How one request wants its page: the language, and the links to the same page in others.
package struct PageSetting: Sendable {
    package let wording: Wording
    /// In the order shown; the current one has no link. Empty on the answer of a form, which no link can ask for again.
    let languages: [(Language, Link?)]

    package init(_ wording: Wording) {
        self.wording = wording
        languages = []
    }

    package init(_ language: Language) { self.init(Wording(language)) }

    /// The page of a `GET`, with links that keep everything else of its query.
    package init(_ language: Language, path: String, query: String?) {
        wording = Wording(language)
        languages = Language.allCases.map { other in
            (other, other == language ? nil : Link(page: path, query: LanguageQuery.replaced(in: query, by: other)))
        }
    }
}
