import Foundation

/// What callgrind counted, by the names of the functions that were called.
struct Profile {
    /// Why it was written: the name that it was asked for by.
    let name: String
    /// All instructions of all threads.
    let instructions: Int
    private let calls: [String: Call]

    /// All calls of one function from outside of it.
    struct Call {
        var count = 0
        /// Instructions of the function and of what it called.
        var instructions = 0
    }

    /// Calls that take memory from the C library. The program's own functions have no names in it once it is stripped; the
    /// library's have, since the program finds them by name.
    var allocations: Int {
        ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"].map { self[$0].count }.reduce(0, +)
    }

    /// Of a function that other functions call.
    subscript(function: String) -> Call { calls[function] ?? Call() }

    /// Of the function that took most among those whose names have this in them: of all that call each other, the outermost.
    func most(of part: String) -> Call {
        calls.filter { $0.key.contains(part) }.values.max { $0.instructions < $1.instructions } ?? Call()
    }

    /// Reads a file in callgrind's format, with names in full.
    init(file: String) throws {
        var name = ""
        var instructions: Int?
        var calls: [String: Call] = [:]
        var caller = ""
        var callee = ""
        var callCount: Int?
        for line in try Data(contentsOf: URL(fileURLWithPath: file)).split(separator: UInt8(ascii: "\n")) {
            if let count = callCount {
                // The line after `calls=`: where the call stands, and all instructions of it.
                callCount = nil
                // A function that calls itself is in the first call already.
                guard caller != callee else { continue }
                calls[callee, default: Call()].count += count
                calls[callee, default: Call()].instructions += Self.lastNumber(line) ?? 0
            } else if let text = Self.value(of: "fn=", line) {
                caller = Self.function(text)
            } else if let text = Self.value(of: "cfn=", line) {
                callee = Self.function(text)
            } else if let text = Self.value(of: "calls=", line) {
                callCount = Int(text.prefix { $0 != " " })
            } else if let text = Self.value(of: "totals: ", line) {
                instructions = Int(text)
            } else if let text = Self.value(of: "desc: Trigger: ", line) {
                name = String(text.split(separator: " ").last ?? "")
            }
        }
        guard let instructions else { throw BenchFailure("\(file) is not a complete profile of callgrind.") }
        self.name = name
        self.instructions = instructions
        self.calls = calls
    }

    private static func value(of key: String, _ line: Data) -> String? {
        line.starts(with: key.utf8) ? String(decoding: line.dropFirst(key.utf8.count), as: UTF8.self) : nil
    }

    private static func lastNumber(_ line: Data) -> Int? {
        line.split(separator: UInt8(ascii: " ")).last.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
    }

    /// Without the mark of a recursive call, and without the version of a library's symbol.
    private static func function(_ text: String) -> String {
        String(text.prefix { $0 != "'" && $0 != "@" })
    }
}
