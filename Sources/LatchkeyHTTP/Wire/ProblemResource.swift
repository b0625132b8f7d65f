/// An error as `application/problem+json` (RFC 9457), as a reader of our admin and user API gets it.
package struct ProblemResource: Codable, Sendable, Equatable {
    /// A URI that names the kind of problem: `urn:latchkey:problem:<code>`.
    package let type: String
    /// The same short sentence for every problem of this type.
    package let title: String
    /// The HTTP status.
    package let status: Int
    /// What to do about this one.
    package let detail: String
    /// The stable code, see `Refusal.Code`; `internal_error` for a fault.
    package let code: String
    /// Why a refresh token was refused.
    package let latchkeyReason: String?
    /// The request's id, as in the log and in the header `X-Request-Id`; only for a failure of the server, so that two
    /// refusals of the same kind have the same body.
    package let requestID: String?

    package init(
        type: String, title: String, status: Int, detail: String, code: String, latchkeyReason: String? = nil,
        requestID: String? = nil
    ) {
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
        self.code = code
        self.latchkeyReason = latchkeyReason
        self.requestID = requestID
    }

    enum CodingKeys: String, CodingKey {
        case type, title, status, detail, code
        case latchkeyReason = "latchkey_reason"
        case requestID = "request_id"
    }
}
