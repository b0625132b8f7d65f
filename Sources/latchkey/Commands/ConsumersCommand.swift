import ArgumentParser
import LatchkeyCore
import LatchkeyHTTP

struct ConsumersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consumers",
        abstract: "Who polls the revocation list, and how far behind.",
        discussion: """
            Services that add ?consumer=NAME to their polls are listed here, for a day after their last one. BEHIND counts
            entries, FOR tells since when.

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
        for line in ConsumerResource.table(consumers.map { ($0, nil) }) { Terminal.line(line) }
        Terminal.next(
            consumers.isEmpty
                ? "let a service poll \(effective.core.issuer)/revocations?consumer=NAME."
                : "one that stays behind still accepts what the list revokes: look at its polling.")
    }
}

extension ConsumerResource {
    /// The lines of a table of consumers.
    /// - Parameter consumers: each with whether it has a certain entry, where that is asked.
    static func table(_ consumers: [(ConsumerResource, String?)]) -> [String] {
        let isAsked = consumers.contains { $0.1 != nil }
        let heads = ["CONSUMER", "SEQ", "BEHIND", "FOR", "LAST SEEN", "ADDRESS"]
        var table = TextTable(heads: isAsked ? ["HAS IT"] + heads : heads)
        for (consumer, answer) in consumers {
            let cells = [
                consumer.name, consumer.acknowledgedSeq.map { "\($0)" }, "\(consumer.lag)",
                consumer.behindSince == nil ? nil : "\(consumer.lagSeconds) s", TimeText.string(consumer.lastSeenAt),
                consumer.address,
            ]
            table.add(cells: isAsked ? [answer] + cells : cells)
        }
        return table.lines
    }
}
