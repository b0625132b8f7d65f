import LatchkeyHTTP
import Testing

/// The text that Prometheus scrapes.
struct RequestMetricsTests {
    private let metrics = RequestMetrics()

    private var lines: [Substring] {
        var page = PrometheusPage()
        metrics.write(to: &page)
        return page.text.split(separator: "\n")
    }

    @Test func `requests are counted by method, route and status, and timed by method and route`() {
        metrics.series("GET", route: "/b", status: 200).count(nanoseconds: 2_000_000)
        metrics.series("GET", route: "/b", status: 404).count(nanoseconds: 20_000_000_000)
        metrics.series("GET", route: "/b", status: 200).count(nanoseconds: 2_000_000)
        metrics.series("GET", route: "/a", status: 200).count(nanoseconds: 0)
        #expect(
            lines.filter { $0.hasPrefix("http_requests_total") } == [
                "http_requests_total{method=\"GET\",route=\"/a\",status=\"200\"} 1",
                "http_requests_total{method=\"GET\",route=\"/b\",status=\"200\"} 2",
                "http_requests_total{method=\"GET\",route=\"/b\",status=\"404\"} 1",
            ])
        let name = "http_request_duration_seconds"
        let labels = "method=\"GET\",route=\"/b\""
        #expect(lines.contains("\(name)_bucket{\(labels),le=\"0.001\"} 0"))
        #expect(lines.contains("\(name)_bucket{\(labels),le=\"0.0025\"} 2"))
        #expect(lines.contains("\(name)_bucket{\(labels),le=\"10.0\"} 2"))
        #expect(lines.contains("\(name)_bucket{\(labels),le=\"+Inf\"} 3"))
        #expect(lines.contains("\(name)_sum{\(labels)} 20.004"))
        #expect(lines.contains("\(name)_count{\(labels)} 3"))
        #expect(lines.filter { $0.hasPrefix("# TYPE") }.count == 3)
    }

    @Test func `labels and help are escaped`() {
        var page = PrometheusPage()
        page.head("a", .gauge, "Two\nlines")
        page.line("a", PrometheusPage.labels([("z", "1"), ("b", "q\"\\\n")]), 1.5)
        #expect(page.text == "# HELP a Two\\nlines\n# TYPE a gauge\na{b=\"q\\\"\\\\\\n\",z=\"1\"} 1.5\n")
    }

    @Test func `the metrics stop growing`() {
        for status in 0..<(RequestMetrics.maxSeries + 5) {
            metrics.series("GET", route: "/a", status: status).count(nanoseconds: 0)
        }
        #expect(lines.filter { $0.hasPrefix("http_requests_total{") }.count == RequestMetrics.maxSeries)
        #expect(lines.contains("latchkey_metrics_dropped_series_total 5"))
    }

    @Test func `requests of many threads all count`() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 { metrics.series("GET", route: "/a", status: 200).count(nanoseconds: 1_000) }
                }
            }
        }
        #expect(lines.contains { $0.hasPrefix("http_requests_total{") && $0.hasSuffix(" 8000") })
    }
}
