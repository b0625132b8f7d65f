import Hummingbird
import Logging

/// One debug line a request: method, route template, status, time. No path, no query, no header, no address: whoever
/// looks for secrets in the log finds none. The request id is in the logger already.
struct AccessLogMiddleware: RouterMiddleware {
    typealias Context = RequestContext

    func handle(
        _ request: Request,
        context: RequestContext,
        next: @concurrent (Request, RequestContext) async throws -> Response
    ) async throws -> Response {
        guard context.logger.logLevel <= .debug else { return try await next(request, context) }
        let start = ContinuousClock.now
        let response = try await next(request, context)
        context.logger.debug(
            "Request answered",
            metadata: [
                "lk.method": "\(MetricsMiddleware.label(request.method))",
                "lk.route": "\(context.resource?.template ?? MetricsMiddleware.unmatched)",
                "lk.status": "\(response.status.code)",
                "lk.duration": "\(ContinuousClock.now - start)",
            ]
        )
        return response
    }
}
