import HTTPTypes
import Hummingbird
import Logging
import Metrics
import Synchronization

/// Counts and times requests by method, route template and status. All three are closed sets, so nobody can blow the
/// metrics up by asking for random paths or methods.
final class MetricsMiddleware: RouterMiddleware {
    typealias Context = RequestContext

    /// The route label of a path that names nothing.
    static let unmatched = "unmatched"

    private struct Key: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private struct Handles {
        let counter: Counter
        let timer: Metrics.Timer
    }

    private let factory: any MetricsFactory
    private let handles = Mutex<[Key: Handles]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
    }

    func handle(
        _ request: Request,
        context: RequestContext,
        next: @concurrent (Request, RequestContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let key = Key(
            method: Self.label(request.method),
            route: context.resource?.template ?? Self.unmatched,
            status: response.status.code
        )
        let handles = handles(for: key)
        handles.counter.increment()
        let elapsed = (ContinuousClock.now - start).components
        handles.timer.recordNanoseconds(elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000)
        return response
    }

    /// A known method's name, or `other`.
    static func label(_ method: HTTPRequest.Method) -> String {
        switch method {
        case .get, .head, .post, .put, .patch, .delete, .options: method.rawValue
        default: "other"
        }
    }

    private func handles(for key: Key) -> Handles {
        handles.withLock { handles in
            if let known = handles[key] { return known }
            let dimensions = [("method", key.method), ("route", key.route)]
            let made = Handles(
                counter: Counter(
                    label: "http_requests_total", dimensions: dimensions + [("status", "\(key.status)")],
                    factory: factory
                ),
                timer: Metrics.Timer(label: "http_request_duration_seconds", dimensions: dimensions, factory: factory)
            )
            handles[key] = made
            return made
        }
    }
}

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
