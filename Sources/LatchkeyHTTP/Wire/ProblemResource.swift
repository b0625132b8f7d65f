import LatchkeyCore

/// An error as `application/problem+json` (RFC 9457), as clients of our admin and user API get it.
package struct ProblemResource: WireObject, Equatable {
    package let type: String
    package let title: String
    package let status: Int
    package let detail: String
    package let code: String
    package let latchkeyReason: String?
    /// Omitted from refusals, so that two of the same kind have the same body.
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

    package static let schema = ObjectSchema(
        resource: "Problem", "RFC 9457.", ProblemResource.init,
        Member("type", \.type, "urn:latchkey:problem:<code>."),
        Member("title", \.title, "The same short sentence for every problem of this type."),
        Member("status", \.status),
        Member("detail", \.detail, "What to do about this one."),
        Member("code", \.code, as: .choice(Refusal.Code.allCases.map(\.rawValue) + ["internal_error"])),
        Member(
            "latchkey_reason", \.latchkeyReason, "Why a refresh token was refused.",
            as: .choice(of: RefreshRefusalReason.self)),
        Member(
            "request_id", \.requestID,
            "Only for a failure of the server: the id in its log and in the header X-Request-Id."))
}
