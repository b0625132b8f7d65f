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

/// Rows in columns, for people. Control characters in cells are shown as `?`, so that no stored text reaches the
/// terminal as a command.
struct TextTable {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: String...) { self.header = header }

    init(heads: [String]) { header = heads }

    /// Adds a row; an absent cell is shown as `-`.
    mutating func add(_ cells: String?...) { add(cells: cells) }

    /// Adds a row that was put together elsewhere.
    mutating func add(cells: [String?]) {
        rows.append(
            cells.map { cell in
                guard let cell, !cell.isEmpty else { return "-" }
                return Self.printable(cell)
            })
    }

    /// Header and rows, columns two spaces apart, without spaces at line ends.
    var lines: [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let padded = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            return padded.joined(separator: "  ")
        }
    }

    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "?"
                    default: scalar
                    }
                }))
    }
}

/// A thing and its properties, one a line.
struct TextCard {
    private var entries: [(name: String, value: String)] = []

    mutating func add(_ name: String, _ value: String?) {
        entries.append((name, value.map { $0.isEmpty ? "-" : TextTable.printable($0) } ?? "-"))
    }

    var lines: [String] {
        let width = entries.map(\.name.count).max() ?? 0
        return entries.map { $0.name + String(repeating: " ", count: width - $0.name.count + 2) + $0.value }
    }
}

/// Instants for people: UTC, to the second.
enum TimeText {
    /// `2026-11-23 15:04:05Z`
    static func string(_ seconds: Int64) -> String {
        let text = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
        return text.replacing("T", with: " ")
    }

    /// The same for an instant that may not have come.
    static func ifAny(_ seconds: Int64?) -> String? {
        seconds.map { string($0) }
    }
}
