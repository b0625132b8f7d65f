/// The options from the command line.
struct BenchOptions: Sendable {
    /// The release binary to measure.
    var server = ""
    /// Folder on the disk to measure; the system's temporary folder by default.
    var folder: String?
    /// Where the figures go as JSON; into a folder of their own by default. The page lies beside them.
    var json: String?
    /// Commit of the source tree, as told by the caller.
    var commit = "unknown"
    var plan = BenchPlan.full
    /// In the order of ``Part``, each once.
    var parts = Part.onSQLite
    var wish = Wish.measure

    /// What to do.
    enum Wish: Sendable {
        case measure, help, list
        /// Used by the measurement itself: it starts its own program again under callgrind.
        case loop(Int)
    }

    /// The argument that asks for ``Wish/loop(_:)``: a number follows.
    static let loop = "--loop"

    static let help = """
        Measures a latchkey server on this machine and compares it with what the machine itself can do.

        Usage: Scripts/bench [--postgres] [PART...] [--quick] [--json FILE] [--folder DIR]
               Scripts/bench --list | --help

        Parts; without a name, all of them run:

        \(lines(Part.onSQLite))

        Parts with --postgres; without a name, all of these run:

        \(lines(Part.onPostgres))

        Options:

          --postgres      measure nodes on a PostgreSQL that is started for it, with the program that can serve from it
          --quick         a quick look, not a measurement: short slices, two rounds
          --json FILE     write the figures to FILE, and the page with plots beside it, with the ending .html;
                          by default both are written to the folder that is printed
          --folder DIR    keep the data on this file system; it decides what a durable write costs
          --list          list the parts, one per line
          --help          this text
          --server FILE   the latchkey binary; Scripts/bench builds it and passes this option
          --commit NAME   printed with the figures; Scripts/bench passes this option

        Examples:

          Scripts/bench
          Scripts/bench logins rotations --quick
          Scripts/bench instructions --quick
          Scripts/bench reads --folder /srv --json reads.json
          Scripts/bench --postgres
          Scripts/bench --postgres postgres-rotations --quick

        The server runs as a child process on 127.0.0.1 with a fresh data directory and default settings. Each row is
        measured once in every round, so that a temporary slowdown of the machine affects all rows alike;
        compare the ratios, not the absolute numbers. Generator and server share the machine.

        At the end each budget is judged by the median of the rounds. Exit code: 0 when all are met, 1 when one is
        missed, a request failed or the measurement could not continue, 2 when the command line is wrong.
        """

    /// All parts, one a line.
    static var list: String { lines(Part.allCases) }

    private static func lines(_ parts: [Part]) -> String {
        parts.map { part in
            let name = part.rawValue
            return "  " + name + String(repeating: " ", count: max(1, 22 - name.count)) + part.summary
        }.joined(separator: "\n")
    }

    /// Reads the arguments after the program's name.
    /// - Throws: ``BenchFailure`` naming the argument that is wrong.
    init(arguments: [String]) throws(BenchFailure) {
        var rest = arguments[...]
        var named: Set<Part> = []
        var isOnPostgres = false
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h": wish = .help
            case "--list": wish = .list
            case "--postgres": isOnPostgres = true
            case "--quick": plan = .quick
            case Self.loop: wish = try Self.loop(from: &rest)
            case "--server": server = try Self.value(of: argument, from: &rest)
            case "--folder": folder = try Self.value(of: argument, from: &rest)
            case "--json": json = try Self.value(of: argument, from: &rest)
            case "--commit": commit = try Self.value(of: argument, from: &rest)
            default: named.insert(try Self.part(argument))
            }
        }
        let known = isOnPostgres ? Part.onPostgres : Part.onSQLite
        if let stranger = named.first(where: { !known.contains($0) }) {
            throw BenchFailure("\(stranger.rawValue) runs \(isOnPostgres ? "without" : "with") --postgres.")
        }
        parts = named.isEmpty ? known : known.filter(named.contains)
        guard case .measure = wish, parts != [.verification], server.isEmpty else { return }
        throw BenchFailure("Name the binary to measure with --server FILE; see --help.")
    }

    private static func loop(from rest: inout ArraySlice<String>) throws(BenchFailure) -> Wish {
        guard let count = Int(try value(of: loop, from: &rest)) else { throw BenchFailure("\(loop) needs a number.") }
        return .loop(count)
    }

    private static func part(_ argument: String) throws(BenchFailure) -> Part {
        if let part = Part(rawValue: argument) { return part }
        guard !argument.hasPrefix("-") else { throw BenchFailure("Unknown option \(argument); --help lists all.") }
        let known = Part.allCases.map(\.rawValue).joined(separator: ", ")
        throw BenchFailure("There is no part \(argument). The parts are \(known).")
    }

    private static func value(of name: String, from rest: inout ArraySlice<String>) throws(BenchFailure) -> String {
        guard let value = rest.popFirst(), !value.hasPrefix("--") else { throw BenchFailure("\(name) needs a value.") }
        return value
    }
}
