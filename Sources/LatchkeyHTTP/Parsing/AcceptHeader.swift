package import HTTPTypes
import LatchkeyTokens

/// The formats that a client accepts, from `Accept` or `Accept-Encoding` (RFC 9110 12.4 and 12.5).
package struct AcceptHeader: Sendable, Equatable {
    /// More choices than this make no sense; the first ones count.
    private static let mostChoices = 64

    private struct Choice: Equatable {
        let name: String
        /// In thousandths.
        let weight: Int

        init(_ element: Substring.UTF8View) {
            let parts = element.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
                .map(\.withoutOuterSpace)
            name = parts[0].asciiLowercased
            let weight = parts.dropFirst().first { $0.prefix(2).equalsIgnoringCase("q=") }
            self.weight = weight.map { Self.thousandths($0.dropFirst(2)) } ?? 1000
        }

        /// A weight is a decimal number from 0 to 1; some clients omit the zero before the point. Anything else counts
        /// as "not wanted", so that the client gets nothing it cannot read.
        private static func thousandths(_ text: Substring.UTF8View) -> Int {
            let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
            let (whole, fraction) = (parts[0], parts.count > 1 ? parts[1] : parts[0].suffix(0))
            guard whole.count <= 4, whole.count + fraction.count > 0, whole.allSatisfy(\.isASCIIDigit),
                fraction.allSatisfy(\.isASCIIDigit)
            else { return 0 }
            var weight = 0
            for digit in whole { weight = weight * 10 + Int(digit - UInt8(ascii: "0")) }
            for place in 0..<3 {
                let digit = fraction.dropFirst(place).first ?? UInt8(ascii: "0")
                weight = weight * 10 + Int(digit - UInt8(ascii: "0"))
            }
            return weight <= 1000 ? weight : 0
        }
    }

    private let choices: [Choice]?

    private init(_ lines: [String]) {
        choices =
            lines.isEmpty
            ? nil : FieldElements.split(lines, at: UInt8(ascii: ",")).prefix(Self.mostChoices).map(Choice.init)
    }

    /// Whether `Accept` names `type` itself with a weight above zero, as browsers do for a page. A wildcard does not
    /// count.
    package static func names(_ type: String, in fields: HTTPFields) -> Bool {
        let header = AcceptHeader(fields[values: .accept])
        return header.choices != nil && header.weight([type]) ?? 0 > 0
    }

    /// Whether `Accept` names `type` itself (lower case) and wants it at least as much as JSON. A wildcard does not
    /// count, because JSON is the default.
    package static func prefers(_ type: String, in fields: HTTPFields) -> Bool {
        let header = AcceptHeader(fields[values: .accept])
        guard header.choices != nil, let wanted = header.weight([type]), wanted > 0 else { return false }
        return wanted >= header.weight(["application/json", "application/*", "*/*"]) ?? 0
    }

    /// Whether a gzip-coded body is acceptable: `gzip` or `*` with a weight above zero. Without the header it is not.
    package static func allowsGzip(_ fields: HTTPFields) -> Bool {
        let header = AcceptHeader(fields[values: .acceptEncoding])
        guard header.choices != nil else { return false }
        return header.weight(["gzip", "x-gzip", "*"]) ?? 0 > 0
    }

    /// The weight of the first name that the header lists; nil when it lists none of them.
    private func weight(_ names: [String]) -> Int? {
        for name in names {
            if let choice = choices?.first(where: { $0.name.equalsBytes(of: name) }) { return choice.weight }
        }
        return nil
    }
}
