package import HTTPTypes

/// What a client wants to get, from `Accept` or `Accept-Encoding` (RFC 9110 12.4 and 12.5).
package struct AcceptHeader: Sendable, Equatable {
    private struct Choice: Equatable {
        let name: String
        let quality: Double
    }

    private let choices: [Choice]?

    private init(_ values: [String]) {
        guard !values.isEmpty else {
            choices = nil
            return
        }
        choices = values.joined(separator: ",").prefix(4096).split(separator: ",").prefix(64).map { item in
            let parts = item.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmed.lowercased() }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
            // A weight that is no number in 0...1 counts as "not wanted": the client is told nothing it cannot read.
            let quality = weight.map { Double($0.dropFirst(2)).flatMap { (0...1).contains($0) ? $0 : nil } ?? 0 } ?? 1
            return Choice(name: parts.first ?? "", quality: quality)
        }
    }

    /// Of `Accept`: how much `type` (lower case, `type/subtype`) is wanted, 0 to 1. Without the header everything is.
    package static func quality(of type: String, in fields: HTTPFields) -> Double {
        let header = AcceptHeader(fields[values: .accept])
        let range = type.prefix { $0 != "/" } + "/*"
        return header.quality([type, String(range), "*/*"]) ?? 0
    }

    /// Whether `Accept` names `type` itself with a weight above zero, as browsers do for a page. A wildcard does not count.
    package static func names(_ type: String, in fields: HTTPFields) -> Bool {
        let header = AcceptHeader(fields[values: .accept])
        return header.choices != nil && header.quality([type]) ?? 0 > 0
    }

    /// Whether `Accept` names `type` itself (lower case) and wants it at least as much as JSON. A wildcard does not
    /// count: JSON is the default.
    package static func prefers(_ type: String, in fields: HTTPFields) -> Bool {
        let header = AcceptHeader(fields[values: .accept])
        guard header.choices != nil, let wanted = header.quality([type]), wanted > 0 else { return false }
        return wanted >= header.quality(["application/json", "application/*", "*/*"]) ?? 0
    }

    /// Whether a gzip-coded body is welcome: `gzip` or `*` with a weight above zero. Without the header it is not.
    package static func allowsGzip(_ fields: HTTPFields) -> Bool {
        let header = AcceptHeader(fields[values: .acceptEncoding])
        guard header.choices != nil else { return false }
        return header.quality(["gzip", "x-gzip", "*"]) ?? 0 > 0
    }

    /// The weight of the first name that the header lists; nil when it lists none of them, 1 without a header.
    private func quality(_ names: [String]) -> Double? {
        guard let choices else { return 1 }
        for name in names {
            if let choice = choices.first(where: { $0.name == name }) { return choice.quality }
        }
        return nil
    }
}
