import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// A refusal as OAuth endpoints send it: `{"error":…,"error_description":…}` (RFC 6749 5.2).
struct OAuthError: Sendable, Equatable {
    /// A code from IANA's registry of OAuth extensions errors and its RFCs.
    let error: String
    /// The HTTP status.
    let status: Int
}

extension Refusal {
    /// The code and status at OAuth endpoints. No default: a new refusal does not compile until it has a place here.
    ///
    /// Refusals without a code in RFC 6749 (a wrong method, a body too large) are `invalid_request` with the status
    /// that HTTP defines. Refusals that ask the client to wait are `temporarily_unavailable`, with `Retry-After`.
    var oauth: OAuthError {
        switch code {
        case .invalidRequest, .passwordRejected: OAuthError(error: "invalid_request", status: 400)
        case .unsupportedMediaType: OAuthError(error: "invalid_request", status: 415)
        case .payloadTooLarge: OAuthError(error: "invalid_request", status: 413)
        case .headersTooLarge: OAuthError(error: "invalid_request", status: 431)
        case .requestTimeout: OAuthError(error: "invalid_request", status: 408)
        case .notFound: OAuthError(error: "invalid_request", status: 404)
        case .methodNotAllowed: OAuthError(error: "invalid_request", status: 405)
        case .conflict: OAuthError(error: "invalid_request", status: 409)
        case .notImplemented: OAuthError(error: "invalid_request", status: 501)
        case .invalidClient: OAuthError(error: "invalid_client", status: 401)
        case .unauthorizedClient: OAuthError(error: "unauthorized_client", status: 400)
        case .unsupportedGrantType: OAuthError(error: "unsupported_grant_type", status: 400)
        case .invalidScope: OAuthError(error: "invalid_scope", status: 400)
        case .invalidTarget: OAuthError(error: "invalid_target", status: 400)
        case .unsupportedTokenType: OAuthError(error: "unsupported_token_type", status: 400)
        case .invalidCredentials, .currentPasswordWrong, .passwordChangeRequired, .invalidGrant:
            OAuthError(error: "invalid_grant", status: 400)
        case .bearerMissing, .invalidToken: OAuthError(error: "invalid_token", status: 401)
        case .insufficientScope: OAuthError(error: "insufficient_scope", status: 403)
        case .csrfRejected, .cookieTransportCrossSite: OAuthError(error: "access_denied", status: 403)
        case .tooManyAttempts: OAuthError(error: "temporarily_unavailable", status: 429)
        case .overloaded, .clockSetBack, .temporarilyUnavailable:
            OAuthError(error: "temporarily_unavailable", status: 503)
        }
    }

    /// ``detail`` limited to the characters that RFC 6749 5.2 allows in `error_description`, which are also those of a
    /// quoted header value: any other character becomes a question mark.
    var description6749: String {
        let bytes = detail.utf8.prefix(512).map { byte in
            (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
                ? byte : UInt8(ascii: "?")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The errors of OAuth endpoints as JSON.
enum OAuthErrorFormat {
    static func rendering(of refusal: Refusal) -> RenderedError {
        let error = refusal.oauth
        return rendering(error, refusal.description6749, reason: refusal.latchkeyReason)
    }

    static func renderingOfFault(_ detail: String) -> RenderedError {
        rendering(OAuthError(error: "server_error", status: 500), detail, reason: nil)
    }

    private static func rendering(
        _ error: OAuthError, _ description: String, reason: RefreshRefusalReason?
    ) -> RenderedError {
        let body = JSONWriter.object { json in
            json.member("error", error.error)
            json.member("error_description", description)
            if let reason { json.member("latchkey_reason", reason.rawValue) }
        }
        return RenderedError(
            status: error.status, contentType: "application/json", body: body, fields: [.pragma: "no-cache"])
    }
}
