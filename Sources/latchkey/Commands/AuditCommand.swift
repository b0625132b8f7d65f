import ArgumentParser
import LatchkeyHTTP

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "The audit trail: who did what, and when.",
        discussion: """
              latchkey audit list --user alice
              latchkey audit tail
            """,
        subcommands: [AuditList.self, AuditTail.self]
    )
}

/// Which events a command shows.
struct AuditFilterOptions: ParsableArguments {
    @Option(name: .long, help: "Only events about this user, by name or id; deleted users too.") var user: String?
    @Option(name: .long, help: "Only events of this session.") var session: String?
    @Option(name: .long, help: "Only events of this client.") var client: String?
    @Option(name: .long, help: "Only events of this kind, such as login.failed or refresh.replayed.") var kind: String?

    var query: [(name: String, value: String?)] {
        [("user", user), ("session", session), ("client", client), ("kind", kind)]
    }
}

struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the audit trail, newest first.",
        discussion: """
            BY and USER show the names at the time of the event; --format json has the ids.

              latchkey audit list --kind login.failed --since 2h
              latchkey audit list --user alice --since 2026-11-28T08:00:00Z --limit 20
              latchkey audit list --session SID --format json
            """
    )

    @OptionGroup var filter: AuditFilterOptions
    @OptionGroup var range: ListRange
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let events = try await AdminConnection.with(settings) { connection in
            try await connection.all(
                AdminPath.audit, filter.query + [range.query], limit: range.limit, as: AuditResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(events) }
        for line in AuditResource.table(events) { Terminal.line(line) }
        Terminal.next("see why a session was refused with \(settings.command("session explain SID")).")
    }
}

struct AuditTail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Prints new events as they arrive, until interrupted.",
        discussion: "  latchkey audit tail --kind login.failed"
    )

    /// An event may still gain a count after it was printed; only new rows are followed.
    @OptionGroup var filter: AuditFilterOptions
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        try await AdminConnection.with(settings) { connection in
            try connection.requireServer(settings.command("audit list"))
            var window = AuditWindow(known: try await page(nil, connection).items.map(\.id))
            while true {
                try await Task.sleep(for: .seconds(1))
                let events = try await newer(than: window.floor, connection)
                let fresh = window.take(events.map(\.id), at: .now)
                for event in events where fresh.contains(event.id) { try show(event) }
            }
        }
    }

    /// Oldest first.
    private func newer(than id: Int64, _ connection: AdminConnection) async throws -> [AuditResource] {
        var found: [AuditResource] = []
        var cursor: String?
        repeat {
            let page = try await page(cursor, connection)
            let fresh = page.items.filter { $0.id > id }
            found += fresh
            cursor = fresh.count < page.items.count ? nil : page.nextCursor
        } while cursor != nil
        return found.reversed()
    }

    private func page(_ cursor: String?, _ connection: AdminConnection) async throws -> PageResource<AuditResource> {
        let path = AdminPath.with(
            AdminPath.audit, filter.query + [("limit", String(AuditWindow.length)), ("cursor", cursor)])
        return try await connection.get(path, as: PageResource<AuditResource>.self)
    }

    private func show(_ event: AuditResource) throws {
        guard output.format == .table else { return try JSONOutput.line(event) }
        let subject = [event.subject, event.sid, event.clientID, event.network].compactMap { $0 }.joined(separator: " ")
        let text = "\(TimeText.string(event.at))  \(event.kind)  \(event.who)  \(subject)  \(event.detailText)"
        Terminal.line(TextTable.printable(text))
    }
}

extension AuditResource {
    /// The user that it is about: by name, if one was kept.
    var subject: String? { userName ?? sub }

    /// Who did it: `user:ada`. With its kind, because a user may be called operator.
    var who: String { actorName.map { "user:\($0)" } ?? actor }

    var detailText: String {
        // Free text comes last, because it may contain spaces and equals signs.
        let pairs = details.sorted { ($0.key == "note" ? "~" : $0.key) < ($1.key == "note" ? "~" : $1.key) }
            .map { "\($0.key)=\($0.value)" }
        return (pairs + (count > 1 ? ["\(count) times"] : [])).joined(separator: " ")
    }

    /// The lines of a table of events.
    static func table(_ events: [AuditResource]) -> [String] {
        var table = TextTable("TIME", "EVENT", "BY", "USER", "CLIENT", "FROM", "SESSION", "DETAILS")
        for event in events {
            table.add(
                TimeText.string(event.at), event.kind, event.who, event.subject, event.clientID, event.network,
                event.sid, event.detailText)
        }
        return table.lines
    }
}
