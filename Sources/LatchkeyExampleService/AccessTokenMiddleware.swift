import HTTPTypes
import Hummingbird
import LatchkeyTokens
import LatchkeyVerifier
import Logging

/// What a request carries in addition to HTTP: the accepted token.
struct OrdersContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set by ``AccessTokenMiddleware``.
    var token: VerifiedToken?

    init(source: Source) {
        coreContext = .init(source: source)
    }
}

/// Lets requests pass that carry a good access token with one scope, and answers the others according to RFC 6750.
struct AccessTokenMiddleware: RouterMiddleware {
    typealias Context = OrdersContext

    private static let scheme = "bearer "

    let verifier: TokenVerifier
    /// The scope that these routes require.
    let scope: String

    func handle(
        _ request: Request, context: OrdersContext, next: @concurrent (Request, OrdersContext) async throws -> Response
    ) async throws -> Response {
        // A missing token is not an error yet (RFC 6750 section 3.1): the response says what is required, and nothing
        // else.
        guard let header = request.headers[.authorization], header.lowercased().hasPrefix(Self.scheme) else {
            return Self.refusal(.unauthorized, "Bearer")
        }
        let text = header.dropFirst(Self.scheme.count)
        let token: VerifiedToken
        do throws(VerificationError) {
            token = try await verifier.verify(String(text))
        } catch {
            context.logger.info("Token refused", metadata: ["lk.reason": "\(error)"])
            guard error.isTemporary else {
                return Self.refusal(
                    .unauthorized, "Bearer error=\"invalid_token\", error_description=\"\(error.code.rawValue)\"")
            }
            // Not the caller's fault: the token may be good, but the service cannot say that it was not revoked.
            return Response(status: .serviceUnavailable, headers: [.retryAfter: "5"])
        }
        guard token.claims.scope.contains(scope) else {
            return Self.refusal(.forbidden, "Bearer error=\"insufficient_scope\", scope=\"\(scope)\"")
        }
        var context = context
        context.token = token
        return try await next(request, context)
    }

    private static func refusal(_ status: HTTPResponse.Status, _ challenge: String) -> Response {
        Response(status: status, headers: [.wwwAuthenticate: challenge])
    }
}
