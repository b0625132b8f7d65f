import Argon2
import ArgumentParser
import Foundation
package import LatchkeyCore
package import LatchkeyHTTP
import LatchkeyTokens
package import Logging

/// The complete configuration of a command or the server: the domain's settings and the process's own.
package struct EffectiveSettings: Sendable {
    package enum LogFormat: String, Sendable, CaseIterable { case text, json }
    /// The databases that can be named in `store`.
    enum Engine: String, Sendable, CaseIterable { case sqlite, postgres }

    /// Where the database is.
    package enum Database: Sendable {
        /// A file in the data directory.
        case sqlite
        case postgres(Postgres)
    }

    /// How PostgreSQL is reached.
    package struct Postgres: Sendable {
        /// As libpq takes it, without a password.
        package let url: String
        package let passwordFile: String?
        package let connections: Int
        package let listens: Bool
    }

    /// A certificate and its key; both are present or neither.
    package struct TLSFiles: Sendable, Equatable {
        package let certificate: String
        package let privateKey: String
    }

    /// The first administrator of a container: created once, when there is no user.
    package struct Bootstrap: Sendable, Equatable {
        package let admin: String
        package let passwordFile: String
    }

    /// The domain's settings.
    package let core: LatchkeyCore.Settings
    package let listen: [ListenAddress]
    /// Empty: the admin API and the metrics are served on ``listen``.
    package let adminListen: [ListenAddress]
    /// The value of `admin.tls`; nil when it is not set.
    private let adminTLS: Bool?
    package let dataDirectory: DataDirectory
    /// Where the master key is read from when `LATCHKEY_MASTER_KEY` is not set.
    package let masterKeyFile: String
    package let database: Database
    package let bootstrap: Bootstrap?
    package let tls: TLSFiles?
    package let trustedProxies: TrustedProxies
    package let pages: PageSettings
    package let logLevel: Logger.Level
    package let logFormat: LogFormat
    /// Sentences for the operator: ignored settings, and settings that work but should be changed.
    package let warnings: [String]
    /// The raw texts with their origins, for `config print`.
    package let values: ConfigurationValues

    /// Reads the four layers and checks every value.
    /// - Throws: ``ConfigurationError`` for the first value that cannot be used.
    package static func load(_ sources: ConfigurationSources) async throws -> EffectiveSettings {
        try EffectiveSettings(ConfigurationValues.read(sources))
    }

    /// Checks values that were read.
    /// - Throws: ``ConfigurationError``.
    package init(_ values: ConfigurationValues) throws {
        typealias Key = ConfigurationKey
        self.values = values
        listen = try values.value(of: Key.listen)
        adminListen = try values.optional(Key.adminListen) ?? []
        try ListenRule.check(listen: listen, adminListen: adminListen)
        let directory = DataDirectory(path: try values.value(of: Key.dataDirectory))
        dataDirectory = directory
        masterKeyFile = try values.optional(Key.masterKeyFile) ?? directory.masterKeyPath
        bootstrap = try values.pair(Key.bootstrapAdmin, Key.bootstrapPasswordFile).map(Bootstrap.init)
        tls = try values.pair(Key.tlsCertificate, Key.tlsPrivateKey).map(TLSFiles.init)
        adminTLS = try values.optional(Key.adminTLS)
        guard adminTLS != true || tls != nil else {
            throw ConfigurationError(
                "`admin.tls` is true\(values.source(of: Key.adminTLS.key)), but there is no certificate: set "
                    + "`tls.certificate` and `tls.private_key`.")
        }
        trustedProxies = try values.optional(Key.trustedProxies) ?? TrustedProxies()
        let issuer = try values.optional(Key.issuer) ?? IssuerRule.assumed(listen: listen, isTLS: tls != nil)
        try IssuerRule.check(issuer)
        pages = try PageSettings(values)
        var core = try LatchkeyCore.Settings(issuer: issuer, values)
        core.sentences = try PageSettings.sentences(values, standard: pages.language)
        self.core = core
        database = try Self.database(values)
        logLevel = try values.value(of: Key.logLevel)
        logFormat = try values.value(of: Key.logFormat)
        warnings = values.warnings + Self.warnings(core, listen: listen, isTLS: tls != nil)
    }

    /// Whether an address of ``adminListen`` speaks TLS. A loopback address is reachable only from this machine, and
    /// the certificate is for the public name, which no scraper or script of this machine uses.
    package func speaksTLS(admin address: ListenAddress) -> Bool {
        tls != nil && adminTLS ?? !address.isLoopback
    }

    private static func database(_ values: ConfigurationValues) throws -> Database {
        typealias Key = ConfigurationKey
        let url = try values.optional(Key.postgresURL)
        switch try values.value(of: Key.store) {
        case .sqlite:
            guard url == nil else {
                throw ConfigurationError(
                    "`postgres.url` is set\(values.source(of: Key.postgresURL.key)), but `store` is sqlite: "
                        + "set `store: postgres`, or remove the key.")
            }
            return .sqlite
        case .postgres:
            #if Postgres
                guard let url else {
                    throw ConfigurationError("`store` is postgres: set `postgres.url`.")
                }
                return .postgres(
                    Postgres(
                        url: url, passwordFile: try values.optional(Key.postgresPasswordFile),
                        connections: try values.value(of: Key.postgresConnections),
                        listens: try values.value(of: Key.postgresListen)))
            #else
                throw ConfigurationError(
                    "`store` is postgres\(values.source(of: Key.store.key)), but this program was built without "
                        + "PostgreSQL: build it with `--traits Postgres`, or set `store: sqlite`.")
            #endif
        }
    }

    private static func warnings(
        _ core: LatchkeyCore.Settings, listen: [ListenAddress], isTLS: Bool
    ) -> [String] {
        var warnings: [String] = []
        if core.password.argon2.isBelowOWASPMinimum {
            warnings.append(
                "password.argon2 is weaker than OWASP's minimum (19456 KiB with 2 passes): fine for tests, not for "
                    + "people.")
        }
        if core.issuer.hasPrefix("http://") {
            warnings.append(
                "The issuer is plain http on this machine, for development only: cookies are set without Secure.")
        }
        if core.issuer.hasPrefix("https://"), !isTLS, listen.contains(where: { !$0.isLoopback }) {
            warnings.append(
                "The issuer is https and this server speaks plain HTTP to the network: put a TLS proxy in front of it, "
                    + "or set tls.certificate and tls.private_key.")
        }
        return warnings
    }
}

