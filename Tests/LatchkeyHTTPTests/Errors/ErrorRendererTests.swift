import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import Logging
import NIOCore
import Testing

@testable import LatchkeyHTTP

struct ErrorRendererTests {
    private struct Accident: Error, CustomStringConvertible {
        var description: String { "SELECT canary FROM users" }
    }

    private func context(_ format: ErrorFormat, access: RouteAccess = .open) -> RequestContext {
        let source = RequestSource(logger: Logger(label: "test"), peer: nil, isTLS: false, isLocalOperator: false)
        let resource = RouteTable([
            .reached(.get, "/x", access, errors: format)
        ]).resolve("/x")
        return RequestContext(
            source: source, attribution: TrustedProxies.Attribution(), path: "/x", resource: resource,
            errorFormat: format, refusal: nil)
    }

    /// Status, headers and JSON of a rendered error.
    private func render(_ error: any Error, _ context: RequestContext) throws -> (Response, JSONObject) {
        let response = ErrorRenderer.render(error, context)
        return (response, try StrictJSON.parseObject(Array(response.body.readableBytesView)))
    }

    @Test(arguments: [ErrorFormat.oauth, .problem])
    func `a fault is 500 without any detail of it`(format: ErrorFormat) throws {
        let context = context(format)
        let (response, json) = try render(Accident(), context)
        #expect(json["request_id"]?.string == (format == .problem ? context.requestID.description : nil))
        #expect(response.status == .internalServerError)
        for member in json.members { #expect(!(member.value.string ?? "").contains("canary")) }
        #expect(json["error"]?.string == (format == .oauth ? "server_error" : nil))
        #expect(json["code"]?.string == (format == .problem ? "internal_error" : nil))
        #expect(response.headers[.retryAfter] == nil)
    }

    @Test(arguments: [ErrorFormat.oauth, .problem])
    func `an unavailable store is 503 with Retry-After and does not say why`(format: ErrorFormat) throws {
        let (response, json) = try render(StoreUnavailable("disk canary is full"), context(format))
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.retryAfter] == "5")
        let told = json["error"]?.string ?? json["code"]?.string
        #expect(told == "temporarily_unavailable")
        for member in json.members { #expect(!(member.value.string ?? "").contains("canary")) }
    }

    @Test func `a cancelled handler asks to come back`() throws {
        let (response, _) = try render(CancellationError(), context(.problem))
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.retryAfter] == "1")
    }

    @Test func `each format has its content type and neither is cached`() throws {
        let (oauth, oauthJSON) = try render(Refusal(.invalidScope, "No."), context(.oauth))
        #expect(oauth.headers[.contentType] == "application/json")
        #expect(oauthJSON.members.map(\.name) == ["error", "error_description"])
        let (problem, problemJSON) = try render(Refusal(.invalidScope, "No."), context(.problem))
        #expect(problem.headers[.contentType] == "application/problem+json")
        #expect(problemJSON.members.map(\.name) == ["type", "title", "status", "detail", "code"])
        #expect(oauth.headers[.cacheControl] == "no-store")
        #expect(problem.headers[.cacheControl] == "no-store")
    }

    @Test(arguments: [ErrorFormat.oauth, .problem])
    func `a refused refresh tells its reason`(format: ErrorFormat) throws {
        let refusal = Refusal(.invalidGrant, "Sign in again.", reason: .replayed)
        let (response, json) = try render(refusal, context(format))
        #expect(json["latchkey_reason"]?.string == "replayed")
        #expect(response.status == (format == .oauth ? .badRequest : .unauthorized))
    }

    @Test func `a note for the log never leaves`() throws {
        let (response, json) = try render(
            Refusal(.invalidToken, "The token is not valid.", note: "canary"), context(.problem, access: .bearer))
        for field in response.headers { #expect(!field.value.contains("canary")) }
        for member in json.members { #expect(!(member.value.string ?? "").contains("canary")) }
    }

    @Test(arguments: [
        (Duration.milliseconds(1), "1"), (.seconds(0), "1"), (.milliseconds(1001), "2"), (.seconds(900), "900"),
    ])
    func `Retry-After is whole seconds, rounded up, at least one`(delay: Duration, text: String) throws {
        let (response, _) = try render(
            Refusal(.tooManyAttempts, "Wait.", retryAfter: delay), context(.problem))
        #expect(response.headers[.retryAfter] == text)
    }

    @Test func `without a token the challenge has no error code`() throws {
        let (response, _) = try render(
            Refusal(.bearerMissing, "A token is needed."), context(.problem, access: .admin(.reads)))
        #expect(response.headers[.wwwAuthenticate] == "Bearer realm=\"latchkey\"")
    }

    @Test func `a bad token is refused as invalid_token`() throws {
        let (response, _) = try render(Refusal(.invalidToken, "No."), context(.problem, access: .account))
        #expect(
            response.headers[.wwwAuthenticate]
                == "Bearer realm=\"latchkey\", error=\"invalid_token\", error_description=\"No.\"")
    }

    @Test func `a token without the scope is 403 and told which scope is needed`() throws {
        let (response, _) = try render(Refusal(.insufficientScope, "No."), context(.problem, access: .admin(.reads)))
        #expect(response.status == .forbidden)
        #expect(
            response.headers[.wwwAuthenticate]?.hasSuffix(
                "error=\"insufficient_scope\", error_description=\"No.\", scope=\"latchkey:admin\"")
                == true)
    }

    @Test(arguments: Refusal.Code.allCases)
    func `every 401 in problem format has a challenge, but that of a client`(code: Refusal.Code) throws {
        let (response, _) = try render(Refusal(code, "No."), context(.problem))
        let isChallenged = response.headers[.wwwAuthenticate] != nil
        let isExpected = (response.status == .unauthorized && code != .invalidClient) || code == .insufficientScope
        #expect(isChallenged == isExpected)
    }

    @Test func `a client that used Basic is challenged with Basic, and no other is`() throws {
        let context = context(.oauth)
        let response = ErrorRenderer.render(Refusal(.invalidClient, "No."), context)
        #expect(response.status == .unauthorized)
        for (header, expected) in [("bAsIc eDp5", true), ("Bearer abc", false), (nil, false)] {
            var fields = HTTPFields()
            if let header { fields[.authorization] = header }
            let request = Request(method: .post, query: nil, headers: fields, body: ByteBuffer())
            #expect((ClientChallenge.field(response, request)?.value.hasPrefix("Basic realm=") == true) == expected)
        }
    }
}
