package import LatchkeyTokens

/// What is known when a sign-in asks what comes next.
package struct SignInFacts: Sendable {
    /// What a browser session offers to a sign-in.
    package struct Standing: Sendable, Equatable {
        package let user: UserID
        package let proofs: [Proof]

        package init(user: UserID, proofs: [Proof]) {
            self.user = user
            self.proofs = proofs
        }
    }

    /// What the person in front of the browser chose on the page of accounts.
    package enum Choice: Sendable, Equatable {
        /// To go on as the user of the browser session.
        case current
        /// To sign in as somebody else.
        case another
    }

    /// A login of an application's own page has no request.
    package var request: AuthorizationRequest?
    /// When the authorization request arrived.
    package var arrivedAt: Timestamp
    /// The live browser session; nil when there is none.
    package var standing: Standing?
    package var choice: Choice?
    /// The user that `login_hint` names, as far as it is the user of the browser session.
    package var hintsAtStanding = true
    /// The user that has been proven in this sign-in.
    package var proven: User?
    /// What the user of this sign-in has let the client have before.
    package var consented: Scope?
    /// Whether the user has allowed it in this sign-in.
    package var allows = false
    /// Whether the answer goes to a program of this device, for which the user must have clicked.
    package var needsClick = false
    /// Whether a form of this sign-in was posted.
    package var clicked = false
    /// Whether an authentication as strong as `acr_values` asks can be had here.
    package var reachesAuthenticationClass = true

    package init(request: AuthorizationRequest?, arrivedAt: Timestamp) {
        self.request = request
        self.arrivedAt = arrivedAt
    }
}

package enum SignInStep: Sendable, Equatable {
    /// Who shall go on?
    case account
    /// - Parameter user: the one who has to, when another one is not acceptable or not meant.
    case password(user: UserID?)
    case newPassword
    case consent
    /// A click before a program of this device gets the answer.
    case confirm
    /// - Parameter rests: on the proofs of this sign-in, or of the browser session.
    case done(rests: Ground)
    case refused(SignInRefusal)

    package enum Ground: Sendable, Equatable { case onProof, onBrowser }
}

/// Why a sign-in ends without a code, by the names of the authorization endpoint's errors (RFC 6749 4.1.2.1, OpenID
/// Connect Core 3.1.2.6, Unmet Authentication Requirements 1.0).
package enum SignInRefusal: String, Sendable, CaseIterable {
    case accessDenied = "access_denied"
    case unauthorizedClient = "unauthorized_client"
    case interactionRequired = "interaction_required"
    case loginRequired = "login_required"
    case consentRequired = "consent_required"
    case unmetAuthenticationRequirements = "unmet_authentication_requirements"
}

/// What comes next in a sign-in. Nothing else decides it: pages and the login of applications ask here.
///
/// The first line that fits, from the top:
///
/// | when | next | with `prompt=none` |
/// | --- | --- | --- |
/// | `acr_values` unreachable, and the client says essential | refused: unmet_authentication_requirements | the same |
/// | no proof, no choice, a browser session, and `prompt=select_account` or a hint at another user | account | refused: login_required |
/// | no proof, and no browser session, or another user was chosen | password | refused: login_required |
/// | no proof, and `prompt=login`, or the browser session's proof was too old for `max_age`, or of the future | password of that user | refused: login_required |
/// | `id_token_hint` names another user | refused: login_required | the same |
/// | the password must be changed | new password | refused: login_required |
/// | the client asks for consent, and it was not given for all of the scope, or `prompt=consent`; not allowed in this sign-in | consent | refused: consent_required |
/// | the answer goes to a program of this device, and nothing was clicked in this sign-in | confirm | refused: interaction_required |
/// | otherwise | done | done |
///
/// A proof of this sign-in satisfies `prompt=login` and any `max_age`: only the browser session's proof is compared with
/// them, at the instant when the request arrived. Otherwise `max_age=1` would ask for ever.
package enum SignInDecision {
    package static func decide(_ facts: SignInFacts) -> SignInStep {
        let isSilent = facts.request?.prompt.contains(.none) ?? false
        if !facts.reachesAuthenticationClass { return .refused(.unmetAuthenticationRequirements) }
        if asksForAccount(facts) { return isSilent ? .refused(.loginRequired) : .account }
        if let step = password(facts) { return isSilent ? .refused(.loginRequired) : step }
        let user = facts.proven?.id ?? facts.standing?.user
        if let hint = facts.request?.hint, hint.user != user { return .refused(.loginRequired) }
        if facts.proven?.mustChangePassword == true { return isSilent ? .refused(.loginRequired) : .newPassword }
        if asksForConsent(facts) { return isSilent ? .refused(.consentRequired) : .consent }
        if facts.needsClick, !facts.clicked { return isSilent ? .refused(.interactionRequired) : .confirm }
        return .done(rests: facts.proven == nil ? .onBrowser : .onProof)
    }

    /// Seconds by which the clocks of two nodes may differ. A proof from further ahead is of a time that was wrong.
    private static let skew: Int64 = 60

    private static func asksForAccount(_ facts: SignInFacts) -> Bool {
        guard facts.proven == nil, facts.choice == nil, let standing = facts.standing, let request = facts.request
        else { return false }
        let meansAnother = request.hint.map { $0.user != standing.user } ?? !facts.hintsAtStanding
        return meansAnother || request.prompt.contains(.selectAccount)
    }

    /// The password step, when it is due.
    private static func password(_ facts: SignInFacts) -> SignInStep? {
        guard facts.proven == nil else { return nil }
        guard let standing = facts.standing, facts.choice != .another else { return .password(user: nil) }
        guard let request = facts.request else { return .password(user: nil) }
        let isAskedFor = request.prompt.contains(.login)
        let isTooOld =
            request.maximumAge.map { seconds in
                guard let proven = standing.proofs.authenticatedAt else { return true }
                let age = facts.arrivedAt.seconds - proven.seconds
                return age > seconds || seconds == 0 || age < -skew
            } ?? false
        return isAskedFor || isTooOld ? .password(user: standing.user) : nil
    }

    private static func asksForConsent(_ facts: SignInFacts) -> Bool {
        guard let request = facts.request, request.client.consent == .ask, !facts.allows else { return false }
        return request.prompt.contains(.consent)
            || !(facts.consented.map { request.scope.isSubset(of: $0) } ?? false)
    }
}
