import HTTPTypes
import Synchronization

/// Counts and times requests by method, route template and status, since the start. All three are closed sets, so
/// random paths or methods cannot inflate the metrics; as a last line of defence, nothing is kept beyond ``maxSeries``.
package final class RequestMetrics: Sendable {
    /// The route label of an unknown path.
    static let unmatched = "unmatched"
    /// The most combinations of labels.
    package static let maxSeries = 1000

    private struct Key: Hashable {
        let method: String
        let route: String
        let status: Int

        var dimensions: [(String, String)] { [("method", method), ("route", route)] }
    }

    private struct Timed: Hashable {
        let method: String
        let route: String
    }

    /// Where the requests of one method, route and status are counted.
    package struct Series: Sendable {
        fileprivate let counter: RequestCounter
        fileprivate let times: RequestTimes

        /// Counts one more request.
        package func count(nanoseconds: Int64) {
            counter.increment()
            times.add(nanoseconds: nanoseconds)
        }
    }

    private struct State {
        var series: [Key: Series] = [:]
        /// One for all statuses of a method and route.
        var times: [Timed: RequestTimes] = [:]
        var dropped: Int64 = 0
    }

    private let state = Mutex(State())

    /// Nothing counted yet.
    package init() {}

    /// - Parameter resource: nil for an unknown path.
    func series(_ method: HTTPRequest.Method, _ resource: RouteTable.Resource?, status: Int) -> Series {
        series(Self.label(method), route: resource?.template ?? Self.unmatched, status: status)
    }

    /// - Parameters:
    ///   - method: a label of ``label(_:)``.
    ///   - route: a template, never a path.
    package func series(_ method: String, route: String, status: Int) -> Series {
        let key = Key(method: method, route: route, status: status)
        return state.withLock { state in
            if let known = state.series[key] { return known }
            let timed = Timed(method: method, route: route)
            let made = Series(counter: RequestCounter(), times: state.times[timed] ?? RequestTimes())
            guard state.series.count < Self.maxSeries else {
                state.dropped += 1
                return made
            }
            state.series[key] = made
            state.times[timed] = made.times
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

    /// All series, sorted.
    package func write(to page: inout PrometheusPage) {
        let (series, times, dropped) = state.withLock { ($0.series, $0.times, $0.dropped) }
        if !times.isEmpty {
            page.head("http_request_duration_seconds", .histogram, nil)
            let labelled = times.map { (PrometheusPage.labels([("method", $0.method), ("route", $0.route)]), $1) }
            for (labels, times) in labelled.sorted(by: { $0.0 < $1.0 }) {
                let (counts, sum) = times.figures
                page.histogram(
                    "http_request_duration_seconds", labels, bounds: RequestTimes.bounds, counts: counts, sum: sum)
            }
        }
        if !series.isEmpty {
            page.head("http_requests_total", .counter, nil)
            let labelled = series.map { key, series in
                (PrometheusPage.labels(key.dimensions + [("status", "\(key.status)")]), series.counter.value)
            }
            for (labels, count) in labelled.sorted(by: { $0.0 < $1.0 }) {
                page.line("http_requests_total", labels, Double(count))
            }
        }
        page.head("latchkey_metrics_dropped_series_total", .counter, nil)
        page.line("latchkey_metrics_dropped_series_total", "", Double(dropped))
    }
}

/// Requests so far.
private final class RequestCounter: Sendable {
    private let count = Atomic<Int64>(0)

    var value: Int64 { count.load(ordering: .relaxed) }

    func increment() { count.wrappingAdd(1, ordering: .relaxed) }
}

/// How long requests took, in classes from 100 µs to 10 s.
private final class RequestTimes: Sendable {
    /// In seconds. Longer times are in a class of their own.
    static let bounds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private struct State {
        var counts = [Int64](repeating: 0, count: RequestTimes.bounds.count + 1)
        /// Nanoseconds.
        var sum: Int64 = 0
    }

    private let state = Mutex(State())

    /// The count of each class, and the total in seconds.
    var figures: (counts: [Int64], sum: Double) { state.withLock { ($0.counts, Double($0.sum) / 1_000_000_000) } }

    func add(nanoseconds: Int64) {
        let seconds = Double(nanoseconds) / 1_000_000_000
        let place = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.counts[place] += 1
            state.sum += nanoseconds
        }
    }
}
