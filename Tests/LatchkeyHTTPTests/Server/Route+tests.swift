import HTTPTypes
import LatchkeyHTTP

extension Route {
    /// A route for anyone.
    static func open(
        _ method: HTTPRequest.Method, _ template: String, errors: ErrorFormat = .problem, operation: String,
        isLongPoll: Bool = false, query: QueryRule? = nil,
        _ work: @escaping @Sendable (Request, RequestContext) async throws -> Response
    ) -> Route {
        Route(method, template, operation, errors: errors, query: query, isLongPoll: isLongPoll, .open(work))
    }

    /// A route of any kind that has nothing to do but to tell that it was reached.
    static func reached(
        _ method: HTTPRequest.Method, _ template: String, _ access: RouteAccess, errors: ErrorFormat = .problem
    ) -> Route {
        Route(method, template, "\(method) \(template)", errors: errors, query: .tolerant, reached(access))
    }

    private static func reached(_ access: RouteAccess) -> Handler {
        let done = Response(status: .ok)
        return switch access {
        case .open: .open { _, _ in done }
        case .client: .client(.all) { _, _, _ in done }
        case .application: .application { _, _, _ in done }
        case .firstParty: .firstParty { _, _, _ in done }
        case .listReader: .listReader { _, _, _ in done }
        case .bearer: .bearer { _, _, _ in done }
        case .account: .account { _, _, _ in done }
        case .receiver: .receiver { _, _, _ in done }
        case .admin(let use): .admin(use) { _, _, _ in done }
        case .operator: .operator { _, _, _ in done }
        case .session: .session { _, _, _ in done }
        case .begunSignIn: .begunSignIn { _, _, _ in done }
        case .userInfo: .userInfo { _, _, _ in done }
        case .forwarded: .forwarded { _, _, _ in done }
        }
    }
}
