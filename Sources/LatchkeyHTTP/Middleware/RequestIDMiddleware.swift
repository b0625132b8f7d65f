import HTTPTypes
import Hummingbird

/// Tells the client the request's name, for its own log and for asking us about it.
struct RequestIDMiddleware: RouterMiddleware {
    typealias Context = RequestContext

    func handle(
        _ request: Request,
        context: RequestContext,
        next: @concurrent (Request, RequestContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.xRequestID] = context.requestID.description
        return response
    }
}

extension HTTPField.Name {
    // The names are valid tokens; the fallbacks only satisfy the failable initialiser.
    static let xRequestID = HTTPField.Name("X-Request-Id") ?? .server
    static let referrerPolicy = HTTPField.Name("Referrer-Policy") ?? .server
}
