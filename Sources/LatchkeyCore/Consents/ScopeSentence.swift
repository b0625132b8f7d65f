package import LatchkeyTokens

/// What a scope gives an application, in the words of the operator: people read it before they agree.
package struct ScopeSentence: Sendable, Equatable {
    /// The longest sentence, in code points.
    package static let longest = 200

    package let scope: String
    package let text: String

    /// Reads `SCOPE=SENTENCE`.
    /// - Returns: nil for a scope that has words of its own, and for a sentence that is empty, too long or could break
    ///   the line.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let scope = String(parts[0]), let sentence = String(parts[1]),
            Scope(tokens: [scope]) != nil, !Self.hasOwnWords(scope),
            OneLineText.isName(sentence, longest: Self.longest)
        else { return nil }
        self.scope = scope
        self.text = sentence
    }

    /// Whether the pages themselves say what the scope gives: those of OpenID Connect (OpenID Connect Core 5.4, 11) and
    /// ours.
    package static func hasOwnWords(_ scope: String) -> Bool {
        [
            "openid", "profile", "email", "address", "phone", Scope.offlineAccess, Scope.latchkeyAccount,
            Scope.latchkeyAdmin,
        ]
        .containsBytes(of: scope)
    }
}

/// The sentences of all languages.
package struct ScopeSentences: Sendable {
    /// In the order in which they are asked when one has no sentence, each with its tag.
    private var languages: [(tag: String, sentences: [ScopeSentence])] = []

    package init() {}

    /// - Parameter languages: each with its tag; the first is asked when another has no sentence.
    package init(_ languages: [(tag: String, sentences: [ScopeSentence])]) {
        self.languages = languages.filter { !$0.sentences.isEmpty }
    }

    /// The sentence in this language, else in the first that has one: words in another language say more than a name.
    package func sentence(for scope: String, in tag: String) -> String? {
        let own = languages.filter { $0.tag.equalsBytes(of: tag) }
        for language in own + languages {
            if let found = language.sentences.first(where: { $0.scope.equalsBytes(of: scope) }) { return found.text }
        }
        return nil
    }

    /// The scopes that nobody has put into words, in the scope's order.
    package func missing(in scope: Scope) -> [String] {
        scope.tokens.filter { token in
            !ScopeSentence.hasOwnWords(token) && sentence(for: token, in: "") == nil
        }
    }

    /// Scopes with a sentence in another language but none in this one, in the order of the configuration.
    package func untranslated(in tag: String) -> [String] {
        let has = { (scope: String) in
            languages.contains { language in
                language.tag.equalsBytes(of: tag) && language.sentences.contains { $0.scope.equalsBytes(of: scope) }
            }
        }
        var found: [String] = []
        for scope in languages.flatMap(\.sentences).map(\.scope) where !has(scope) && !found.containsBytes(of: scope) {
            found.append(scope)
        }
        return found
    }
}
