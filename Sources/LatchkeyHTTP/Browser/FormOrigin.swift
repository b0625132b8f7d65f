package import HTTPTypes
package import LatchkeyCore
import LatchkeyTokens

/// Whether a form was posted by one of the server's own pages. A pure function of the header fields.
///
/// | `Origin` | `Sec-Fetch-Site` | |
/// | --- | --- | --- |
/// | the issuer's | any | ours |
/// | another, `null`, several | any | refused |
/// | absent | `same-origin` | ours |
/// | absent | anything else, or absent | refused |
package struct FormOrigin: Sendable {
    private let own: String

    /// - Parameter issuer: its origin is that of the pages.
    package init(issuer: String) {
        let bytes = issuer.utf8
        let start = bytes.firstIndex(of: UInt8(ascii: ":")).map { bytes.index($0, offsetBy: 3) } ?? bytes.startIndex
        own = String(Substring(bytes[..<(bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex)]))
    }

    /// - Throws: `Refusal` `csrf_rejected`; nothing was read or changed then.
    package func check(_ fields: HTTPFields) throws(Refusal) {
        let origins = fields[values: .origin]
        let sites = fields[values: .secFetchSite]
        let isOurs =
            origins.isEmpty
            ? sites.count == 1 && sites[0].equalsBytes(of: "same-origin")
            : origins.count == 1 && origins[0].equalsBytes(of: own)
        guard isOurs else { throw Refusal(.csrfRejected, "This form was not sent by a page of this server.") }
    }
}
