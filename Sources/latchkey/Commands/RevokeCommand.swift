import ArgumentParser
import Foundation
import LatchkeyCore
import LatchkeyHTTP

struct RevokeCommand: AsyncParsableCommand {
    /// What can be revoked.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case token, session, user, client, key, all
    }

    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Makes tokens invalid everywhere before they expire.",
        discussion: """
            The id is a jti for token, a sid for session, a name or sub for user, a client_id, or a kid.

              latchkey revoke user alice --reason "laptop stolen"
              latchkey revoke session 0199b0f2-0000-7000-8000-000000000000
              latchkey revoke all --sessions --yes

            user and client end the sessions too; all ends access tokens, and with --sessions everything. A key that may
            still sign is withdrawn with: latchkey keys rotate --emergency --only KID
            """
    )

    @Argument(help: "token, session, user, client, key or all.") var kind: Kind
    @Argument(help: "What to revoke; nothing for all.") var id: String?
    @Option(name: .long, help: "Free text for the log, at most 200 characters; never published.") var reason: String?
    @Flag(help: "With all: end every session too.") var sessions = false
    @Flag(help: "Do not ask before revoking all.") var yes = false
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func validate() throws {
        if kind == .all {
            guard id == nil else { throw ValidationError("`revoke all` takes no id.") }
        } else {
            guard id != nil else { throw ValidationError("Say which \(kind.rawValue) to revoke.") }
            guard !sessions else {
                throw ValidationError("--sessions goes with all; the other kinds end their sessions.")
            }
        }
    }

    func run() async throws {
        let effective = try await settings.load()
        if kind == .all {
            try Terminal.confirm(
                sessions
                    ? "This signs out everybody." : "This makes every access token invalid until its next refresh.",
                yes: yes)
        }
        let body = RevocationCreate(
            kind: kind.rawValue, id: id, reason: reason, sessions: kind == .all && sessions ? true : nil)
        let answer = try await AdminConnection.with(effective) { connection in
            try await connection.send("POST", AdminPath.revocations, body: AdminConnection.encode(body))
        }
        guard answer.status == 201 else {
            Terminal.line("Nothing live was left to revoke.")
            Terminal.next("see what is revoked with \(settings.command("revocations list")).")
            return
        }
        let entry = try JSONDecoder().decode(RevocationResource.self, from: Data(answer.body))
        guard output.format == .table else { return try JSONOutput.show(entry) }
        Terminal.line("Revoked as entry \(entry.seq), on the list until \(TimeText.string(entry.expiresAt)).")
        Terminal.next("see who has taken notice with \(settings.command("consumers")).")
    }
}

struct RevocationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revocations",
        abstract: "The revocation log.",
        discussion: "  latchkey revocations tail",
        subcommands: [RevocationsList.self, RevocationsTail.self]
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

struct RevocationsTail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Prints new entries as they come, until interrupted.",
        discussion: """
              latchkey revocations tail
              latchkey revocations tail --after 1040 --format json
            """
    )

    @Option(name: .long, help: "Begin after this seq; by default with what comes next.") var after: Int64?
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

struct ConsumersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consumers",
        abstract: "Who polls the revocation list, and how far behind.",
        discussion: """
            Services that add ?consumer=NAME to their polls are listed here.

              latchkey consumers
            """
    )

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let effective = try await settings.load()
        let consumers = try await AdminConnection.with(effective) { connection in
            try await connection.all(AdminPath.consumers, as: ConsumerResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(consumers) }
        var table = TextTable("CONSUMER", "SEQ", "BEHIND", "LAST SEEN", "ADDRESS")
        for consumer in consumers {
            table.add(
                consumer.name, consumer.acknowledgedSeq.map { "\($0)" }, "\(consumer.lag)",
                TimeText.string(consumer.lastSeenAt), consumer.address)
        }
        for line in table.lines { Terminal.line(line) }
        Terminal.next(
            consumers.isEmpty
                ? "let a service poll \(effective.core.issuer)/revocations?consumer=NAME."
                : "one that stays behind still accepts what the list revokes: look at its polling.")
    }
}
