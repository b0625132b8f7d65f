import Foundation

/// Instructions and allocations of single requests, over one connection that stays open: what the program itself does,
/// without the kernel, the disk and the machine.
struct Instructions {
    let options: BenchOptions
    let folder: String

    /// Before anything is counted: what is made once is made then.
    private static let warmUp = 40
    private var requests: Int { options.plan.isQuick ? 100 : 400 }

    /// For the JSON.
    struct Cost: Encodable, Sendable {
        let subject: String
        let instructions: Double
        let allocations: Double
    }

    func measure() throws -> Section {
        var section = Section(.instructions)
        let costs = try ofServer() + ofLibrary()
        let table = TextTable(titleWidth: 62, columnWidth: 14)
        section.lines.append(table.text("one at a time, counted by callgrind", ["instructions", "allocations"]))
        for (subject, cost) in costs {
            section.lines.append(
                table.text(subject.title, [Number.fixed(cost.instructions, 0), Number.fixed(cost.allocations, 1)]))
            try section.judge(.instructions(subject), [cost.instructions])
            try section.judge(.allocations(subject), [cost.allocations])
        }
        section.figures = costs.map(\.cost)
        return section
    }

    // MARK: Requests

    private func ofServer() throws -> [(subject: Subject, cost: Cost)] {
        // A hash takes as many instructions as its parameters say, so the smallest one is as good as any to be taken out.
        let configuration = ["LATCHKEY_PASSWORD_ARGON2_MEMORY_KIB": "64", "LATCHKEY_PASSWORD_ARGON2_ITERATIONS": "1"]
            .merging(Self.repeatable) { given, _ in given }
        try ServerUnderTest.populate(
            options, folder, revocations: Population.listEntries, configuration: configuration)
        Console.note("Starting the server under callgrind")
        let output = folder + "/server.callgrind"
        let server = try ServerUnderTest(
            binary: options.server, folder: folder, configuration: configuration,
            under: try Callgrind.command(output: output))
        defer { server.stop() }
        let connection = try HTTPConnection(server.endpoint)
        return try Subject.requests.map { subject in
            Console.note("Counting: \(subject.title)")
            var client = try subject.client(server)
            try run(&client, connection, count: Self.warmUp)
            let profile = try Callgrind.count(server.figures.processID, output, subject.rawValue) {
                try run(&client, connection, count: requests)
            }
            return (
                subject, cost(subject, profile, besides: subject == .login ? profile["argon2_ctx"].instructions : 0)
            )
        }
    }

    private func run(_ client: inout any LoadClient, _ connection: HTTPConnection, count: Int) throws {
        for _ in 0..<count { try client.take(status: try connection.exchange(client.request), from: connection) }
    }

    /// - Parameter besides: instructions that do not count.
    private func cost(_ subject: Subject, _ profile: Profile, besides: Int) -> Cost {
        Cost(
            subject: subject.rawValue, instructions: Double(profile.instructions - besides) / Double(requests),
            allocations: Double(profile.allocations) / Double(requests))
    }

    /// Hash tables that have their order by chance would have another one in each process.
    private static let repeatable = ["SWIFT_DETERMINISTIC_HASHING": "1"]

    // MARK: The library

    /// By the difference between many and few verifications of a process that does nothing else.
    private func ofLibrary() throws -> [(subject: Subject, cost: Cost)] {
        try Subject.loops.map { subject in
            Console.note("Counting: \(subject.title)")
            let few = try loop(subject, count: Self.warmUp)
            let many = try loop(subject, count: Self.warmUp + requests)
            return (
                subject,
                Cost(
                    subject: subject.rawValue,
                    instructions: Double(many.instructions - few.instructions) / Double(requests),
                    allocations: Double(many.allocations - few.allocations) / Double(requests))
            )
        }
    }

    private func loop(_ subject: Subject, count: Int) throws -> Profile {
        let name = "\(subject.rawValue)-\(count)"
        let output = folder + "/" + name + ".callgrind"
        let command = try Callgrind.command(output: output)
        let child = try ChildProcess(
            command[0], command.dropFirst() + [try Self.ownPath(), BenchOptions.loop, subject.rawValue, "\(count)"],
            environment: ProcessInfo.processInfo.environment.merging(Self.repeatable) { _, given in given },
            log: folder + "/" + name + ".log")
        guard child.wait() == 0 else { throw BenchFailure("The loop \(name) failed:\n\(child.lastWords)") }
        return try Profile(file: output)
    }

    private static func ownPath() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }
}
