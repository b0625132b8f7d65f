import HTTPTypes
import Metrics
import NIOCore
import Synchronization

/// Counts and times requests by method, route template and status. All three are closed sets, so nobody can blow the
/// metrics up by asking for random paths or methods.
final class RequestMetrics: Sendable {
    /// The route label of a path that names nothing.
    static let unmatched = "unmatched"

    private struct Key: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    /// Where the requests of one key are counted.
    struct Series: Sendable {
        fileprivate let counter: Counter
        fileprivate let timer: Metrics.Timer

        func count(_ elapsed: TimeAmount) {
            counter.increment()
            timer.recordNanoseconds(elapsed.nanoseconds)
        }
    }

    private let factory: any MetricsFactory
    private let series = Mutex<[Key: Series]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
    }

    /// - Parameter resource: nil for a path that names nothing.
    func series(_ method: HTTPRequest.Method, _ resource: RouteTable.Resource?, status: Int) -> Series {
        let key = Key(method: Self.label(method), route: resource?.template ?? Self.unmatched, status: status)
        return series.withLock { series in
            if let known = series[key] { return known }
            let dimensions = [("method", key.method), ("route", key.route)]
            let made = Series(
                counter: Counter(
                    label: "http_requests_total", dimensions: dimensions + [("status", "\(key.status)")],
                    factory: factory
                ),
                timer: Metrics.Timer(label: "http_request_duration_seconds", dimensions: dimensions, factory: factory)
            )
            series[key] = made
            return made
        }
    }

    /// A known method's name, or `other`.
    static func label(_ method: HTTPRequest.Method) -> String {
        switch method {
        case .get, .head, .post, .put, .patch, .delete, .options: method.rawValue
        default: "other"
        }
    }
}
