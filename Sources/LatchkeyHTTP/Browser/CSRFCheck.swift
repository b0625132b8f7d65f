package import HTTPTypes
package import LatchkeyCore
import LatchkeyTokens

/// The two conditions on every request that uses a cookie: a header that no form and no plain cross-site request can
/// carry, and a good origin. A pure function of the header fields. BrowserApplication.md of LatchkeyCore tells
/// applications.
package enum CSRFCheck {
    /// - Parameter origins: those of the request's own client.
    /// - Throws: `Refusal` `csrf_rejected`; in that case nothing was read or changed.
    package static func pass(_ fields: HTTPFields, origins: [String]) throws(Refusal) {
        guard let sent = only(fields[values: .latchkeyCSRF]), sent.equalsBytes(of: "1") else {
            throw Refusal(.csrfRejected, "Requests that use the cookie need the header X-Latchkey-CSRF: 1.")
        }
        guard hasGoodOrigin(fields, origins: origins) else {
            throw Refusal(.csrfRejected, "The request does not come from an origin that is registered for this client.")
        }
    }

    /// A login that a browser sends from another site could set no usable cookie: Strict cookies do not come back
    /// there. Refused before the password is looked at, whatever `Origin` says.
    /// - Throws: `Refusal` `cookie_transport_cross_site`.
    package static func refuseCrossSite(_ fields: HTTPFields) throws(Refusal) {
        guard !fields[values: .secFetchSite].containsBytes(of: "cross-site") else {
            throw Refusal(
                .cookieTransportCrossSite,
                "Cookies work only when the application and the issuer are on one site: serve both there, or use transport body."
            )
        }
    }

    /// If `Origin` is present, it alone decides; only without it does the browser's statement count that the page is
    /// ours.
    private static func hasGoodOrigin(_ fields: HTTPFields, origins: [String]) -> Bool {
        let sent = fields[values: .origin]
        guard sent.isEmpty else { return only(sent).map { origins.containsBytes(of: $0) } ?? false }
        return only(fields[values: .secFetchSite])?.equalsBytes(of: "same-origin") ?? false
    }

    private static func only(_ values: [String]) -> String? { values.count == 1 ? values[0] : nil }
}

extension HTTPField.Name {
    // The names are valid tokens; the fallbacks only satisfy the failable initialiser.
    package static let latchkeyCSRF = HTTPField.Name("X-Latchkey-CSRF") ?? .server
    package static let secFetchSite = HTTPField.Name("Sec-Fetch-Site") ?? .server
}
