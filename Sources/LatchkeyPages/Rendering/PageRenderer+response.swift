package import HTTPTypes
package import LatchkeyHTTP
import NIOCore

extension PageRenderer {
    /// The page as an answer, with the headers that every page has.
    /// - Parameter extra: further fields, as `Retry-After`; none of those that every page has.
    package func response(
        _ page: some Page, _ setting: PageSetting, status: HTTPResponse.Status, extra: HTTPFields = [:]
    ) -> Response {
        var headers = Self.headers(page.policy)
        if let refresh = (page as? ContinuePage)?.refreshField { headers[.refresh] = refresh }
        headers[.contentLanguage] = setting.wording.language.rawValue
        for field in extra {
            precondition(headers[field.name] == nil, "every page has its own \(field.name)")
            headers.append(field)
        }
        return Response(status: status, headers: headers, body: ByteBuffer(string: html(page, setting)))
    }

    /// The headers of all HTML. `nosniff` and `Strict-Transport-Security` come with every response.
    package static func headers(_ policy: PagePolicy) -> HTTPFields {
        var headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8",
            .cacheControl: "no-store",
            .contentSecurityPolicy: contentPolicy(policy),
            // Without a referrer browsers post `Origin: null`, and no form would pass the check of its origin.
            .referrerPolicy: "same-origin",
            .crossOriginResourcePolicy: "same-origin",
            .permissionsPolicy: "publickey-credentials-get=(self), publickey-credentials-create=(self)",
        ]
        if policy == .account { headers[.crossOriginOpenerPolicy] = "same-origin" }
        return headers
    }

    private static func contentPolicy(_ policy: PagePolicy) -> String {
        let common =
            "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types latchkey"
        return switch policy {
        case .page, .account:
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
                + "form-action 'self'; \(common)"
        // The target is another origin, and may redirect to a third: no list of form targets would hold.
        case .formPost:
            "default-src 'none'; style-src 'self'; script-src '\(ContinuePage.scriptDigest)'; img-src 'self'; \(common)"
        }
    }
}

extension HTTPField.Name {
    private static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
        return name
    }

    static let refresh = known("Refresh")
    static let referrerPolicy = known("Referrer-Policy")
    static let permissionsPolicy = known("Permissions-Policy")
    static let crossOriginOpenerPolicy = known("Cross-Origin-Opener-Policy")
}
