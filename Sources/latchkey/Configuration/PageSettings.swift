import Foundation
import LatchkeyCore
package import LatchkeyPages

/// How the deployer makes the pages its own.
package struct PageSettings: Sendable {
    package let name: String
    package let logoFile: String?
    package let lightAccent: Colour
    package let darkAccent: Colour
    /// For people whose browser asks for none of ours.
    package let language: Language

    /// - Throws: ``ConfigurationError``.
    init(_ values: ConfigurationValues) throws(ConfigurationError) {
        typealias Key = ConfigurationKey
        name = try values.value(of: Key.pagesName)
        logoFile = try values.optional(Key.pagesLogo)
        lightAccent = try Self.accent(Key.accentLight, on: .light, values)
        darkAccent = try Self.accent(Key.accentDark, on: .dark, values)
        language = try values.value(of: Key.pagesLanguage)
    }

    private static func accent(
        _ key: ConfigurationKey.Typed<Colour>, on palette: Palette, _ values: ConfigurationValues
    ) throws(ConfigurationError) -> Colour {
        let accent = try values.value(of: key)
        guard let trouble = Branding.accentTrouble(accent, palette) else { return accent }
        throw ConfigurationError("`\(key.name)` cannot be used\(values.source(of: key.key)): \(trouble)")
    }

    /// The sentences of all languages; that of ``language`` stands in for one that is missing.
    static func sentences(
        _ values: ConfigurationValues, standard: Language
    ) throws(ConfigurationError) -> ScopeSentences {
        var languages: [(tag: String, sentences: [ScopeSentence])] = []
        for (language, key) in ConfigurationKey.scopes {
            guard let sentences = try values.optional(key) else { continue }
            languages.insert((language.rawValue, sentences), at: language == standard ? 0 : languages.count)
        }
        return ScopeSentences(languages)
    }

    /// - Throws: ``CommandFailure`` for a picture that cannot be read or is none.
    package func branding() throws(CommandFailure) -> Branding {
        Branding(name: name, logo: try logo(), lightAccent: lightAccent, darkAccent: darkAccent)
    }

    private func logo() throws(CommandFailure) -> Branding.Logo? {
        guard let logoFile else { return nil }
        let file = try FileTrouble.open(logoFile)
        // One more, so that a longer file is seen to be longer.
        guard let data = try? file.read(upToCount: Branding.Logo.longest + 1), let logo = Branding.Logo(Array(data))
        else {
            throw CommandFailure(
                "The logo \(logoFile) cannot be used: it must be a PNG or SVG file of at most "
                    + "\(Branding.Logo.longest / 1024) KiB. Correct `\(ConfigurationKey.pagesLogo.name)`.")
        }
        return logo
    }
}
