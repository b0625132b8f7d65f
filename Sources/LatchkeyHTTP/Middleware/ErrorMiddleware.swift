import Hummingbird

/// Turns whatever a handler or the route guard throws into a response. The renderer knows both error formats, logs a
/// fault once, and gives the client no detail of it.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = RequestContext

    let render: HTTPService.ErrorRenderer

    func handle(
        _ request: Request,
        context: RequestContext,
        next: @concurrent (Request, RequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return render(error, context)
        }
    }
}
