import HTTPTypes
import Hummingbird
import LatchkeyCore

/// Answers preflights and marks answers by ``CORSPolicy``. Stands outside of the error rendering, so that a page of the
/// right origin can read a refusal too.
struct CORSMiddleware: RouterMiddleware {
    typealias Context = RequestContext

    let policy: CORSPolicy
    let directory: ClientDirectory

    func handle(
        _ request: Request,
        context: RequestContext,
        next: @concurrent (Request, RequestContext) async throws -> Response
    ) async throws -> Response {
        let sent = request.headers[values: .origin]
        let origin = sent.count == 1 ? sent[0] : nil
        guard let resource = context.resource, context.source.refusal == nil else {
            return try await next(request, context)
        }
        if request.method == .options, let origin, request.headers.contains(.accessControlRequestMethod) {
            // Without a database nobody is let in; the request itself will tell what is wrong.
            let known = (try? await directory.origins()) ?? []
            return Response(
                status: .noContent, headers: policy.preflight(resource, origin: origin, known: known))
        }
        var response = try await next(request, context)
        for field in policy.answer(resource, origin: origin, client: context.browser.origins) {
            response.merge(field)
        }
        return response
    }
}

/// Sends the cookie that a handler noted, with a refusal as well as with a success.
struct CookieMiddleware: RouterMiddleware {
    typealias Context = RequestContext

    func handle(
        _ request: Request,
        context: RequestContext,
        next: @concurrent (Request, RequestContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        if let cookie = context.browser.cookie { response.headers[.setCookie] = cookie }
        return response
    }
}

extension Response {
    /// Sets a field; `Vary` is extended, since handlers have their own reasons to vary.
    fileprivate mutating func merge(_ field: HTTPField) {
        if field.name == .vary, let own = headers[.vary] {
            headers[.vary] = "\(own), \(field.value)"
        } else {
            headers[field.name] = field.value
        }
    }
}
