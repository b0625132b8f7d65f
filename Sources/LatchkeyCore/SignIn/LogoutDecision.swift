package import LatchkeyTokens

/// What is known when a client asks to sign somebody out.
package struct LogoutFacts: Sendable {
    /// The user of the browser session that the request came with, whatever its cookie proves; nil when none lives.
    package var user: UserID?
    /// The user of the hint; nil when none was sent, or what was sent is no ID token of ours.
    package var hinted: UserID?
    /// Whether the person has answered the question with yes.
    package var isConfirmed = false

    package init(user: UserID?, hinted: UserID?, isConfirmed: Bool = false) {
        self.user = user
        self.hinted = hinted
        self.isConfirmed = isConfirmed
    }
}

package enum LogoutStep: Sendable, Equatable {
    /// Does the person want to sign out?
    case ask
    /// The browser session ends, with what came from it.
    case signOut
    /// No session lives in this browser.
    case nothing
}

/// Whether signing out needs a question (OpenID Connect RP-Initiated Logout 1.0, section 2).
///
/// | browser session | ID token hint | answered yes | next |
/// | --- | --- | --- | --- |
/// | none | any, or none | either | nothing |
/// | lives | of its user, expired or not | either | sign out |
/// | lives | of another user | no | ask |
/// | lives | none, or none of ours: tampered, or of a withdrawn key | no | ask |
/// | lives | any, or none | yes | sign out |
///
/// A link of another site may ask for a logout, too; only the hint shows that a client of this user asks. A session that
/// the hint names is one of its user, so it needs no line of its own.
package enum LogoutDecision {
    package static func decide(_ facts: LogoutFacts) -> LogoutStep {
        guard let user = facts.user else { return .nothing }
        return facts.isConfirmed || facts.hinted == user ? .signOut : .ask
    }
}
