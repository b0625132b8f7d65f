import Foundation

/// Instructions and allocations of single requests, over one connection that stays open: the work of the program
/// itself, without the kernel, the disk and the machine.
struct Instructions {
    let options: BenchOptions
    let folder: String

    /// Before anything is counted, so that one-time work is done by then.
    private static let warmUp = 40
    private var requests: Int { options.plan.isQuick ? 100 : 400 }

    /// For the JSON.
    struct Cost: Encodable, Sendable {
        let subject: Subject
        let instructions: Double
        /// Nil where they are not ours.
        var allocations: Double?
    }

    func measure() throws -> Section {
        var section = Section(.instructions)
        let costs = try ofServer() + ofLibrary()
        let table = TextTable(titleWidth: 62, columnWidth: 14)
        section.lines.append(table.text("one at a time, counted by callgrind", ["instructions", "allocations"]))
        for (subject, cost) in costs {
            section.lines.append(
                table.text(
                    subject.title,
                    [Number.fixed(cost.instructions, 0), cost.allocations.map { Number.fixed($0, 1) } ?? ""]))
            guard let budget = subject.budget, let allocations = cost.allocations else { continue }
            try section.judge(.instructions(subject, budget), [cost.instructions])
            try section.judge(.allocations(subject, budget), [allocations])
        }
        section.figures = costs.map(\.cost)
        return section
    }

    // MARK: Requests

    private func ofServer() throws -> [(subject: Subject, cost: Cost)] {
        // A hash takes as many instructions as its parameters say, so the smallest one is as good as any to be taken out.
        let configuration = ["LATCHKEY_PASSWORD_ARGON2_MEMORY_KIB": "64", "LATCHKEY_PASSWORD_ARGON2_ITERATIONS": "1"]
            .merging(Self.repeatable) { given, _ in given }
        // A list without entries: it is built again once a second, and whether that happens during the polls is chance.
        try ServerUnderTest.populate(options, folder, revocations: 0, configuration: configuration)
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
            subject: subject, instructions: Double(profile.instructions - besides) / Double(requests),
            allocations: Double(profile.allocations) / Double(requests))
    }

    /// Hash tables that have their order by chance would have another one in each process.
    private static let repeatable = ["SWIFT_DETERMINISTIC_HASHING": "1"]

    // MARK: The library

    /// What a service pays for one token, and the part of its signature, which no library could omit: both from one
    /// run, because signatures differ in cost. Calls are counted over the whole program, and therefore by the
    /// difference to a run with half as many.
    private func ofLibrary() throws -> [(subject: Subject, cost: Cost)] {
        Console.note("Counting: \(Subject.verification.title)")
        let (half, whole) = (try loop(requests), try loop(2 * requests))
        let signature = whole.most(of: "isValidSignature").instructions
        guard signature > 0 else { throw BenchFailure("No signature was verified in the loop.") }
        let count = Double(2 * requests)
        return [
            (
                .verification,
                Cost(
                    subject: .verification, instructions: Double(whole.instructions - signature) / count,
                    allocations: Double(whole.allocations - half.allocations) / Double(requests))
            ),
            (.signature, Cost(subject: .signature, instructions: Double(signature) / count)),
        ]
    }

    private func loop(_ count: Int) throws -> Profile {
        let output = folder + "/loop-\(count).callgrind"
        let command = try Callgrind.command(output: output) + ["--toggle-collect=*\(Verification.counted)*"]
        let child = try ChildProcess(
            command[0], command.dropFirst() + [try Self.ownPath(), BenchOptions.loop, "\(count)"],
            environment: ProcessInfo.processInfo.environment.merging(Self.repeatable) { _, given in given },
            log: folder + "/loop.log")
        guard child.wait() == 0 else { throw BenchFailure("The loop failed:\n\(child.lastWords)") }
        return try Profile(file: output)
    }

    private static func ownPath() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }
}
