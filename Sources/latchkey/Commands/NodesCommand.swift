import ArgumentParser
import LatchkeyCore
import LatchkeyTokens

struct NodesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes",
        abstract: "Lists the servers that share a PostgreSQL database, and whether they live.",
        discussion: """
            A node lives while it was seen within ten seconds; nodes of the last day are listed. SCHEMA is the last step
            of the schema that its program knows. BEHIND counts the revocations that are newer than the last one
            that it had published when it was last seen. KEYS names the master keys that it has, without showing them:
            nodes with the same letters have the same ones.

            The command asks PostgreSQL itself, so it needs the configuration of a node.

              latchkey nodes --config /etc/latchkey/latchkey.yaml
              latchkey nodes --config /etc/latchkey/latchkey.yaml --format json
            """
    )

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func run() async throws {
        let effective = try await settings.load()
        guard case .postgres(let database) = effective.database else {
            throw CommandFailure(
                "By this configuration the database is SQLite, which serves one server: there are no nodes. "
                    + "Give the configuration of a node with --config.")
        }
        #if Postgres
            let nodes = try await PostgresMaintenance(effective, database).nodes().map(NodeLine.init)
            guard output.format == .table else { return try JSONOutput.show(nodes) }
            for line in NodeLine.table(nodes) { Terminal.line(line) }
            if !nodes.contains(where: { $0.state == .living }) {
                Terminal.next("start a node with \(settings.command("serve")).")
            } else if Set(nodes.filter { $0.state == .living }.map(\.masterKeys)).count > 1 {
                Terminal.next("give all nodes the same master keys; they differ.")
            } else {
                Terminal.next("check the database with \(settings.command("db check")).")
            }
        #else
            _ = database
        #endif
    }
}

/// A node as `latchkey nodes` shows it.
struct NodeLine: Codable, Sendable, Equatable {
    /// A node is gone when it was not seen for ten seconds; one that ended by itself has left.
    enum State: String, Codable, Sendable { case living, left, gone }

    let id: String
    let name: String
    let state: State
    let program: String
    let schema: Int64
    let issuer: String
    let behind: Int64
    let masterKeys: String
    let startedAt: Int64
    let seenAt: Int64

    init(_ node: NodeRecord) {
        id = node.id
        name = node.name
        state = node.isLiving ? .living : node.serves ? .gone : .left
        program = node.program
        schema = node.schema
        issuer = node.issuer
        behind = node.behind
        // A few digits tell rings apart.
        masterKeys = node.masterKeys.text.utf8.split(separator: UInt8(ascii: " "))
            .map {
                String(
                    decoding: $0.prefix { $0 != UInt8(ascii: ":") } + Array(":".utf8) + Self.digits($0), as: UTF8.self)
            }
            .joined(separator: " ")
        startedAt = node.startedAt.seconds
        seenAt = node.seenAt.seconds
    }

    private static func digits(_ slot: Substring.UTF8View.SubSequence) -> [UInt8] {
        Array(slot.drop { $0 != UInt8(ascii: ":") }.dropFirst().prefix(6))
    }

    static func table(_ nodes: [NodeLine]) -> [String] {
        var table = TextTable("NODE", "NAME", "STATE", "PROGRAM", "SCHEMA", "BEHIND", "KEYS", "STARTED", "SEEN")
        for node in nodes {
            table.add(
                node.id, node.name, node.state.rawValue, node.program, "\(node.schema)", "\(node.behind)",
                node.masterKeys,
                TimeText.string(node.startedAt), TimeText.string(node.seenAt))
        }
        return table.lines
    }
}
