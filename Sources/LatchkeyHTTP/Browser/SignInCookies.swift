package import HTTPTypes
import LatchkeyBytes
package import LatchkeyCore
import LatchkeyTokens

/// The two cookies of the pages where people sign in (RFC 6265): the browser session, and the step cookie, which binds
/// forms to a browser. Lax: both must arrive with a link or redirect from another site.
package struct SignInCookies: Sendable, Equatable {
    private let form: CookieForm

    package init(_ form: CookieForm) { self.form = form }

    /// `__Host-latchkey_signin`, or the development form.
    package var sessionName: String { form.name("signin") }
    /// `__Host-latchkey_step`, or the development form.
    package var stepName: String { form.name("step") }

    /// The text of the browser session's cookie. Two cookies of the name count as none: one of them was planted.
    package func session(in fields: HTTPFields) -> String? { value(sessionName, fields) }

    /// The step cookie's value, by the same rule; nil for anything that is not a value of ours.
    package func step(in fields: HTTPFields) -> String? {
        value(stepName, fields).flatMap { $0.utf8.count == Self.stepLength ? $0 : nil }
    }

    /// Characters of a step cookie: 256 bits in base64url.
    private static let stepLength = 43

    package func line(_ cookie: BrowserCookie) -> String {
        let attributes = form.attributes(.lax)
        return "\(sessionName)=\(cookie.token.text); \(attributes)"
            + (cookie.lifetime.map { "; Max-Age=\($0)" } ?? "")
    }

    /// The value of a new step cookie.
    package static func newStep() -> String { Base64URL.string(RandomBytes.make(32)) }

    package func stepLine(_ value: String) -> String { "\(stepName)=\(value); \(form.attributes(.lax))" }

    /// Makes a browser forget its session.
    package var clearing: String { "\(sessionName)=; \(form.attributes(.lax)); Max-Age=0" }

    private func value(_ name: String, _ fields: HTTPFields) -> String? {
        guard case .value(let text) = Cookies(fields)[name], !text.isEmpty else { return nil }
        return text
    }
}
