import ArgumentParser
import Foundation

/// How a list is printed.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

/// The options of every command that lists or shows things.
struct ListOptions: ParsableArguments {
    @Option(name: .long, help: "table for people, json for programs.")
    var format: ListFormat = .table
}

/// JSON for programs: stable key order, one value.
enum JSONOutput {
    /// Prints `value` over several lines.
    static func show(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Terminal.line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Prints `value` in one line, for streams.
    static func line(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        Terminal.line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
