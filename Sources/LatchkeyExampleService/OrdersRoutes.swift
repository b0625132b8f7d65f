import HTTPTypes
import Hummingbird
import LatchkeyTokens
import LatchkeyVerifier
import Synchronization

/// Orders by the subject of the token, kept until the process ends.
final class OrdersRoutes: Sendable {
    private static let mostOrders = 100
    private static let longestItem = 100

    private let verifier: TokenVerifier
    private let orders = Mutex<[String: [String]]>([:])

    init(verifier: TokenVerifier) {
        self.verifier = verifier
    }

    var router: Router<OrdersContext> {
        let router = Router(context: OrdersContext.self)
        router.get("healthz") { [verifier] _, _ in
            verifier.status.isReady ? HTTPResponse.Status.ok : .serviceUnavailable
        }
        router.group("orders")
            .add(middleware: AccessTokenMiddleware(verifier: verifier, scope: "orders:read"))
            .get { _, context in self.list(context) }
        router.group("orders")
            .add(middleware: AccessTokenMiddleware(verifier: verifier, scope: "orders:write"))
            .post { request, context in self.add(request, context) }
        return router
    }

    private func list(_ context: OrdersContext) -> [String] {
        guard let subject = context.token?.claims.subject else { return [] }
        return orders.withLock { $0[subject] ?? [] }
    }

    private func add(_ request: Request, _ context: OrdersContext) -> HTTPResponse.Status {
        guard let subject = context.token?.claims.subject, let item = request.uri.queryParameters["item"],
            (1...Self.longestItem).contains(item.utf8.count)
        else { return .badRequest }
        return orders.withLock { orders in
            guard orders[subject, default: []].count < Self.mostOrders else { return .conflict }
            orders[subject, default: []].append(String(item))
            return .created
        }
    }
}
