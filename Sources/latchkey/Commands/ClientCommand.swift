import ArgumentParser
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens

struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Applications that ask for tokens.",
        discussion: """
              latchkey client add shop --confidential --redirect-uri https://shop.example.com/callback
              latchkey client add web --public --first-party --origin https://app.example.com
              latchkey client add billing --confidential --grant client_credentials
            """,
        subcommands: [
            ClientAdd.self, ClientList.self, ClientShow.self, ClientUpdateCommand.self, ClientDisable.self,
            ClientEnable.self, ClientDelete.self, ClientRotateSecret.self,
        ]
    )
}

struct ClientAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Registers a client.",
        discussion: """
            The examples register an application that sends people to the sign-in pages, a browser application that
            collects passwords itself, a service that acts for itself, and an application whose tokens are for another
            service:

              latchkey client add shop --confidential --redirect-uri https://shop.example.com/callback
              latchkey client add web --public --first-party --origin https://app.example.com
              latchkey client add billing --confidential --grant client_credentials
              latchkey client add mobile --public --first-party --audience https://api.example.com --access-ttl 5m

            The secret of a confidential client is printed once. With --secret-stdin you give your own.
            """
    )

    @Argument(help: "Its client_id: letters, digits, dot, underscore, hyphen.") var id: String
    @Flag(name: .customLong("public"), help: "Runs on the user's device and cannot keep a secret: browser, phone.")
    var isPublic = false
    @Flag(help: "Runs on a server and can keep a secret.") var confidential = false
    @OptionGroup var fields: ClientFieldOptions
    @Flag(help: "Read the secret from standard input, one line, instead of making one.") var secretStdin = false
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func validate() throws {
        guard isPublic != confidential else { throw ValidationError("Choose one: --public or --confidential.") }
        guard !secretStdin || confidential else { throw ValidationError("A public client has no secret.") }
    }

    func run() async throws {
        let request = try request()
        let created = try await AdminConnection.with(settings) { connection in
            try await connection.send("POST", AdminPath.clients, request, as: ClientCreated.self)
        }
        try show(created)
    }

    private func request() throws -> ClientCreate {
        var body = ClientCreate(id: id, kind: isPublic ? "public" : "confidential")
        body.values = fields.values(isChange: false)
        if secretStdin { body.clientSecret = SecretText(try SecretInput.line()) }
        return body
    }

    private func show(_ created: ClientCreated) throws {
        for warning in created.warnings { Terminal.note("Warning: \(warning)") }
        guard output.format == .table else { return try JSONOutput.show(created) }
        created.client.show(secret: created.clientSecret?.exposed)
        if created.clientSecret != nil { Terminal.note("The secret is shown only once: store it now.") }
        Terminal.next(created.client.suggestion(settings))
    }
}

struct ClientList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists all clients, newest first.",
        discussion: "  latchkey client list --format json"
    )

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let clients = try await AdminConnection.with(settings) { connection in
            try await connection.all(AdminPath.clients, as: ClientResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(clients) }
        var table = TextTable("CLIENT", "KIND", "STATE", "FIRST PARTY", "GRANTS", "CREATED")
        for client in clients {
            table.add(
                client.id, client.kind, client.state, client.text(of: .of(\.firstParty)),
                client.text(of: .of(\.grants)).replacing(", ", with: ","), TimeText.string(client.createdAt))
        }
        for line in table.lines { Terminal.line(line) }
        Terminal.next(
            clients.isEmpty
                ? "register the first with \(settings.command("client add web --public --first-party"))."
                : "see one with \(settings.command("client show ID")).")
    }
}

struct ClientShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one client.",
        discussion: "  latchkey client show web"
    )

    @Argument(help: "client_id.") var id: String
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let client = try await AdminConnection.with(settings) { connection in
            try await connection.get(try AdminPath.client(id), as: ClientResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(client) }
        client.show()
        Terminal.next(client.suggestion(settings))
    }
}

extension ClientResource {
    /// The next step for such a client.
    func suggestion(_ settings: SettingsOptions) -> String {
        if values[\.firstParty] == .bool(true) {
            return "sign in through it with \(settings.command("token login --client \(id) --user NAME"))."
        }
        guard has(.authorizationCode) else { return "its tokens come from POST /oauth2/token." }
        guard case .array(let uris) = values[\.redirectURIs], !uris.isEmpty else {
            let update = settings.command("client update \(id) --redirect-uri URI")
            return "to sign people in it needs a redirect URI: \(update)."
                + (has(.clientCredentials) ? " Its own tokens come from POST /oauth2/token." : "")
        }
        return "give its library the issuer's URL and this client: the library finds the rest in "
            + "/.well-known/openid-configuration, and sends people to the sign-in pages."
    }

    private func has(_ grant: Client.Grant) -> Bool {
        guard case .array(let grants) = values[\.grants] else { return false }
        return grants.contains(.string(grant.name))
    }
}
