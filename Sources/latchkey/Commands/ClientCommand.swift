import ArgumentParser
import LatchkeyHTTP

struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Applications that ask for tokens.",
        discussion: """
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
            A browser application that collects passwords itself, a service that acts for itself, and one whose tokens
            are for another service:

              latchkey client add web --public --first-party --origin https://app.example.com
              latchkey client add billing --confidential --grant client_credentials
              latchkey client add mobile --public --first-party --audience https://api.example.com --access-ttl 5m

            The secret of a confidential client is printed once. --secret-stdin takes one from elsewhere.
            """
    )

    @Argument(help: "Its client_id: letters, digits, dot, underscore, hyphen.") var id: String
    @Flag(name: .customLong("public"), help: "Runs with the user and keeps no secret: browsers, phones.")
    var isPublic = false
    @Flag(help: "Runs on a server and keeps a secret.") var confidential = false
    @Flag(help: "May collect passwords itself (/api/v1/login).") var firstParty = false
    @Option(name: .long, help: "Origin of a browser application; may be repeated.") var origin: [String] = []
    @Option(name: .customLong("redirect-uri"), help: "Exact redirect URI; may be repeated.")
    var redirectURI: [String] = []
    @Option(name: .customLong("login-uri"), help: "Page where its users sign in when they come from another host.")
    var loginURI: String?
    @Option(name: .long, help: "aud of its access tokens; may be repeated. By default the issuer.")
    var audience: [String] = []
    @Option(name: .long, help: "A scope it may ask for; may be repeated.") var scope: [String] = []
    @Option(name: .long, help: "A grant it may use, such as client_credentials; may be repeated.")
    var grant: [String] = []
    @Option(name: .long, help: "ES256, EdDSA, PS256 or RS256.") var algorithm: String?
    @Option(name: .customLong("access-ttl"), help: "Lifetime of its access tokens, 30s to 1h.")
    var accessTTL: DurationArgument?
    @Option(name: .customLong("idle-ttl"), help: "Its sessions end when not refreshed for so long.")
    var idleTTL: DurationArgument?
    @Option(name: .customLong("absolute-ttl"), help: "Its sessions end so long after the sign-in.")
    var absoluteTTL: DurationArgument?
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
        body.firstParty = firstParty ? true : nil
        body.origins = origin.isEmpty ? nil : origin
        body.redirectURIs = redirectURI.isEmpty ? nil : redirectURI
        body.loginURI = loginURI
        body.audiences = audience.isEmpty ? nil : audience
        body.scope = scope.isEmpty ? nil : scope.joined(separator: " ")
        body.grants = grant.isEmpty ? nil : grant
        body.algorithm = algorithm
        body.accessLifetime = accessTTL?.seconds
        body.idleLifetime = idleTTL?.seconds
        body.absoluteLifetime = absoluteTTL?.seconds
        if secretStdin { body.clientSecret = SecretText(try SecretInput.line()) }
        return body
    }

    private func show(_ created: ClientCreated) throws {
        for warning in created.warnings { Terminal.note("Warning: \(warning)") }
        guard output.format == .table else { return try JSONOutput.show(created) }
        created.client.show()
        if let secret = created.clientSecret {
            Terminal.line("secret         \(secret.exposed)")
            Terminal.note("The secret is shown this once: store it now.")
        }
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
                client.id, client.kind, client.disabled ? "disabled" : "active", client.firstParty ? "yes" : "no",
                client.grants.joined(separator: ","), TimeText.string(client.createdAt))
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
    /// Prints the client, one property a line.
    func show() {
        var card = TextCard()
        card.add("client", id)
        card.add("kind", kind)
        card.add("state", disabled ? "disabled" : "active")
        card.add("first party", firstParty ? "yes" : "no")
        card.add("origins", origins.joined(separator: ", "))
        card.add("redirect URIs", redirectURIs.joined(separator: ", "))
        card.add("login URI", loginURI ?? "")
        card.add("audiences", audiences.isEmpty ? "(the issuer)" : audiences.joined(separator: ", "))
        card.add("scope", scope ?? "(the default list)")
        card.add("grants", grants.joined(separator: ", "))
        card.add("algorithm", algorithm ?? "(the issuer's)")
        card.add("access ttl", Self.lifetime(accessLifetime))
        card.add("idle ttl", Self.lifetime(idleLifetime))
        card.add("absolute ttl", Self.lifetime(absoluteLifetime))
        card.add("created", TimeText.string(createdAt))
        for line in card.lines { Terminal.line(line) }
    }

    private static func lifetime(_ seconds: Int64?) -> String {
        seconds.map { DurationText.string(.seconds($0)) } ?? "(the issuer's)"
    }

    /// What to do with such a client.
    func suggestion(_ settings: SettingsOptions) -> String {
        firstParty
            ? "sign in through it with \(settings.command("token login --client \(id) --user NAME"))."
            : "its tokens come from POST /oauth2/token."
    }
}
