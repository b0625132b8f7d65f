import HTTPTypes
import Hummingbird
import LatchkeyCore

/// The last step before a handler: refuses what the transport found wanting, unknown paths (404) and methods that the
/// path does not have (405), and answers `OPTIONS`. The router behind it splits paths more generously than we do, so
/// only what the route table itself resolved gets there.
struct RouteGuardMiddleware: RouterMiddleware {
    typealias Context = RequestContext

    func handle(
        _ request: Request,
        context: RequestContext,
        next: @concurrent (Request, RequestContext) async throws -> Response
    ) async throws -> Response {
        if let refusal = context.source.refusal { throw refusal }
        guard let resource = context.resource else {
            throw Refusal(.notFound, "There is nothing at this path.")
        }
        guard resource.route(for: request.method) != nil else {
            guard request.method == .options else {
                throw Refusal(
                    .methodNotAllowed, "This path does not have that method; the Allow header lists its methods.")
            }
            let allow = resource.allowedMethods.map(\.rawValue).joined(separator: ", ")
            return Response(status: .noContent, headers: [.allow: allow])
        }
        return try await next(request, context)
    }
}
