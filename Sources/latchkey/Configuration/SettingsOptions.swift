import ArgumentParser
import Foundation

/// The options that every command takes.
struct SettingsOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Directory of database, lock, socket and master key.", valueName: "dir"))
    var dataDir: String?

    @Option(name: .long, help: ArgumentHelp("Configuration file (see Config/latchkey.yaml).", valueName: "file"))
    var config: String?

    /// The layers with this process's environment and these flags.
    func sources(adding flags: [String: String] = [:]) -> ConfigurationSources {
        var flags = flags
        flags[ConfigurationKey.dataDirectory.name] = dataDir
        return ConfigurationSources(
            file: config, environment: ProcessInfo.processInfo.environment, flags: flags)
    }

    /// Reads and judges the configuration.
    /// - Throws: ``ConfigurationError``.
    func load(adding flags: [String: String] = [:]) async throws -> EffectiveSettings {
        try await EffectiveSettings.load(sources(adding: flags))
    }

    /// A command of ours as the user can type it, in backquotes: with this program's name and these options.
    func command(_ words: String) -> String {
        "`\(Program.asTyped) \(words)\(asTyped)`"
    }

    /// ` --data-dir … --config …` as the user gave them: for commands that we tell people to type.
    var asTyped: String {
        var text = ""
        if let dataDir { text += " --data-dir \(ShellText.quote(dataDir))" }
        if let config { text += " --config \(ShellText.quote(config))" }
        return text
    }
}

/// Text as a shell takes it for one word.
package enum ShellText {
    /// Single quotes unless every character is plain.
    package static func quote(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "="), UInt8(ascii: "+"):
                true
            default: false
            }
        }
        return plain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
