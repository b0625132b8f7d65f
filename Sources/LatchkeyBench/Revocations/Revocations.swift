import Foundation

/// Durable revocations, and what they cost: the rate alone, long lists, a burst before many pollers.
struct Revocations {
    let options: BenchOptions
    let folder: String

    private static let connections = [16, 64]
    /// Numbers that one connection may use up.
    private static let share = 10_000_000

    /// What the tables do not hold.
    private struct Details: Encodable, Sendable {
        let lists: [ListLengths.Figures]
        let crowd: Crowd.Figures
    }

    func measure() throws -> Section {
        var section = Section(.revocations)
        // Without pollers: they are the crowd's.
        try ServerUnderTest.with(options, folder) { server in
            let rows = Self.connections.enumerated().map { index, count in
                let first = index * 1000
                var clients = (0..<count).map { Revoking(first: (first + $0) * Self.share) }
                return Row(
                    key: "revoke_\(count)", title: "POST /api/v1/admin/revocations, \(count) connections"
                ) { seconds in
                    let slice: Slice
                    (slice, clients) = try ClosedLoop(
                        endpoint: server.admin, server: server.figures, seconds: seconds
                    ).run(clients)
                    return slice
                }
            }
            section.add(rows, [], try Rounds(plan: options.plan).run(rows, name: "revocations"))
            section.lines.append(try server.figures.memory().line("after the revocations"))
        }
        try section.judge(.revocations, rate: "revoke_64")
        let details = Details(
            lists: try ListLengths(options: options, folder: folder).measure(),
            crowd: try Crowd(options: options, folder: folder).measure())
        for list in details.lists { section.add(list) }
        section.add(details.crowd)
        section.figures = details
        return section
    }
}

extension Budget {
    static let revocations = Budget(
        key: "revocations", title: "durable revocations, 64 connections", bound: .atLeast(5000), unit: "a second",
        reason:
            "Signing a hundred thousand users out after a leak must take seconds: each is a row in the log, on disk "
            + "before its answer.")
}
