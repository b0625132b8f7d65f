/// A "no" that is told to a client: what it did wrong or must wait for, never what went wrong inside.
///
/// Every refusal is rendered in exactly two places of the HTTP layer (RFC 6749 error JSON and RFC 9457 problem
/// details), by exhaustive switches over ``Code``. Anything thrown that is not a `Refusal` is a fault: it is logged
/// once and answered without detail. Equality is by code, so that a test writes the refusal it expects.
package struct Refusal: Error, Sendable, Equatable {
    /// The closed list of reasons. The raw value is stable and part of the HTTP contract (`code`).
    package enum Code: String, Sendable, CaseIterable {
        // What the caller sent
        case invalidRequest = "invalid_request"
        case unsupportedMediaType = "unsupported_media_type"
        case payloadTooLarge = "payload_too_large"
        case headersTooLarge = "headers_too_large"
        case requestTimeout = "request_timeout"
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case conflict = "conflict"
        case notImplemented = "not_implemented"
        // Clients (RFC 6749 5.2)
        case invalidClient = "invalid_client"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case invalidScope = "invalid_scope"
        case invalidTarget = "invalid_target"
        case unsupportedTokenType = "unsupported_token_type"
        // People
        case invalidCredentials = "invalid_credentials"
        case currentPasswordWrong = "current_password_wrong"
        case passwordRejected = "password_rejected"
        case passwordChangeRequired = "password_change_required"
        // Refresh tokens: all are `invalid_grant` at the token endpoint; the reason is in ``latchkeyReason``
        case invalidGrant = "invalid_grant"
        // Access tokens at our own API (RFC 6750 3.1)
        case bearerMissing = "bearer_missing"
        case invalidToken = "invalid_token"
        case insufficientScope = "insufficient_scope"
        // Browser rules
        case csrfRejected = "csrf_rejected"
        case cookieTransportCrossSite = "cookie_transport_cross_site"
        // Wait and try again
        case tooManyAttempts = "too_many_attempts"
        case overloaded = "overloaded"
        case clockSetBack = "clock_set_back"
        case temporarilyUnavailable = "temporarily_unavailable"
    }

    package let code: Code
    /// One sentence for the caller that says what to do. ASCII without quotes and backslashes (RFC 6749 5.2), and never
    /// an echo of input.
    package let detail: String
    /// Why a refresh token was refused; `nil` for every other refusal.
    package let latchkeyReason: RefreshRefusalReason?
    /// When a retry makes sense; rendered as `Retry-After` in whole seconds, rounded up.
    package let retryAfter: Duration?
    /// For the log only.
    package let note: String?
    /// Why a new password was refused; `nil` for every other refusal.
    package let passwordProblem: PasswordProblem?

    package init(
        _ code: Code,
        _ detail: String,
        reason: RefreshRefusalReason? = nil,
        retryAfter: Duration? = nil,
        note: String? = nil,
        problem: PasswordProblem? = nil
    ) {
        self.code = code
        self.detail = detail
        self.latchkeyReason = reason
        self.retryAfter = retryAfter
        self.note = note
        passwordProblem = problem
    }

    package static func == (lhs: Refusal, rhs: Refusal) -> Bool {
        lhs.code == rhs.code && lhs.latchkeyReason == rhs.latchkeyReason
    }
}

/// Why a refresh token was refused. Stable strings, sent to clients as `latchkey_reason`.
package enum RefreshRefusalReason: String, Sendable, CaseIterable {
    /// Not a token of ours: length, prefix, version, slot or tag is wrong.
    case malformed
    /// Well formed, but there is no such session (ended long ago and swept, or deleted).
    case unknown
    /// The idle or absolute lifetime is over.
    case expired
    /// The session, its user or its client was revoked, disabled or deleted.
    case revoked
    /// An old generation was used again: two parties hold the lineage. The session is ended.
    case replayed
    /// The token belongs to another client.
    case wrongClient = "wrong_client"
    /// A token of transport cookie was presented in a body, or vice versa.
    case wrongTransport = "wrong_transport"
}

/// The store could not do what was asked (disk full, read-only, corrupt, shut down): nothing of the request was
/// acknowledged. Answered with 503 and `Retry-After`.
package struct StoreUnavailable: Error, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether what was asked may be on disk all the same: the connection was lost while it was committed.
    package let mayHaveHappened: Bool

    package init(_ description: String, mayHaveHappened: Bool = false) {
        self.description = description
        self.mayHaveHappened = mayHaveHappened
    }
}
