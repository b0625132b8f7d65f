import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// The one place where an error becomes a response: RFC 6749 JSON or RFC 9457 problem details, by the route and never by
/// the `Accept` header. Handlers throw; they build no error body.
package enum ErrorRenderer {
    /// Renders `error` in the format of the path of `context`. Logs nothing: that is done where the error is caught.
    @Sendable
    package static func render(_ error: any Error, _ context: RequestContext) -> Response {
        guard let refusal = Refusal(telling: error) else { return faultResponse(context) }
        return response(to: refusal, context)
    }

    private static func response(to refusal: Refusal, _ context: RequestContext) -> Response {
        var fields = HTTPFields()
        if let retryAfter = refusal.retryAfter {
            fields[.retryAfter] = String(max(1, retryAfter.secondsRoundedUp))
        }
        let status: Int
        let body: [UInt8]
        switch context.errorFormat {
        case .oauth:
            let error = refusal.oauth
            status = error.status
            body = oauthBody(error.error, refusal.description6749, reason: refusal.latchkeyReason)
        case .problem:
            let problem = refusal.problem
            status = problem.status
            body = problemBody(problem)
        }
        fields[.wwwAuthenticate] = BearerChallenge(refusal, status: status, format: context.errorFormat)?.text(
            scope: context.resource?.requiredScope)
        return make(status, body, context.errorFormat, fields)
    }

    private static func faultResponse(_ context: RequestContext) -> Response {
        let detail = "The server failed to answer. Its log has the cause under this request's id."
        let body =
            switch context.errorFormat {
            case .oauth: oauthBody("server_error", detail, reason: nil)
            case .problem:
                problemBody(
                    ProblemResource(
                        type: Refusal.problemType("internal_error"), title: "Internal error", status: 500,
                        detail: detail, code: "internal_error", requestID: context.requestID.description))
            }
        return make(500, body, context.errorFormat, HTTPFields())
    }

    private static func oauthBody(_ error: String, _ description: String, reason: RefreshRefusalReason?) -> [UInt8] {
        JSONWriter.object { json in
            json.member("error", error)
            json.member("error_description", description)
            if let reason { json.member("latchkey_reason", reason.rawValue) }
        }
    }

    private static func problemBody(_ problem: ProblemResource) -> [UInt8] {
        JSONWriter.object { json in
            json.member("type", problem.type)
            json.member("title", problem.title)
            json.member("status", problem.status)
            json.member("detail", problem.detail)
            json.member("code", problem.code)
            if let reason = problem.latchkeyReason { json.member("latchkey_reason", reason) }
            if let id = problem.requestID { json.member("request_id", id) }
        }
    }

    private static func make(_ status: Int, _ body: [UInt8], _ format: ErrorFormat, _ fields: HTTPFields) -> Response {
        var fields = fields
        fields[.contentType] = format == .oauth ? "application/json" : "application/problem+json"
        fields[.cacheControl] = "no-store"
        return Response(
            status: HTTPResponse.Status(code: status), headers: fields,
            body: ByteBuffer(bytes: body))
    }
}

extension Refusal {
    /// What an error of any kind means to the caller; nil for a fault, of which the caller is told nothing. Whatever is
    /// not known here is a fault: fail closed, and say nothing (ASVS 16.5.1).
    init?(telling error: any Error) {
        switch error {
        case let refusal as Refusal: self = refusal
        case is StoreUnavailable: self = Self.retryLater(after: .seconds(5))
        // Only a stopping server, or a caller who left, cancels a handler.
        case is CancellationError: self = Self.retryLater(after: .seconds(1))
        default: return nil
        }
    }

    private static func retryLater(after delay: Duration) -> Refusal {
        Refusal(
            .temporarilyUnavailable, "The server cannot do this at the moment and changed nothing. Try again later.",
            retryAfter: delay)
    }
}
