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

    private func context(_ format: ErrorFormat, access: RouteAccess = .anyone) -> LatchkeyHTTP.RequestContext {
        var source = RequestSource(logger: Logger(label: "test"), peer: nil, isTLS: false, isLocalOperator: false)
        source.errorFormat = format
        source.resource = RouteTable([
            Route(.get, "/x", errors: format, access: access, operation: "x") { _, _ in Response(status: .ok) }
        ]).resolve("/x")
        return LatchkeyHTTP.RequestContext(source: source)
    }

    /// Status, headers and JSON of a rendered error.
    private func render(_ error: any Error, _ context: LatchkeyHTTP.RequestContext) async throws -> (
        Response, JSONObject
    ) {
        let response = ErrorRenderer.render(error, context)
        let bytes = try await OutgoingResponse(response, omitsBody: false).body.flatMap { Array($0.readableBytesView) }
        return (response, try StrictJSON.parseObject(bytes))
    }

    @Test(arguments: [ErrorFormat.oauth, .problem])
    func `a fault is 500 without any detail of it`(format: ErrorFormat) async throws {
        let context = context(format)
        let (response, json) = try await render(Accident(), context)
        #expect(json["request_id"]?.string == (format == .problem ? context.requestID.description : nil))
        #expect(response.status == .internalServerError)
        for member in json.members { #expect(!(member.value.string ?? "").contains("canary")) }
        #expect(json["error"]?.string == (format == .oauth ? "server_error" : nil))
        #expect(json["code"]?.string == (format == .problem ? "internal_error" : nil))
        #expect(response.headers[.retryAfter] == nil)
    }

    @Test(arguments: [ErrorFormat.oauth, .problem])
    func `an unavailable store is 503 with Retry-After and does not say why`(format: ErrorFormat) async throws {
        let (response, json) = try await render(StoreUnavailable("disk canary is full"), context(format))
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.retryAfter] == "5")
        let told = json["error"]?.string ?? json["code"]?.string
        #expect(told == "temporarily_unavailable")
        for member in json.members { #expect(!(member.value.string ?? "").contains("canary")) }
    }

    @Test func `a cancelled handler asks to come back`() async throws {
        let (response, _) = try await render(CancellationError(), context(.problem))
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.retryAfter] == "1")
    }

    @Test func `the framework's refusals keep their status and lose their text`() async throws {
        let (response, json) = try await render(
            HTTPError(.contentTooLarge, message: "canary"), context(.oauth))
        #expect(response.status == .contentTooLarge)
        #expect(json["error"]?.string == "invalid_request")
        #expect(json["error_description"]?.string?.contains("canary") == false)
    }

    @Test func `the framework's own failures are faults`() async throws {
        let (response, json) = try await render(HTTPError(.badGateway, message: "canary"), context(.problem))
        #expect(response.status == .internalServerError)
        #expect(json["code"]?.string == "internal_error")
    }

    @Test func `each format has its content type and neither is cached`() async throws {
        let (oauth, oauthJSON) = try await render(Refusal(.invalidScope, "No."), context(.oauth))
        #expect(oauth.headers[.contentType] == "application/json")
        #expect(oauthJSON.members.map(\.name) == ["error", "error_description"])
        let (problem, problemJSON) = try await render(Refusal(.invalidScope, "No."), context(.problem))
        #expect(problem.headers[.contentType] == "application/problem+json")
        #expect(problemJSON.members.map(\.name) == ["type", "title", "status", "detail", "code"])
        #expect(oauth.headers[.cacheControl] == "no-store")
        #expect(problem.headers[.cacheControl] == "no-store")
    }

    @Test(arguments: [ErrorFormat.oauth, .problem])
    func `a refused refresh tells its reason`(format: ErrorFormat) async throws {
        let refusal = Refusal(.invalidGrant, "Sign in again.", reason: .replayed)
        let (response, json) = try await render(refusal, context(format))
        #expect(json["latchkey_reason"]?.string == "replayed")
        #expect(response.status == (format == .oauth ? .badRequest : .unauthorized))
    }

    @Test func `a note for the log never leaves`() async throws {
        let (response, json) = try await render(
            Refusal(.invalidToken, "The token is not valid.", note: "canary"), context(.problem, access: .bearer))
        for field in response.headers { #expect(!field.value.contains("canary")) }
        for member in json.members { #expect(!(member.value.string ?? "").contains("canary")) }
    }

    @Test(arguments: [
        (Duration.milliseconds(1), "1"), (.seconds(0), "1"), (.milliseconds(1001), "2"), (.seconds(900), "900"),
    ])
    func `Retry-After is whole seconds, rounded up, at least one`(delay: Duration, text: String) async throws {
        let (response, _) = try await render(
            Refusal(.tooManyAttempts, "Wait.", retryAfter: delay), context(.problem))
        #expect(response.headers[.retryAfter] == text)
    }

    @Test func `without a token the challenge has no error code`() async throws {
        let (response, _) = try await render(
            Refusal(.bearerMissing, "A token is needed."), context(.problem, access: .admin))
        #expect(response.headers[.wwwAuthenticate] == "Bearer realm=\"latchkey\"")
    }

    @Test func `a bad token is told as invalid_token`() async throws {
        let (response, _) = try await render(Refusal(.invalidToken, "No."), context(.problem, access: .account))
        #expect(
            response.headers[.wwwAuthenticate]
                == "Bearer realm=\"latchkey\", error=\"invalid_token\", error_description=\"No.\"")
    }

    @Test func `a token without the scope is 403 and told which scope is needed`() async throws {
        let (response, _) = try await render(Refusal(.insufficientScope, "No."), context(.problem, access: .admin))
        #expect(response.status == .forbidden)
        #expect(
            response.headers[.wwwAuthenticate]?.hasSuffix(
                "error=\"insufficient_scope\", error_description=\"No.\", scope=\"latchkey:admin\"")
                == true)
    }

    @Test(arguments: Refusal.Code.allCases)
    func `every 401 in problem format has a challenge, but that of a client`(code: Refusal.Code) async throws {
        let (response, _) = try await render(Refusal(code, "No."), context(.problem))
        let isChallenged = response.headers[.wwwAuthenticate] != nil
        let isExpected = (response.status == .unauthorized && code != .invalidClient) || code == .insufficientScope
        #expect(isChallenged == isExpected)
    }

    @Test func `a client that used Basic is challenged with Basic, and no other is`() async throws {
        let next: @Sendable @concurrent (Request, LatchkeyHTTP.RequestContext) async throws -> Response = {
            _, context in
            ErrorRenderer.render(Refusal(.invalidClient, "No."), context)
        }
        for (header, expected) in [("bAsIc eDp5", true), ("Bearer abc", false), (nil, false)] {
            var fields = HTTPFields()
            if let header { fields[.authorization] = header }
            let head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/x", headerFields: fields)
            let response = try await ClientChallengeMiddleware().handle(
                Request(head: head, body: RequestBody(buffer: ByteBuffer())), context: context(.oauth), next: next)
            #expect(response.status == .unauthorized)
            #expect((response.headers[.wwwAuthenticate]?.hasPrefix("Basic realm=") == true) == expected)
        }
    }
}
