import LatchkeyCore

/// `max_age` (OpenID Connect Core 3.1.2.1): seconds since the user was last authenticated.
///
/// | sent | then |
/// | --- | --- |
/// | nothing | any age |
/// | up to 15 decimal digits | that many seconds; 0 asks for a new authentication |
/// | anything else: a sign, a fraction, more digits | `invalid_request`: no age would be a weaker request |
enum MaximumAgeCheck {
    static func read(_ sent: AuthorizationParameters) throws(AuthorizationError) -> Int64? {
        guard let text = sent["max_age"] else { return nil }
        guard text.utf8.count <= 15, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let seconds = Int64(text)
        else { throw AuthorizationError(.invalidRequest, "The max_age must be a number of seconds.") }
        return seconds
    }
}
