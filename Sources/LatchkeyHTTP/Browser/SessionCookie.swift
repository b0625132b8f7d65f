package import HTTPTypes
package import LatchkeyCore

/// The two cookies of server sessions (RFC 6265): the session itself, and the ticket of a sign-in under way on another
/// host. Lax, because both must arrive with a link or redirect from another site; one of each per host.
package struct SessionCookie: Sendable, Equatable {
    private let form: CookieForm

    package init(_ form: CookieForm) { self.form = form }

    /// `__Host-latchkey_session`, or the development form.
    package var name: String { form.name("session") }
    /// `__Host-latchkey_start`, or the development form.
    package var startName: String { form.name("start") }

    /// The `Set-Cookie` line of a session. The server handles idle expiry, so the browser keeps it until the absolute
    /// end.
    package func line(_ start: ServerSessionStart) -> String {
        "\(name)=\(start.token.text); \(attributes); Max-Age=\(start.lifetime)"
    }

    /// The `Set-Cookie` line of a start ticket, sealed.
    package func startLine(_ sealed: String) -> String {
        "\(startName)=\(sealed); \(attributes); Max-Age=\(StartTicket.lifetime.components.seconds)"
    }

    /// Makes a browser forget the session.
    package var clearing: String { "\(name)=; \(attributes); Max-Age=0" }
    /// Makes a browser forget the ticket.
    package var clearingStart: String { "\(startName)=; \(attributes); Max-Age=0" }

    /// The session token in a request's cookie. Two cookies of the name count as none: one of them was planted.
    package func token(in fields: HTTPFields) -> String? { value(name, fields) }

    /// The sealed ticket in a request's cookie, by the same rule.
    package func ticket(in fields: HTTPFields) -> String? { value(startName, fields) }

    private func value(_ name: String, _ fields: HTTPFields) -> String? {
        guard case .value(let text) = Cookies(fields)[name], !text.isEmpty else { return nil }
        return text
    }

    private var attributes: String { form.attributes(.lax) }
}
