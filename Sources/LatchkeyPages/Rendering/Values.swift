import Mustache

/// What a template may name, and nothing else.
struct Values: MustacheParent, Sendable, ExpressibleByDictionaryLiteral {
    enum Value: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral {
        /// Shown to people; cleaned of what confuses them.
        case shown(String)
        /// Ours, or carried byte for byte.
        case exact(String)
        case flag(Bool)
        case link(Link)
        case list([Values])
        case values(Values)
        case absent

        init(stringLiteral value: String) { self = .exact(value) }
        init(booleanLiteral value: Bool) { self = .flag(value) }

        static func shown(_ text: String?) -> Value { text.map { .shown($0) } ?? .absent }
        static func exact(_ text: String?) -> Value { text.map { .exact($0) } ?? .absent }
        static func link(_ link: Link?) -> Value { link.map { .link($0) } ?? .absent }
        static func values(_ values: Values?) -> Value { values.map { .values($0) } ?? .absent }
    }

    private(set) var members: [String: any Sendable] = [:]

    init() {}

    /// A name that ends in `Link` holds a link and only such a name does: templates use these, and no others, for
    /// addresses.
    init(dictionaryLiteral elements: (String, Value)...) {
        for (name, value) in elements { give(value, as: name) }
    }

    mutating func give(_ value: Value, as name: String) {
        let isLink = name == "link" || name.hasSuffix("Link")
        switch value {
        case .shown(let text): members[name] = ShownText.clean(text)
        case .exact(let text): members[name] = text
        case .flag(let flag): members[name] = flag
        case .link(let link):
            precondition(isLink, "\(name) is no name for a link")
            members[name] = link.text
            return
        case .list(let list): members[name] = list
        case .values(let values): members[name] = values
        // A section of this name is left out, and the search ends here.
        case .absent:
            members[name] = false
            return
        }
        precondition(!isLink, "\(name) must hold a link")
    }

    func child(named name: String) -> Any? { members[name] }

    /// These, and those of `others` that have other names.
    func joined(_ others: Values) -> Values {
        var joined = self
        joined.members.merge(others.members) { own, _ in own }
        return joined
    }
}

extension [HiddenField] {
    var values: Values.Value { .list(map { ["name": .exact($0.name), "value": .exact($0.value)] }) }
}

/// The last place where a name is looked up: what a page and its frame give. It hears of names that nobody gives.
struct RootValues: MustacheParent {
    let values: Values
    let missing: (@Sendable (String) -> Void)?

    func child(named name: String) -> Any? {
        if let child = values.child(named: name) { return child }
        missing?(name)
        return nil
    }
}
