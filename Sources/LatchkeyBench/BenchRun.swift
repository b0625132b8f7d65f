import Foundation

/// One measurement from an empty folder to the report.
struct BenchRun {
    let options: BenchOptions
    /// Fresh and ours. What remains in it at the end are the report and what a failed part leaves behind.
    let folder: String

    init(options: BenchOptions) throws {
        self.options = options
        let parent = options.folder ?? FileManager.default.temporaryDirectory.path
        // Resolved, since other programs are given paths in it.
        let place = URL(fileURLWithPath: parent).standardizedFileURL.path
        folder = place + "/latchkey-bench-" + UUID().uuidString.prefix(8).lowercased()
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw BenchFailure("The folder \(folder) cannot be created: \(error.localizedDescription)")
        }
    }

    func run() throws -> Report {
        let machine = Machine(folder: folder, commit: options.commit)
        var report = Report(machine: machine, plan: options.plan)
        report.notes = notes(machine)
        for part in options.parts { report.sections.append(try measure(part)) }
        return report
    }

    /// Writes JSON and page.
    /// - Returns: where they are.
    func write(_ report: Report) throws -> (json: String, page: String) {
        let json = URL(fileURLWithPath: options.json ?? folder + "/report.json")
        let page = json.deletingPathExtension().appendingPathExtension("html")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(report).write(to: json)
        try Data(Page(report: report).html.utf8).write(to: page)
        return (json.path, page.path)
    }

    private func measure(_ part: Part) throws -> Section {
        let place = folder + "/" + part.rawValue
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        let section = try part.measure(options, folder: place)
        // Databases may have gigabytes. After a failure they stay, with the server's log.
        if !section.hasFailures { try? FileManager.default.removeItem(atPath: place) }
        return section
    }

    private func notes(_ machine: Machine) -> [String] {
        var notes: [String] = []
        if machine.isInMemory {
            notes.append(
                "The data is on \(machine.fileSystem): no write reaches a disk, so durable rates mean nothing. "
                    + "Choose another place with --folder.")
        }
        #if DEBUG
            notes.append(
                "LatchkeyBench itself is a debug build: its generator takes processor time away from the server, "
                    + "and ES256 alone is far slower than it would be. Use Scripts/bench.")
        #endif
        return notes
    }
}
