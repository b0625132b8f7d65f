/// A page in Prometheus' text exposition format 0.0.4, written from top to bottom.
package struct PrometheusPage: Sendable {
    /// The content type of ``text``.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The kinds of metric, as Prometheus names them.
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// The text so far; ends in a line feed.
    package private(set) var text = ""

    /// An empty page.
    package init() {}

    /// The lines that begin a metric.
    /// - Parameters:
    ///   - name: ours, in Prometheus' characters.
    ///   - help: nil if the name says everything.
    package mutating func head(_ name: String, _ kind: Kind, _ help: String?) {
        if let help { text += "# HELP \(name) \(Self.escape(help, quote: false))\n" }
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    /// One sample.
    /// - Parameter labels: from ``labels(_:)``; empty for none.
    package mutating func line(_ name: String, _ labels: String, _ value: Double) {
        text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(value))\n"
    }

    /// The samples of one histogram.
    /// - Parameters:
    ///   - bounds: of the classes, in seconds or whatever is counted.
    ///   - counts: one for each class, and one for everything beyond.
    package mutating func histogram(
        _ name: String, _ labels: String, bounds: [Double], counts: [Int64], sum: Double
    ) {
        let prefix = labels.isEmpty ? "" : labels + ","
        var count: Int64 = 0
        for (bound, more) in zip(bounds.map { "\($0)" } + ["+Inf"], counts) {
            count += more
            line("\(name)_bucket", "\(prefix)le=\"\(bound)\"", Double(count))
        }
        line("\(name)_sum", labels, sum)
        line("\(name)_count", labels, Double(count))
    }

    /// A gauge of one sample.
    package mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
        head(name, .gauge, help)
        line(name, "", Double(value))
    }

    /// A counter of one sample.
    package mutating func counter(_ name: String, _ help: String, _ value: some BinaryInteger) {
        head(name, .counter, help)
        line(name, "", Double(value))
    }

    /// Labels without braces, sorted by name, values escaped.
    package static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.sorted { $0.0 < $1.0 }
            .map { "\($0.0)=\"\(escape($0.1, quote: true))\"" }
            .joined(separator: ",")
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { String($0) } ?? "\(value)"
    }

    private static func escape(_ text: String, quote: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quote: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
