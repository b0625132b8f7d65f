import ArgumentParser
import LatchkeyCore
package import LatchkeyHTTP
import Logging

#if Postgres
    import LatchkeyPostgres
#endif

/// The state of the server once it accepts connections.
package struct ServerReady: Sendable {
    /// The bound addresses, with real ports.
    package let addresses: [ListenAddress]
    package let adminAddresses: [ListenAddress]
    /// Whether any account exists; without one the first-run guide is printed.
    package let hasUsers: Bool

    package init(addresses: [ListenAddress], adminAddresses: [ListenAddress], hasUsers: Bool) {
        self.addresses = addresses
        self.adminAddresses = adminAddresses
        self.hasUsers = hasUsers
    }
}

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the server.",
        discussion: """
            The first start creates the data directory, the database and the master key, and prints how to make the
            first administrator, client and token.

              latchkey serve
              latchkey serve --listen 0.0.0.0:8080 --issuer https://auth.example.com --data-dir /var/lib/latchkey

            SIGTERM stops it within seconds; SIGHUP reads the TLS certificate again.
            """
    )

    @OptionGroup var settings: SettingsOptions

    @Option(
        name: .long,
        help: ArgumentHelp("\(ConfigurationKey.listen.key.summary) Separated by commas.", valueName: "addresses"))
    var listen: String?

    @Option(name: .long, help: ArgumentHelp("\(ConfigurationKey.issuer.key.summary)", valueName: "url"))
    var issuer: String?

    func run() async throws {
        Terminal.serve()
        var flags: [String: String] = [:]
        flags[ConfigurationKey.listen.name] = listen
        flags[ConfigurationKey.issuer.name] = issuer
        let effective = try await settings.load(adding: flags)
        let directory = effective.dataDirectory
        try directory.create()
        let lock = try await InstanceLock.take(
            in: directory, patience: .seconds(5), isQuiet: effective.logFormat == .json)
        let asTyped = settings.asTyped
        try await Compose.serve(settings: effective, lock: lock) { ready in
            Self.announce(ready, effective, asTyped: asTyped)
        }
    }

    private static func announce(_ ready: ServerReady, _ settings: EffectiveSettings, asTyped: String) {
        let report = StartupReport(settings: settings, ready: ready)
        guard settings.logFormat == .text else {
            // A server that logs JSON must write nothing but JSON lines.
            let logger = Logger(label: "latchkey.serve")
            logger.info(
                "Serving",
                metadata: [
                    "lk.issuer": "\(settings.core.issuer)",
                    "lk.addresses": "\(ready.addresses.map(\.description).joined(separator: ","))",
                ])
            for warning in report.warnings {
                logger.warning("Startup warning", metadata: ["lk.reason": "\(warning)"])
            }
            return
        }
        for line in report.lines { Terminal.line(line) }
        guard !ready.hasUsers else { return }
        Terminal.line()
        Terminal.line(FirstRunGuide.text(program: Program.asTyped, options: asTyped, settings: settings.core))
    }
}

/// What `serve` prints when it is ready: its addresses, its issuer, its data directory, and settings to reconsider.
struct StartupReport {
    let settings: EffectiveSettings
    let ready: ServerReady

    var warnings: [String] {
        var warnings = settings.warnings
        let directory = settings.dataDirectory
        if directory.isOpenToOthers {
            warnings.append("Other users of this machine may look into \(directory.path): run chmod 700 on it.")
        }
        return warnings
    }

    /// Where the database is, if not in the data directory.
    private var database: String? {
        #if Postgres
            guard case .postgres(let database) = settings.database else { return nil }
            return "PostgreSQL, \(PostgresAddress(url: database.url).summary)"
        #else
            return nil
        #endif
    }

    var lines: [String] {
        let scheme = settings.tls == nil ? "http" : "https"
        let addresses = ready.addresses.map { "\(scheme)://\($0)" }.joined(separator: "  ")
        var lines = ["Latchkey \(Latchkey.version) is listening on \(addresses)"]
        if !ready.adminAddresses.isEmpty {
            let admin = ready.adminAddresses.map {
                "\(settings.speaksTLS(admin: $0) ? "https" : "http")://\($0)"
            }
            .joined(separator: "  ")
            lines.append("  admin API  \(admin)")
        }
        lines.append("  issuer     \(settings.core.issuer)")
        lines.append("  data       \(settings.dataDirectory.path)")
        if let database { lines.append("  database   \(database)") }
        lines += warnings.map { "Warning: \($0)" }
        return lines
    }
}

/// What a person types after the very first start: real commands, ready to copy.
enum FirstRunGuide {
    /// - Parameters:
    ///   - program: how this program was called.
    ///   - options: ` --data-dir …` as it was given, or nothing.
    static func text(program: String, options: String, settings: LatchkeyCore.Settings) -> String {
        let issuer = settings.issuer
        return """
            No account exists yet. In another terminal, in this directory:

            1. Make an administrator (asks for a password of \(settings.password.minimumLength) characters or more):
               \(program) user add admin --admin\(options)

            2. Make a client, the application that signs people in:
               \(program) client add web --public --first-party \
            --scope "openid offline_access latchkey:account latchkey:admin"\(options)

            3. Get a first token (asks for the password again):
               \(program) token login --client web --user admin --url \(ShellText.quote(issuer))\(options)
               or with curl, with the password in place of YOUR-PASSWORD:
               curl -s \(ShellText.quote(issuer + PublicPath.login)) -H 'Content-Type: application/json' \
            -d '{"username":"admin","password":"YOUR-PASSWORD","client_id":"web"}'

            An application with an OpenID Connect library sends people to the pages of this server instead. Register
            where it takes the answer, and give its library the issuer, the id and the secret:
               \(program) client add app --confidential --redirect-uri http://localhost:5000/callback\(options)
            """
    }
}
