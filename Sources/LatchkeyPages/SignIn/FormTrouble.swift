/// Why any form of a sign-in comes back, whatever was typed into it.
package enum FormTrouble: Sendable, Hashable {
    /// The page was open for too long, or belongs to another browser session.
    case expired
    /// The browser sends no cookie.
    case noCookie
    /// Seconds to wait.
    case tooManyAttempts(Int)
    case busy

    func text(_ wording: Wording) -> String {
        switch self {
        case .expired: wording.say(\.common.formExpired)
        case .noCookie: wording.say(\.common.cookiesMissing)
        case .tooManyAttempts(let seconds) where seconds > 90:
            wording.say(\.common.waitMinutes, seconds / 60 + (seconds % 60 > 0 ? 1 : 0))
        case .tooManyAttempts(let seconds): wording.say(\.common.waitSeconds, max(1, seconds))
        case .busy: wording.say(\.common.busy)
        }
    }
}
