import ArgumentParser
import LatchkeyCore
import LatchkeyHTTP

struct ConsumersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consumers",
        abstract: "Services that poll the revocation list, and how far behind they are.",
        discussion: """
              latchkey consumers
              latchkey consumers forget orders
            """,
        subcommands: [ConsumersList.self, ConsumersForget.self], defaultSubcommand: ConsumersList.self
    )
}

struct ConsumersList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the consumers; `latchkey consumers` does the same.",
        discussion: """
            A service that adds ?consumer=NAME to its polls is listed here until one day after its last poll. BEHIND
            counts the entries that it lacks; FOR says how long it has been behind. A consumer is gone after a silence
            of three times its usual time between two polls, but at least `revocations.max_wait` plus
            `revocations.expires_in`, and at most one hour.

              latchkey consumers
              latchkey consumers list --format json
            """
    )

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let consumers = try await AdminConnection.with(settings) { connection in
            try await connection.all(AdminPath.consumers, as: ConsumerResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(consumers) }
        for line in ConsumerResource.table(consumers.map { ($0, nil) }) { Terminal.line(line) }
        if consumers.isEmpty {
            Terminal.next(
                "let a service poll /revocations?consumer=NAME of this server; verifiers have an option for it.")
        } else if consumers.contains(where: { $0.state == .gone }) {
            Terminal.next("forget a service that you have removed with \(settings.command("consumers forget NAME")).")
        } else if consumers.allSatisfy({ $0.state == .current }) {
            Terminal.next("see whether one revocation has arrived with \(settings.command("revocations show SEQ")).")
        } else {
            Terminal.next("a service that stays behind still accepts revoked tokens: check its polling.")
        }
    }
}

struct ConsumersForget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Forgets a consumer; if it still polls, it comes back with its next poll.",
        discussion: "  latchkey consumers forget orders --address 192.0.2.7"
    )

    @Argument(help: "The name that the consumer polls with.") var name: String
    @Option(name: .long, help: "Only the consumer at this address; by default all consumers of that name.") var address:
        String?
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        try await AdminConnection.with(settings) { connection in
            let path = AdminPath.with(AdminPath.consumers, [("name", name), ("address", address)])
            _ = try await connection.send("DELETE", path)
        }
        Terminal.line("\(TextTable.printable(name)) is forgotten.")
        Terminal.next("see who polls with \(settings.command("consumers")).")
    }
}

extension ConsumerResource {
    /// The lines of a table of consumers.
    /// - Parameter consumers: each with whether it has a certain entry, if that is shown.
    static func table(_ consumers: [(ConsumerResource, String?)]) -> [String] {
        let isAsked = consumers.contains { $0.1 != nil }
        let heads = ["CONSUMER", "STATE", "SEQ", "BEHIND", "FOR", "LAST SEEN", "ADDRESS"]
        var table = TextTable(heads: isAsked ? ["HAS IT"] + heads : heads)
        for (consumer, answer) in consumers {
            let cells = [
                consumer.name, consumer.state.rawValue, consumer.acknowledgedSeq.map { "\($0)" }, "\(consumer.lag)",
                consumer.behindSince == nil ? nil : "\(consumer.lagSeconds) s", TimeText.string(consumer.lastSeenAt),
                consumer.address,
            ]
            table.add(cells: isAsked ? [answer] + cells : cells)
        }
        return table.lines
    }
}
