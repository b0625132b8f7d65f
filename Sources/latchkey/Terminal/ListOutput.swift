import ArgumentParser
import Foundation
import LatchkeyCore
import LatchkeyTokens

/// How a list is printed.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

/// The options of every command that lists or shows things.
struct ListOptions: ParsableArguments {
    @Option(name: .long, help: "table for people, as wide as the terminal or COLUMNS; json for programs.")
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

/// Rows in columns, for people. Control characters in cells are shown as `?`, so that stored text never reaches the
/// terminal as a command.
///
/// Nothing is cut, because a cut value cannot be copied. Columns that do not fit beside each other continue on further,
/// indented lines, for the header and every row alike.
struct TextTable {
    private let header: [String]
    private var rows: [[String]] = []
    private static let indent = 4

    init(_ header: String...) { self.header = header }

    init(heads: [String]) { header = heads }

    /// Adds a row; an absent cell is shown as `-`.
    mutating func add(_ cells: String?...) { add(cells: cells) }

    /// Adds a row that was built elsewhere.
    mutating func add(cells: [String?]) {
        rows.append(
            cells.map { cell in
                guard let cell, !cell.isEmpty else { return "-" }
                return Self.printable(cell)
            })
    }

    /// Header and rows for the terminal or file that this process writes to.
    var lines: [String] { lines(width: Terminal.width) }

    /// Header and rows, columns two spaces apart, without spaces at line ends.
    /// - Parameter width: columns of the terminal; `nil` for one line per row, however long.
    func lines(width: Int?) -> [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { DisplayWidth.of($0[column]) }.max() ?? 0 }
        let parts = Self.parts(widths, width: width)
        return all.flatMap { row in
            parts.enumerated().flatMap { number, columns -> [String] in
                let cells = columns.map { column in
                    column == columns.last
                        ? row[column]
                        : row[column] + String(repeating: " ", count: widths[column] - DisplayWidth.of(row[column]))
                }
                let line = cells.joined(separator: "  ")
                guard number > 0, let width else { return [line] }
                return columns.allSatisfy { row[$0] == "-" } ? [] : Self.wrapped(line, to: width - Self.indent)
            }
        }
    }

    /// The words of a further line, indented, on as many lines as they need. A word is never broken.
    private static func wrapped(_ line: String, to width: Int) -> [String] {
        guard DisplayWidth.of(line) > width else { return [String(repeating: " ", count: indent) + line] }
        var lines: [String] = []
        var used = 0
        for word in line.unicodeScalars.split(separator: " ").map({ String(String.UnicodeScalarView($0)) }) {
            let needed = DisplayWidth.of(word)
            if lines.isEmpty || used + 1 + needed > width {
                lines.append(String(repeating: " ", count: indent) + word)
                used = needed
            } else {
                lines[lines.count - 1] += " " + word
                used += 1 + needed
            }
        }
        return lines
    }

    /// Which columns stand in which line of a row.
    private static func parts(_ widths: [Int], width: Int?) -> [[Int]] {
        guard let width else { return [Array(widths.indices)] }
        var parts: [[Int]] = [[]]
        var used = 0
        for (column, needed) in widths.enumerated() {
            if let last = parts.last, !last.isEmpty, used + 2 + needed > width {
                parts.append([column])
                used = indent + needed
            } else {
                used += (used == 0 ? 0 : 2) + needed
                parts[parts.count - 1].append(column)
            }
        }
        return parts
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

/// A thing and its properties, one per line.
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
        Timestamp(seconds: seconds).words
    }

    /// The same for an instant that may be absent.
    static func ifAny(_ seconds: Int64?) -> String? {
        seconds.map { string($0) }
    }
}

/// Why something was revoked, with the code that programs and filters use.
enum ReasonText {
    /// `admin: An administrator revoked it.`
    static func string(_ code: String) -> String {
        RevocationReason(rawValue: code).map { "\(code): \($0.sentence)" } ?? code
    }
}

/// How many columns of a terminal a text occupies.
enum DisplayWidth {
    static func of(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns($1) }
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return isWide(scalar.value) ? 2 : 1
        }
    }

    /// East Asian wide characters (Unicode Standard Annex 11) and pictures.
    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
            0x1F900...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
