import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP

/// A refusal as a page. No default: a new refusal does not compile until it has a place here.
enum ErrorAnswer {
    static func response(_ refusal: Refusal?, _ context: RequestContext, _ pages: PageServices) -> Response {
        let setting = PageSetting(pages.language)
        guard let refusal else {
            return pages.renderer.response(
                ErrorPage(.fault, requestID: "\(context.requestID)"), setting, status: .internalServerError)
        }
        let (cause, status) = place(of: refusal.code)
        let wait = refusal.retryAfter.map { Int(max(1, $0.secondsRoundedUp)) }
        return pages.renderer.response(
            ErrorPage(
                cause, requestID: "\(context.requestID)", wait: wait,
                detail: cause == .request ? refusal.detail : nil),
            setting, status: status, extra: wait.map { [.retryAfter: String($0)] } ?? [:])
    }

    private static func place(of code: Refusal.Code) -> (ErrorPage.Cause, HTTPResponse.Status) {
        switch code {
        case .invalidRequest, .invalidClient, .unauthorizedClient, .unsupportedGrantType, .invalidScope, .invalidTarget,
            .unsupportedTokenType, .invalidCredentials, .currentPasswordWrong, .passwordRejected,
            .passwordChangeRequired, .invalidGrant:
            (.request, .badRequest)
        case .unsupportedMediaType: (.request, .unsupportedMediaType)
        case .payloadTooLarge: (.tooLarge, .contentTooLarge)
        case .headersTooLarge: (.tooLarge, .requestHeaderFieldsTooLarge)
        case .requestTimeout: (.request, .requestTimeout)
        case .notFound: (.notFound, .notFound)
        case .methodNotAllowed: (.method, .methodNotAllowed)
        case .conflict: (.request, .conflict)
        case .notImplemented: (.request, .notImplemented)
        case .bearerMissing, .invalidToken: (.request, .unauthorized)
        case .insufficientScope: (.request, .forbidden)
        case .csrfRejected, .cookieTransportCrossSite: (.foreignForm, .forbidden)
        case .tooManyAttempts: (.tooManyAttempts, .tooManyRequests)
        case .overloaded, .clockSetBack, .temporarilyUnavailable: (.busy, .serviceUnavailable)
        }
    }
}
