import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// The only place where an error becomes a response, in the format of the route. Handlers throw; they build no error
/// body.
package enum ErrorRenderer {
    /// Renders `error` in the format of the path of `context`. Logs nothing: the code that catches the error logs it.
    @Sendable
    package static func render(_ error: any Error, _ context: RequestContext) -> Response {
        guard let refusal = Refusal(telling: error) else {
            return response(context.errorFormat.renderingOfFault(context), HTTPFields())
        }
        let rendered = context.errorFormat.rendering(of: refusal)
        var fields = HTTPFields()
        if let retryAfter = refusal.retryAfter {
            fields[.retryAfter] = String(max(1, retryAfter.secondsRoundedUp))
        }
        fields[.wwwAuthenticate] = BearerChallenge(
            refusal, status: rendered.status, format: context.errorFormat,
            isAboutToken: context.resource?.isAboutToken ?? false
        )?.text(scope: context.resource?.requiredScope)
        return response(rendered, fields)
    }

    private static func response(_ rendered: RenderedError, _ fields: HTTPFields) -> Response {
        var fields = fields
        fields[.contentType] = rendered.contentType
        fields[.cacheControl] = "no-store"
        fields.append(contentsOf: rendered.fields)
        return Response(
            status: HTTPResponse.Status(code: rendered.status), headers: fields,
            body: ByteBuffer(bytes: rendered.body))
    }
}

extension Refusal {
    /// What an error means to the caller; nil for a fault, about which the caller is told nothing. Everything unknown
    /// is a fault: fail closed, without detail (ASVS 16.5.1).
    init?(telling error: any Error) {
        switch error {
        case let refusal as Refusal: self = refusal
        case let error as StoreUnavailable:
            self = error.mayHaveHappened ? Self.unsure : Self.retryLater(after: .seconds(5))
        // A handler is cancelled only by a server that stops or a caller that left.
        case is CancellationError: self = Self.retryLater(after: .seconds(1))
        default: return nil
        }
    }

    private static var unsure: Refusal {
        Refusal(
            .temporarilyUnavailable,
            "The database did not say whether this has happened, and it may have. Look before you try again.",
            retryAfter: .seconds(5))
    }

    private static func retryLater(after delay: Duration) -> Refusal {
        Refusal(
            .temporarilyUnavailable, "The server cannot do this at the moment and changed nothing. Try again later.",
            retryAfter: delay)
    }
}