/// The options that every command takes.
struct SettingsOptions: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("\(ConfigurationKey.dataDirectory.key.summary)", valueName: "dir"),
        completion: .directory)
    var dataDir: String?

    @Option(
        name: .long, help: ArgumentHelp("Configuration file (see Config/latchkey.yaml).", valueName: "file"),
        completion: .file())
    var config: String?

    /// The layers with this process's environment and these flags.
    func sources(adding flags: [String: String] = [:]) -> ConfigurationSources {
        var flags = flags
        flags[ConfigurationKey.dataDirectory.name] = dataDir
        return ConfigurationSources(
            file: config, environment: ProcessInfo.processInfo.environment, flags: flags)
    }

    /// Reads and checks the configuration.
    /// - Throws: ``ConfigurationError``.
    func load(adding flags: [String: String] = [:]) async throws -> EffectiveSettings {
        try await EffectiveSettings.load(sources(adding: flags))
    }

    /// A command of ours as the user can type it, in backquotes: with this program's name and these options.
    func command(_ words: String) -> String {
        "`\(Program.asTyped) \(words)\(asTyped)`"
    }

    /// The same for a command whose last argument may begin with a hyphen, such as a name or a `jti`.
    func command(_ words: String, on operand: String) -> String {
        let quoted = ShellText.quote(operand)
        return operand.utf8.first == UInt8(ascii: "-")
            ? "`\(Program.asTyped) \(words)\(asTyped) -- \(quoted)`" : command("\(words) \(quoted)")
    }

    /// ` --data-dir … --config …` as the user gave them: for commands that we suggest to the user.
    var asTyped: String {
        var text = ""
        if let dataDir { text += " --data-dir \(ShellText.quote(dataDir))" }
        if let config { text += " --config \(ShellText.quote(config))" }
        return text
    }
}

/// Text in the form of one shell word.
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
        guard !plain || text.isEmpty else { return text }
        // By bytes: a quote with a combining mark after it is another character, but still ends the word.
        let quoted = text.utf8.flatMap { $0 == UInt8(ascii: "'") ? Array("'\\''".utf8) : [$0] }
        return "'" + String(decoding: quoted, as: UTF8.self) + "'"
    }
}
