import ArgumentParser
import LatchkeyHTTP

struct StreamsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "streams",
        abstract: "Services that receive security events (OpenID Shared Signals).",
        discussion: """
            A service creates its stream itself, with a token of the scope latchkey:events.

              latchkey streams list
              latchkey streams delete STREAM
            """,
        subcommands: [StreamsList.self, StreamsDelete.self]
    )
}

struct StreamsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the streams and how many events wait in them, newest first.",
        discussion: "  latchkey streams list --format json"
    )

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let streams = try await AdminConnection.with(settings) { connection in
            try await connection.all(AdminPath.streams, as: StreamResource.self)
        }
        guard output.format == .table else { return try JSONOutput.show(streams) }
        var table = TextTable("STREAM", "CLIENT", "STATUS", "PENDING", "DROPPED", "LAST POLL", "REASON")
        for stream in streams {
            table.add(
                stream.id, stream.clientID, stream.status, "\(stream.pending)", "\(stream.dropped)",
                TimeText.ifAny(stream.polledAt), stream.reason)
        }
        for line in table.lines { Terminal.line(line) }
        Terminal.next("delete the stream of a service that is gone with \(settings.command("streams delete STREAM")).")
    }
}

struct StreamsDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Deletes a stream and the events that wait in it.",
        discussion: "  latchkey streams delete f67e39a0a4d34d56b3aa1bc4cff0069f"
    )

    @Argument(help: "The stream's id.") var stream: String
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        try await AdminConnection.with(settings) { connection in
            _ = try await connection.send("DELETE", try AdminPath.stream(stream))
        }
        Terminal.line("The stream \(TextTable.printable(stream)) was deleted, with the events that waited in it.")
        Terminal.next("a service that still runs can create a new stream; disable its client to prevent that.")
    }
}
