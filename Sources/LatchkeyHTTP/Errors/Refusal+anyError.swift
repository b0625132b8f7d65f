import Hummingbird
import LatchkeyCore

extension Refusal {
    /// What an error of any kind means to the caller; nil for a fault, of which the caller is told nothing. Whatever is
    /// not known here is a fault: fail closed, and say nothing (ASVS 16.5.1).
    init?(telling error: any Error) {
        switch error {
        case let refusal as Refusal: self = refusal
        case is StoreUnavailable: self = Self.retryLater(after: .seconds(5))
        // Only a stopping server, or a caller who left, cancels a handler.
        case is CancellationError: self = Self.retryLater(after: .seconds(1))
        case let response as any HTTPResponseError: self.init(status: Int(response.status.code))
        default: return nil
        }
    }

    private static func retryLater(after delay: Duration) -> Refusal {
        Refusal(
            .temporarilyUnavailable, "The server cannot do this at the moment and changed nothing. Try again later.",
            retryAfter: delay)
    }

    /// The framework's own refusals. Their texts may quote the request, so ours take their place.
    private init?(status: Int) {
        switch status {
        case 404: self.init(.notFound, "There is nothing at this path.")
        case 405: self.init(.methodNotAllowed, "This path does not have that method.")
        case 408: self.init(.requestTimeout, "The request did not arrive in time.")
        case 413: self.init(.payloadTooLarge, "The body is larger than 64 KiB.")
        case 415: self.init(.unsupportedMediaType, "The content type is not supported here.")
        case 400..<500: self.init(.invalidRequest, "The request is not acceptable.")
        default: return nil
        }
    }
}
