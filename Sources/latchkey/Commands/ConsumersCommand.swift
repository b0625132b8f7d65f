import ArgumentParser
import LatchkeyCore
import LatchkeyHTTP

struct ConsumersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consumers",
        abstract: "Who polls the revocation list, and how far behind.",
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
        abstract: "Lists them; also without the word list.",
        discussion: """
            Services that add ?consumer=NAME to their polls are listed here, for a day after their last one. BEHIND counts
            entries, FOR tells since when. One that was silent for three times as long as it used to be between two polls,
            at least `revocations.max_wait` and `revocations.expires_in` together and at most an hour, is gone.

              latchkey consumers
              latchkey consumers list --format json
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
        for line in ConsumerResource.table(consumers.map { ($0, nil) }) { Terminal.line(line) }
        if consumers.isEmpty {
            Terminal.next("let a service poll \(effective.core.issuer)/revocations?consumer=NAME.")
        } else if consumers.contains(where: { $0.state == .gone }) {
            Terminal.next("forget one that was taken away with \(settings.command("consumers forget NAME")).")
        } else {
            Terminal.next("one that stays behind still accepts what the list revokes: look at its polling.")
        }
    }
}

struct ConsumersForget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Forgets a consumer that has left; one that polls all the same comes back with its next poll.",
        discussion: "  latchkey consumers forget orders --address 192.0.2.7"
    )

    @Argument(help: "The name that it polled with.") var name: String
    @Option(name: .long, help: "Only the one at this address; by default all of that name.") var address: String?
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
    /// - Parameter consumers: each with whether it has a certain entry, where that is asked.
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
