import Foundation
import LatchkeyCore
import LatchkeyPages
import TestSupport
import Testing

@testable import latchkey

/// How the pages look and speak, by configuration.
struct PageSettingsTests {
    private func settings(_ flags: [String: String] = [:]) throws -> EffectiveSettings {
        try EffectiveSettings(ConfigurationValues.read(ConfigurationSources(flags: flags)))
    }

    private func refusal(_ flags: [String: String]) -> String {
        do {
            _ = try settings(flags)
            return "accepted"
        } catch { return "\(error)" }
    }

    @Test func `without configuration the pages are ours`() throws {
        let pages = try settings().pages
        let branding = try pages.branding()
        #expect(branding.name == "Latchkey" && branding.logo == nil && pages.language == .english)
        #expect(branding.lightAccent == Palette.light.accent && branding.darkAccent == Palette.dark.accent)
    }

    @Test func `every language of the pages has a key for its sentences`() {
        #expect(ConfigurationKey.scopes.map(\.language) == Language.allCases)
        for (language, key) in ConfigurationKey.scopes { #expect(key.name == "pages.scopes.\(language.rawValue)") }
    }

    @Test(arguments: [
        ("pages.name", " Example", "`pages.name` is  Example, but must be 1 to 64 visible characters"),
        ("pages.name", "Exa\u{202E}mple", "but must be 1 to 64"),
        ("pages.name", String(repeating: "a", count: 65), "but must be 1 to 64"),
        ("pages.accent.light", "blue", "`pages.accent.light` is blue, but must be a colour like #7D5400"),
        ("pages.accent.light", "#fff", "but must be a colour like #7D5400"),
        (
            "pages.accent.light", "#E5BC62",
            "`pages.accent.light` cannot be used: The accent #e5bc62 has a contrast of 1.6"
        ),
        ("pages.accent.dark", "#003366", "`pages.accent.dark` cannot be used: The accent #003366 has a contrast of"),
        ("pages.language", "fr", "`pages.language` is fr, but must be en or de."),
        ("pages.language", "EN", "but must be en or de."),
        ("pages.scopes.en", "orders:read", "`pages.scopes.en` has orders:read, but must hold scopes with a sentence"),
        ("pages.scopes.de", "openid=Wer Sie sind", "`pages.scopes.de` has openid=Wer Sie sind"),
        ("pages.scopes.en", "a=One,a=Two", "`pages.scopes.en` has a=Two, but must hold"),
    ])
    func `a bad value is refused with key, value and what is accepted`(key: String, value: String, expected: String) {
        let refusal = refusal([key: value])
        #expect(refusal.contains(expected), "\(refusal)")
    }

    @Test func `the language of the pages speaks for one that has no sentence`() throws {
        let flags = ["pages.scopes.en": "a=One,b=Two", "pages.scopes.de": "a=Eins,c=Drei"]
        for language in ["en", "de"] {
            let settings = try settings(flags.merging(["pages.language": language]) { $1 })
            let first = settings.core.sentences.sentence(for: "a", in: "fr")
            #expect(first == (language == "en" ? "One" : "Eins"))
            #expect(settings.core.sentences.sentence(for: "b", in: "de") == "Two")
        }
    }

    @Test func `the check says which sentences are missing in one language`() throws {
        let folder = try TemporaryFolder()
        let flags = [
            "data_dir": folder.path + "/data", "pages.scopes.en": "a=One,b=Two", "pages.scopes.de": "a=Eins,c=Drei",
        ]
        let concerns = try StartupCheck(settings: settings(flags), environment: [:]).run()
        #expect(concerns.count == 2)
        #expect(concerns.first?.contains("`pages.scopes.en` has no sentence for c:") == true)
        #expect(concerns.last?.contains("`pages.scopes.de` has no sentence for b:") == true)
        let silent = ["data_dir": folder.path + "/data"]
        #expect(try StartupCheck(settings: settings(silent), environment: [:]).run().isEmpty)
    }

    private static let svg = #"<svg xmlns="http://www.w3.org/2000/svg"/>"#

    @Test func `a logo is read from its file`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/logo.svg"
        try Data(Self.svg.utf8).write(to: URL(filePath: path))
        #expect(try settings(["pages.logo": path]).pages.branding().logo != nil)
    }

    @Test(arguments: [nil, "", "GIF89a", "<html>", svg + String(repeating: " ", count: 256 * 1024)])
    func `a logo that is missing, too large or no picture fails the check and the start`(content: String?) async throws
    {
        let folder = try TemporaryFolder()
        let path = folder.path + "/logo.svg"
        if let content { try Data(content.utf8).write(to: URL(filePath: path)) }
        let settings = try settings(["data_dir": folder.path + "/data", "pages.logo": path])
        let failure = #expect(throws: CommandFailure.self) {
            _ = try StartupCheck(settings: settings, environment: [:]).run()
        }
        #expect(failure.map { "\($0)" }?.contains(path) == true)
    }

    @Test func `a folder in place of the logo is refused`() throws {
        let folder = try TemporaryFolder()
        let settings = try settings(["pages.logo": folder.path])
        #expect(throws: CommandFailure.self) { try settings.pages.branding() }
    }
}
