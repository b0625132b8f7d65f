/// The texts of one language, as pages and templates ask for them. Every text of a page comes through here.
package struct Wording: Sendable {
    package let language: Language
    /// The texts without parameters, by their names: `t.signIn.heading`.
    let constants: Values
    private let texts: Texts
    private let change: (@Sendable (String) -> String)?

    package init(_ language: Language) { self = Self.all[language.rawValue] ?? Wording(language, nil) }

    /// Texts that a test changes, to find those that do not come from here.
    package init(_ language: Language, changedBy change: @escaping @Sendable (String) -> String) {
        self.init(language, .some(change))
    }

    private init(_ language: Language, _ change: (@Sendable (String) -> String)?) {
        self.language = language
        texts = Texts.of(language)
        self.change = change
        constants = Self.constants(of: texts, change)
    }

    private static let all = Dictionary(uniqueKeysWithValues: Language.allCases.map { ($0.rawValue, Wording($0, nil)) })

    /// The members that are plain text, group by group.
    private static func constants(of texts: Texts, _ change: (@Sendable (String) -> String)?) -> Values {
        var groups = Values()
        for group in Mirror(reflecting: texts).children {
            guard let name = group.label else { continue }
            var members = Values()
            for member in Mirror(reflecting: group.value).children {
                guard let name = member.label, let text = member.value as? String else { continue }
                members.give(.exact(change?(text) ?? text), as: name)
            }
            groups.give(.values(members), as: name)
        }
        return groups
    }

    func say(_ text: KeyPath<Texts, String>) -> String { changed(texts[keyPath: text]) }

    /// A sentence with a name in it. The name is made fit for it.
    func say(_ text: KeyPath<Texts, @Sendable (String) -> String>, _ name: String) -> String {
        changed(texts[keyPath: text](ShownText.inSentence(name)))
    }

    /// The title of a page with a complaint.
    /// - Parameter title: a sentence, whose names are fit for it: what isolates them must stay as it is.
    func errorTitle(_ title: String) -> String { changed(texts.common.errorTitle(title)) }

    func say(_ text: KeyPath<Texts, @Sendable (String, String) -> String>, _ one: String, _ other: String) -> String {
        changed(texts[keyPath: text](ShownText.inSentence(one), ShownText.inSentence(other)))
    }

    func say(_ text: KeyPath<Texts, @Sendable (Int) -> String>, _ count: Int) -> String {
        changed(texts[keyPath: text](count))
    }

    func say(_ text: KeyPath<Texts, @Sendable (Int, Int) -> String>, _ one: Int, _ other: Int) -> String {
        changed(texts[keyPath: text](one, other))
    }

    /// - Parameter month: 1 to 12.
    func dateText(day: Int, month: Int, year: String) -> String {
        changed(texts.time.date(day, texts.time.months[month - 1], year))
    }

    /// - Parameter month: 1 to 12.
    func instantText(day: Int, month: Int, year: String, _ clock: String) -> String {
        changed(texts.time.instant(day, texts.time.months[month - 1], year, clock))
    }

    private func changed(_ text: String) -> String { change?(text) ?? text }
}
