import LatchkeyCore
import Testing

@testable import LatchkeyHTTP

struct RefusalRenderingTests {
    /// RFC 6749 5.2, RFC 6750 3.1, RFC 7009 2.2.1, RFC 8707 2, and `access_denied` and `temporarily_unavailable` of
    /// RFC 6749 4.1.2.1: IANA's registry knows them all.
    static let registered: Set<String> = [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
        "invalid_scope", "invalid_target", "unsupported_token_type", "invalid_token", "insufficient_scope",
        "access_denied", "temporarily_unavailable",
    ]

    @Test(arguments: Refusal.Code.allCases)
    func `an OAuth endpoint uses only registered codes and refuses with a 4xx, 501 or 503`(code: Refusal.Code) {
        let error = Refusal(code, "Do something else.").oauth
        #expect(Self.registered.contains(error.error))
        #expect((400..<500).contains(error.status) || [501, 503].contains(error.status))
    }

    @Test(arguments: Refusal.Code.allCases)
    func `a problem names its code in type and member and refuses with a 4xx, 501 or 503`(code: Refusal.Code) {
        let problem = Refusal(code, "Do something else.").problem
        #expect(problem.code == code.rawValue)
        #expect(problem.type == "urn:latchkey:problem:\(code.rawValue)")
        #expect(problem.detail == "Do something else.")
        #expect(!problem.title.isEmpty)
        #expect((400..<500).contains(problem.status) || [501, 503].contains(problem.status))
    }

    @Test func `problem types and titles are one to one`() {
        let problems = Refusal.Code.allCases.map { Refusal($0, "").problem }
        #expect(Set(problems.map(\.title)).count == problems.count)
        #expect(Set(problems.map(\.type)).count == problems.count)
    }

    @Test(arguments: RefreshRefusalReason.allCases)
    func `a refused refresh is 400 at the token endpoint and 401 at the user API, with its reason`(
        reason: RefreshRefusalReason
    ) {
        let refusal = Refusal(.invalidGrant, "Sign in again.", reason: reason)
        #expect(refusal.oauth == OAuthError(error: "invalid_grant", status: 400))
        #expect(refusal.problem.status == 401)
        #expect(refusal.problem.latchkeyReason == reason.rawValue)
    }

    @Test(arguments: [
        (Refusal.Code.payloadTooLarge, 413), (.unsupportedMediaType, 415), (.methodNotAllowed, 405),
        (.headersTooLarge, 431), (.requestTimeout, 408), (.tooManyAttempts, 429), (.overloaded, 503),
        (.insufficientScope, 403), (.invalidToken, 401), (.notFound, 404),
    ])
    func `what HTTP has a status for gets that status in both formats`(code: Refusal.Code, status: Int) {
        #expect(Refusal(code, "").oauth.status == status)
        #expect(Refusal(code, "").problem.status == status)
    }

    @Test func `a wrong password is 401 at a login alone, and a refused new password is not`() {
        #expect(Refusal(.invalidCredentials, "").problem.status == 401)
        #expect(Refusal(.currentPasswordWrong, "").problem.status == 403)
        #expect(Refusal(.passwordRejected, "").problem.status == 422)
    }

    @Test func `an OAuth description has no character outside RFC 6749 5_2`() {
        let refusal = Refusal(.invalidRequest, "a \"quote\", a \\ and é\u{0}\n")
        #expect(refusal.description6749 == "a ?quote?, a ? and ????")
        let long = Refusal(.invalidRequest, String(repeating: "x", count: 4096))
        #expect(long.description6749.utf8.count == 512)
    }
}
