import ArgumentParser
import LatchkeyHTTP

struct RevocationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revocations",
        abstract: "The revocation log.",
        discussion: """
              latchkey revocations show 1042
              latchkey revocations tail
            """,
        subcommands: [RevocationsList.self, RevocationsShow.self, RevocationsTail.self]
    )
}

struct RevocationsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the live entries, newest first.",
        discussion: "  latchkey revocations list --format json"
    )

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let entries = try await AdminConnection.with(settings) { connection in
            try await connection.all(AdminPath.revocations, as: RevocationResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(entries) }
        var table = TextTable("SEQ", "KIND", "ID", "REVOKED", "UNTIL", "REASON", "BY", "NOTE")
        for entry in entries {
            table.add(
                "\(entry.seq)", entry.kind, entry.id, TimeText.string(entry.revokedAt),
                TimeText.string(entry.expiresAt), entry.reason, entry.actor, entry.note)
        }
        for line in table.lines { Terminal.line(line) }
        Terminal.next("follow it with \(settings.command("revocations tail")).")
    }
}

struct RevocationsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one live entry and which services have received it.",
        discussion: """
            Services are known by the name that they poll with: ?consumer=NAME, or their client_id where only clients
            may read the list. A service that does not have the entry may still accept what it revokes. A service that
            is gone no longer polls.

              latchkey revocations show 1042
            """
    )

    @Argument(help: "The entry's seq.") var seq: Int64
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let spread = try await AdminConnection.with(settings) { connection in
            try await connection.get(AdminPath.revocation(seq), as: RevocationSpread.self)
        }
        guard output.format == .table else { return try JSONOutput.show(spread) }
        let entry = spread.revocation
        var card = TextCard()
        card.add("seq", "\(entry.seq)")
        card.add("kind", entry.kind)
        card.add("id", entry.id)
        card.add("revoked", TimeText.string(entry.revokedAt))
        card.add("on the list until", TimeText.string(entry.expiresAt))
        card.add("reason", ReasonText.string(entry.reason))
        card.add("note", entry.note)
        card.add("by", entry.actor)
        for line in card.lines { Terminal.line(line) }
        let answers = [(spread.acknowledged, "yes"), (spread.pending, "no"), (spread.gone, "gone")]
        for line in ConsumerResource.table(answers.flatMap { group in group.0.map { ($0, group.1) } }) {
            Terminal.line(line)
        }
        if !spread.namesAreAuthenticated {
            Terminal.note("Pollers choose these names themselves: revocations.access is public.")
        }
        Terminal.next(
            spread.pending.isEmpty
                ? "measure how fast a revocation arrives: \(settings.command("probe revocation --help"))."
                : "\(spread.pending.count) pending: check their polling, or wait for their next poll.")
    }
}

struct RevocationsTail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Prints new entries as they arrive, until interrupted.",
        discussion: """
              latchkey revocations tail
              latchkey revocations tail --after 1040 --format json
            """
    )

    @Option(name: .long, help: "Begin after this seq; by default only new entries are printed.") var after: Int64?
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        try await AdminConnection.with(settings) { connection in
            try connection.requireServer(settings.command("revocations list"))
            var last = try await start(connection)
            while true {
                let path = AdminPath.with(AdminPath.revocations, [("after", "\(last)"), ("limit", "1000")])
                let tail = try await connection.get(path, as: RevocationTail.self)
                for entry in tail.items { try show(entry) }
                last = max(last, tail.after)
                if tail.items.isEmpty { try await Task.sleep(for: .seconds(1)) }
            }
        }
    }

    private func start(_ connection: AdminConnection) async throws -> Int64 {
        if let after { return after }
        let path = AdminPath.with(AdminPath.revocations, [("limit", "1")])
        return try await connection.get(path, as: PageResource<RevocationResource>.self).items.first?.seq ?? 0
    }

    private func show(_ entry: RevocationResource) throws {
        guard output.format == .table else { return try JSONOutput.line(entry) }
        let text = [
            "\(entry.seq)", TimeText.string(entry.revokedAt), entry.kind, entry.id ?? "-", entry.reason, entry.actor,
            entry.note ?? "",
        ].joined(separator: "  ")
        Terminal.line(TextTable.printable(text))
    }
}
