import ArgumentParser
import LatchkeyHTTP

struct SessionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Sign-ins.",
        discussion: """
              latchkey session list --user alice
              latchkey session explain SID
            """,
        subcommands: [SessionList.self, SessionShow.self, SessionRevoke.self, SessionExplain.self]
    )
}

struct SessionList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists sessions, newest first.",
        discussion: """
              latchkey session list --user alice --state active
              latchkey session list --since 24h --limit 50
            """
    )

    @Option(name: .long, help: "Only sessions of this user, by name or id.") var user: String?
    @Option(name: .long, help: "Only sessions of this client.") var client: String?
    @Option(name: .long, help: "Only sessions in this state: active or ended.") var state: String?
    @OptionGroup var range: ListRange
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let sessions = try await AdminConnection.with(settings) { connection in
            let user = if let user { try await connection.user(user).id } else { String?.none }
            return try await connection.all(
                AdminPath.sessions, [("user", user), ("client", client), ("state", state), range.query],
                limit: range.limit, as: SessionResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(sessions) }
        var table = TextTable("SESSION", "USER", "CLIENT", "STATE", "BY", "REFRESHED", "EXPIRES", "FROM", "DEVICE")
        for session in sessions {
            table.add(
                session.id, session.userName, session.clientID, session.state, session.transport,
                TimeText.string(session.refreshedAt), TimeText.string(session.expiresAt), session.lastNetwork,
                session.deviceName)
        }
        for line in table.lines { Terminal.line(line) }
        Terminal.next("end one with \(settings.command("session revoke SESSION")).")
    }
}

struct SessionShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one session.",
        discussion: "  latchkey session show 0199b0f2-0000-7000-8000-000000000000"
    )

    @Argument(help: "The sid.") var session: String
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let found = try await AdminConnection.with(settings) { connection in
            try await connection.get(try AdminPath.session(session), as: SessionResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(found) }
        found.show()
        Terminal.next(
            "see what happened to it with \(settings.command("session explain \(ShellText.quote(session))")).")
    }
}

struct SessionRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Ends a session and its tokens.",
        discussion: "  latchkey session revoke 0199b0f2-0000-7000-8000-000000000000"
    )

    @Argument(help: "The sid.") var session: String
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        try await AdminConnection.with(settings) { connection in
            _ = try await connection.send("DELETE", try AdminPath.session(session))
        }
        Terminal.line("The session \(session) has ended.")
        Terminal.next("services refuse its access tokens as soon as they poll the revocation list.")
    }
}

struct SessionExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explains from the audit trail why a session was refused.",
        discussion: "  latchkey session explain 0199b0f2-0000-7000-8000-000000000000"
    )

    @Argument(help: "The sid.") var session: String
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let explanation = try await AdminConnection.with(settings) { connection in
            try await connection.get(
                try AdminPath.session(session, AdminPath.explainSession), as: SessionExplanationResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(explanation) }
        Terminal.line(TextTable.printable(explanation.verdict))
        explanation.session?.show()
        if !explanation.events.isEmpty {
            Terminal.line()
            for line in AuditResource.table(explanation.events) { Terminal.line(line) }
        }
        Terminal.next(
            explanation.session?.state == "active"
                ? "end it with \(settings.command("session revoke \(ShellText.quote(session))"))."
                : "the user signs in again.")
    }
}

extension SessionResource {
    /// Prints the session, one property per line.
    func show() {
        var card = TextCard()
        card.add("session", id)
        card.add("user", "\(userName) (\(sub))")
        card.add("client", clientID)
        card.add("state", state)
        card.add("transport", transport)
        card.add("scope", scope)
        card.add("generation", "\(generation)")
        card.add("device", deviceName)
        card.add("signed in from", network)
        card.add("last seen from", lastNetwork)
        card.add("created", TimeText.string(createdAt))
        card.add("refreshed", TimeText.string(refreshedAt))
        card.add("expires", TimeText.string(expiresAt))
        card.add("ended", TimeText.ifAny(endedAt))
        card.add("reason", endReason.map { ReasonText.string($0) })
        for line in card.lines { Terminal.line(line) }
    }
}
