import LatchkeyCore
import LatchkeyTokens

extension Refusal {
    /// The refusal as problem details (RFC 9457). A refused refresh is 401 here: at `/api/v1/refresh` it means "sign in
    /// again", while the token endpoint has its own rule.
    var problem: ProblemResource {
        ProblemResource(
            type: Self.problemType(code.rawValue), title: problemTitle, status: problemStatus, detail: detail,
            code: code.rawValue, latchkeyReason: latchkeyReason?.rawValue)
    }

    /// The URI of a problem type. It is a name, not a location: there is nothing to fetch.
    static func problemType(_ code: String) -> String { "urn:latchkey:problem:\(code)" }

    private var problemStatus: Int {
        switch code {
        case .invalidRequest, .unauthorizedClient, .unsupportedGrantType, .invalidScope, .invalidTarget,
            .unsupportedTokenType:
            400
        case .invalidClient, .invalidCredentials, .invalidGrant, .bearerMissing, .invalidToken: 401
        // A wrong current password comes with a good token: a 401 would make applications refresh the token and ask
        // again.
        case .currentPasswordWrong, .passwordChangeRequired, .insufficientScope, .csrfRejected,
            .cookieTransportCrossSite:
            403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .conflict: 409
        case .payloadTooLarge: 413
        case .unsupportedMediaType: 415
        case .passwordRejected: 422
        case .tooManyAttempts: 429
        case .headersTooLarge: 431
        case .notImplemented: 501
        case .overloaded, .clockSetBack, .temporarilyUnavailable: 503
        }
    }

    private var problemTitle: String {
        switch code {
        case .invalidRequest: "The request is not acceptable"
        case .unsupportedMediaType: "The content type is not supported"
        case .payloadTooLarge: "The body is too large"
        case .headersTooLarge: "The request head is too large"
        case .requestTimeout: "The request took too long to arrive"
        case .notFound: "Not found"
        case .methodNotAllowed: "The method is not allowed here"
        case .conflict: "The request conflicts with the current state"
        case .notImplemented: "Not implemented"
        case .invalidClient: "The client is unknown or not authenticated"
        case .unauthorizedClient: "The client may not do this"
        case .unsupportedGrantType: "The grant type is not supported"
        case .invalidScope: "The scope cannot be granted"
        case .invalidTarget: "The target cannot be granted"
        case .unsupportedTokenType: "The token type is not supported"
        case .invalidCredentials: "Wrong user name or password"
        case .currentPasswordWrong: "The current password is wrong"
        case .passwordRejected: "The password is not acceptable"
        case .passwordChangeRequired: "The password must be changed first"
        case .invalidGrant: "The refresh token is not valid"
        case .bearerMissing: "An access token is required"
        case .invalidToken: "The access token is not valid"
        case .insufficientScope: "The access token does not cover this"
        case .csrfRejected: "The request did not come from an origin of the client"
        case .cookieTransportCrossSite: "Cookie transport works same-site only"
        case .tooManyAttempts: "Too many attempts"
        case .overloaded: "Too many requests at the moment"
        case .clockSetBack: "The server's clock is wrong"
        case .temporarilyUnavailable: "Temporarily unavailable"
        }
    }
}

/// Problem details as JSON.
enum ProblemFormat {
    static func rendering(of refusal: Refusal) -> RenderedError { rendering(refusal.problem) }

    static func renderingOfFault(_ detail: String, _ context: RequestContext) -> RenderedError {
        rendering(
            ProblemResource(
                type: Refusal.problemType("internal_error"), title: "Internal error", status: 500, detail: detail,
                code: "internal_error", requestID: context.requestID.description))
    }

    private static func rendering(_ problem: ProblemResource) -> RenderedError {
        let body = JSONWriter.object { json in
            json.member("type", problem.type)
            json.member("title", problem.title)
            json.member("status", problem.status)
            json.member("detail", problem.detail)
            json.member("code", problem.code)
            if let reason = problem.latchkeyReason { json.member("latchkey_reason", reason) }
            if let id = problem.requestID { json.member("request_id", id) }
        }
        return RenderedError(status: problem.status, contentType: "application/problem+json", body: body)
    }
}
