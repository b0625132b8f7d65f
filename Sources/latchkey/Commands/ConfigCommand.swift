import ArgumentParser
import LatchkeyCore

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "The effective configuration.",
        discussion: """
              latchkey config check --config /etc/latchkey/latchkey.yaml
              latchkey config print
            """,
        subcommands: [ConfigCheck.self, ConfigPrint.self]
    )
}

struct ConfigCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks whether the server would accept the configuration.",
        discussion: """
            The check also reads the files that the configuration names (tls.certificate and tls.private_key,
            master_key_file, bootstrap.password_file), so run it as the server's user and with the server's environment.
            A certificate that has expired or is not valid yet fails the check; the server itself would start with it
            and warn. The check creates and changes nothing.

              latchkey config check --config /etc/latchkey/latchkey.yaml
            """
    )

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        let warnings = try StartupCheck(settings: effective).run()
        for warning in effective.warnings + warnings { Terminal.note("Warning: \(warning)") }
        Terminal.line("The configuration is valid. The issuer is \(effective.core.issuer).")
        Terminal.next("start with \(settings.command("serve")).")
    }
}

struct ConfigPrint: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print",
        abstract: "Prints every key with its value and where it came from.",
        discussion: "  latchkey config print --config /etc/latchkey/latchkey.yaml --format json"
    )

    /// One line of the output.
    struct Entry: Codable, Sendable, Equatable {
        let key: String
        /// Absent when nothing is set and there is no default.
        let value: String?
        /// `default`, `file`, `environment` or `flag`.
        let origin: String
        let description: String
    }

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let values = try ConfigurationValues.read(settings.sources())
        let entries = values.entries
        if output.format == .json {
            try JSONOutput.show(entries)
        } else {
            var table = TextTable("KEY", "VALUE", "FROM", "WHAT")
            for entry in entries { table.add(entry.key, entry.value, entry.origin, entry.description) }
            for line in table.lines { Terminal.line(line) }
        }
        // Checked last, so that a bad value is visible in the table before it is refused.
        let effective = try EffectiveSettings(values)
        for warning in effective.warnings { Terminal.note("Warning: \(warning)") }
        Terminal.next("every key is explained in Config/latchkey.yaml.")
    }
}

extension ConfigurationValues {
    /// What `config print` shows: secrets redacted.
    var entries: [ConfigPrint.Entry] {
        ConfigurationKey.all.map { key in
            let found = values[key.name]
            return ConfigPrint.Entry(
                key: key.name, value: found == nil ? nil : shown(key), origin: (found?.origin ?? .default).name,
                description: key.summary)
        }
    }
}
