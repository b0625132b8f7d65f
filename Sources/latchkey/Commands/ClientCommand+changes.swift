import ArgumentParser
import LatchkeyHTTP

struct ClientUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Changes a client; options that you leave out keep their value.",
        discussion: """
            A list replaces the current one; a single "none" empties it. For scope, algorithm and lifetimes,
            "default" returns to the issuer's setting.

              latchkey client update web --origin https://app.example.com --origin https://beta.example.com
              latchkey client update web --access-ttl default
            """
    )

    @Argument(help: "client_id.") var id: String
    @OptionGroup var fields: ClientFieldOptions
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let effective = try await settings.load()
        var body = ClientUpdate()
        body.values = fields.values(isChange: true)
        let request = body
        let updated = try await AdminConnection.with(effective) { connection in
            try await connection.send("PATCH", try AdminPath.client(id), request, as: ClientCreated.self)
        }
        for warning in updated.warnings { Terminal.note("Warning: \(warning)") }
        guard output.format == .table else { return try JSONOutput.show(updated.client) }
        updated.client.show()
        Terminal.next("new tokens follow the change; tokens issued before it stay as they are until they expire.")
    }
}

struct ClientDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Locks a client and ends its sessions and tokens.",
        discussion: "  latchkey client disable web"
    )

    @Argument(help: "client_id.") var id: String
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        try await AdminConnection.with(settings) { connection in
            _ = try await connection.send("POST", try AdminPath.client(id, AdminPath.disableClient))
        }
        Terminal.line("\(id) is disabled; its sessions and tokens have ended.")
        Terminal.next("undo with \(settings.command("client enable \(id)")).")
    }
}

struct ClientEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Unlocks a client.",
        discussion: "  latchkey client enable web"
    )

    @Argument(help: "client_id.") var id: String
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        try await AdminConnection.with(settings) { connection in
            _ = try await connection.send("POST", try AdminPath.client(id, AdminPath.enableClient))
        }
        Terminal.line("\(id) is enabled.")
        Terminal.next("its users sign in again; old sessions stay ended.")
    }
}

struct ClientDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Deletes a client for good, with its sessions and tokens.",
        discussion: "  latchkey client delete web --yes"
    )

    @Argument(help: "client_id.") var id: String
    @Flag(help: "Do not ask for confirmation.") var yes = false
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        try Terminal.confirm("This deletes the client \(id) and ends all its sessions.", yes: yes)
        try await AdminConnection.with(effective) { connection in
            _ = try await connection.send("DELETE", try AdminPath.client(id))
        }
        Terminal.line("\(id) was deleted.")
        Terminal.next("its access tokens are on the revocation list until they expire.")
    }
}

struct ClientRotateSecret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-secret",
        abstract: "Makes a new secret; the old one works for a grace period.",
        discussion: """
              latchkey client rotate-secret billing
              latchkey client rotate-secret billing --grace 0s

            For a secret that leaked, use --grace 0s: the old one stops working at once.
            """
    )

    @Argument(help: "client_id.") var id: String
    @Option(name: .long, help: "How long the old secret still works; by default 24h.") var grace: DurationArgument?
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let effective = try await settings.load()
        let body = ClientSecretRotate(grace: grace?.seconds)
        let rotated = try await AdminConnection.with(effective) { connection in
            try await connection.send(
                "POST", try AdminPath.client(id, AdminPath.rotateSecretOfClient), body, as: ClientSecretRotated.self)
        }
        guard output.format == .table else { return try JSONOutput.show(rotated) }
        Terminal.line(rotated.clientSecret.exposed)
        Terminal.note("The secret is shown only once: store it now.")
        Terminal.next(
            "give it to \(id) before \(TimeText.string(rotated.previousExpiresAt)): the old one stops working then.")
    }
}
