import Foundation
import LatchkeyTokens

/// What a revocation list of a certain length weighs and costs: server, wire and verifier.
struct ListLengths {
    let options: BenchOptions
    let folder: String

    /// One length.
    struct Figures: Sendable, Codable {
        let entries: Int
        /// Start to first answer, seconds.
        let startSeconds: Double
        let serverMemory: ServerFigures.Memory
        /// After every form was asked for.
        let serverMemoryAfter: ServerFigures.Memory
        let documents: [Document]
        /// Bytes of a delta with one entry, plain.
        let deltaBytes: Int
        /// Polls with nothing new, 16 connections.
        let pollsPerSecond: Double
        let pollP99Milliseconds: Double
        /// Bytes that a verifier takes for each entry.
        let verifierBytesPerEntry: Double
    }

    /// One form of the snapshot.
    struct Document: Sendable, Codable {
        let form: String
        let bytes: Int
        /// First request, when it is made, and a later one.
        let firstMilliseconds: Double
        let nextMilliseconds: Double
    }

    private static let forms: [(name: String, path: String, fields: [String])] = [
        ("JSON", "/revocations", []),
        ("JSON, gzip", "/revocations", ["Accept-Encoding: gzip"]),
        ("columns", "/revocations", ["Accept: \(RevocationDocument.Form.columns.mediaType)"]),
        (
            "columns, gzip", "/revocations",
            ["Accept: \(RevocationDocument.Form.columns.mediaType)", "Accept-Encoding: gzip"]
        ),
        ("signed", "/revocations.jwt", []),
        ("signed, gzip", "/revocations.jwt", ["Accept-Encoding: gzip"]),
    ]

    func measure() throws -> [Figures] {
        try options.plan.listLengths.map { try measure(entries: $0) }
    }

    private func measure(entries: Int) throws -> Figures {
        Console.note("A revocation list of \(entries) entries")
        let place = folder + "/list-\(entries)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        // The first start makes the database that is then filled.
        try ServerUnderTest(binary: options.server, folder: place).stop()
        try SeededRevocations(database: place + "/data/latchkey.sqlite").insert(entries)
        let server = try ServerUnderTest(binary: options.server, folder: place)
        defer { server.stop() }
        Stopwatch.sleep(milliseconds: 1000)
        let memory = try server.figures.memory()
        let polls = try self.polls(server, entries)
        let documents = try Self.forms.map { try document($0.name, $0.path, $0.fields, server) }
        return Figures(
            entries: entries, startSeconds: server.secondsToFirstAnswer, serverMemory: memory,
            serverMemoryAfter: try server.figures.memory(), documents: documents,
            deltaBytes: try delta(server), pollsPerSecond: polls.perSecond,
            pollP99Milliseconds: polls.latencyMilliseconds(0.99) ?? 0,
            verifierBytesPerEntry: try verifierBytes(server, entries))
    }

    private func polls(_ server: ServerUnderTest, _ entries: Int) throws -> Slice {
        let list = try snapshot(server)
        let request = HTTPRequest.get("/revocations?after=\(list.sequence)&epoch=\(list.epoch)")
        let loop = ClosedLoop(endpoint: server.endpoint, server: server.figures, seconds: options.plan.sliceSeconds)
        return try loop.run(Array(repeating: SameRequest(request: request), count: 16)).slice
    }

    private func document(
        _ name: String, _ path: String, _ fields: [String], _ server: ServerUnderTest
    ) throws -> Document {
        let connection = try HTTPConnection(server.endpoint)
        let times = try (0..<2).map { _ in
            let start = Stopwatch.now()
            try connection.exchange(HTTPRequest.get(path, fields: fields), expecting: 200)
            return Stopwatch.seconds(from: start, to: Stopwatch.now()) * 1000
        }
        return Document(
            form: name, bytes: connection.body.count, firstMilliseconds: times[0], nextMilliseconds: times[1])
    }

    private func snapshot(_ server: ServerUnderTest) throws -> RevocationDocument {
        let connection = try HTTPConnection(server.endpoint)
        let fields = ["Accept: \(RevocationDocument.Form.columns.mediaType)"]
        try connection.exchange(HTTPRequest.get("/revocations", fields: fields), expecting: 200)
        return try RevocationDocument(
            parsing: Array(connection.body), maximumLength: 1 << 28, maximumEntries: 2_000_000)
    }

    private func delta(_ server: ServerUnderTest) throws -> Int {
        let before = try snapshot(server)
        let admin = try HTTPConnection(server.admin)
        let body = #"{"kind":"token","id":"AAAAAAAAAAAAAAAAAAAAAA"}"#
        try admin.exchange(
            HTTPRequest.post("/api/v1/admin/revocations", type: "application/json", body: body), expecting: 201)
        let connection = try HTTPConnection(server.endpoint)
        try connection.exchange(
            HTTPRequest.get("/revocations?after=\(before.sequence)&epoch=\(before.epoch)"), expecting: 200)
        return connection.body.count
    }

    /// What this process takes for the state alone, once the document is gone.
    private func verifierBytes(_ server: ServerUnderTest, _ entries: Int) throws -> Double {
        let own = ServerFigures(processID: getpid())
        let issuer = try snapshot(server).issuer
        Heap.giveBack()
        let before = try own.memory().anonymousKiB
        var state = RevocationListState(issuer: issuer)
        try state.apply(try snapshot(server), receivedAt: .wallClock)
        Heap.giveBack()
        let after = try own.memory().anonymousKiB
        return try withExtendedLifetime(state) {
            guard state.index.count >= entries else { throw BenchFailure("The list was not taken whole.") }
            return Double(after - before) * 1024 / Double(entries)
        }
    }
}

extension ListLengths.Figures: SectionFigures {
    /// For people.
    var lines: [String] {
        let mebibytes = { (kibibytes: Int) in String(format: "%.1f MiB", Double(kibibytes) / 1024) }
        let head = [
            "", "revocation list of \(entries) entries",
            String(format: "  start to first answer %.0f ms", startSeconds * 1000)
                + ", server not from files \(mebibytes(serverMemory.anonymousKiB)), "
                + "after all forms \(mebibytes(serverMemoryAfter.anonymousKiB)), "
                + "peak \(mebibytes(serverMemoryAfter.peakKiB))",
            String(format: "  polls with nothing new %.0f a second, p99 %.2f ms", pollsPerSecond, pollP99Milliseconds),
            "  delta of one entry \(deltaBytes) bytes",
            String(format: "  verifier %.0f bytes an entry", verifierBytesPerEntry),
        ]
        return head
            + documents.map { document in
                let name = document.form.padding(toLength: 14, withPad: " ", startingAt: 0)
                return String(
                    format: "  %@ %10d bytes, first %7.1f ms, next %6.1f ms", name, document.bytes,
                    document.firstMilliseconds, document.nextMilliseconds)
            }
    }
}
