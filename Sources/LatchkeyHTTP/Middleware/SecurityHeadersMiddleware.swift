import HTTPTypes
import Hummingbird

/// Headers that every response carries (ASVS 3.4) unless its handler has set its own: nothing of ours is to be sniffed,
/// framed, cached or told to other sites by accident.
struct SecurityHeadersMiddleware: RouterMiddleware {
    typealias Context = RequestContext

    /// HSTS for two years, only when the issuer is https: on http it would be ignored, or lock a developer out.
    let isIssuerSecure: Bool

    func handle(
        _ request: Request,
        context: RequestContext,
        next: @concurrent (Request, RequestContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        setDefault("nosniff", for: .xContentTypeOptions, in: &response)
        setDefault("no-referrer", for: .referrerPolicy, in: &response)
        setDefault(
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'", for: .contentSecurityPolicy, in: &response
        )
        setDefault("no-store", for: .cacheControl, in: &response)
        if isIssuerSecure { setDefault("max-age=63072000", for: .strictTransportSecurity, in: &response) }
        return response
    }

    private func setDefault(_ value: String, for name: HTTPField.Name, in response: inout Response) {
        if !response.headers.contains(name) { response.headers[name] = value }
    }
}
