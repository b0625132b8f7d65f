/// An error as `application/problem+json` (RFC 9457), as a reader of our admin and user API gets it.
/// The request's id is in the header `X-Request-Id`, not here: two refusals of the same kind have the same body.
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

    package init(
        type: String, title: String, status: Int, detail: String, code: String, latchkeyReason: String? = nil
    ) {
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
        self.code = code
        self.latchkeyReason = latchkeyReason
    }

    enum CodingKeys: String, CodingKey {
        case type, title, status, detail, code
        case latchkeyReason = "latchkey_reason"
    }
}
