import LatchkeyHTTP
import Metrics
import Testing

/// The text that Prometheus scrapes.
@Suite struct PrometheusRegistryTests {
    @Test func `counters, gauges and histograms are rendered sorted and escaped`() {
        let registry = PrometheusRegistry()
        registry.describe("b_total", kind: .counter, "Two\nlines")
        registry.makeCounter(label: "b_total", dimensions: [("z", "1"), ("a", "q\"\\\n")]).increment(by: 2)
        registry.makeCounter(label: "b_total", dimensions: [("a", "q\"\\\n"), ("z", "1")]).increment(by: 3)
        registry.makeMeter(label: "a-gauge", dimensions: []).set(1.5)
        let timer = registry.makeTimer(label: "c_seconds", dimensions: [("k", "v")])
        timer.recordNanoseconds(2_000_000)
        timer.recordNanoseconds(20_000_000_000)
        let lines = registry.render().split(separator: "\n")
        #expect(lines[0...1] == ["# TYPE a_gauge gauge", "a_gauge 1.5"])
        #expect(
            lines[2...4] == [
                "# HELP b_total Two\\nlines", "# TYPE b_total counter", "b_total{a=\"q\\\"\\\\\\n\",z=\"1\"} 5",
            ])
        #expect(lines.contains("c_seconds_bucket{k=\"v\",le=\"0.001\"} 0"))
        #expect(lines.contains("c_seconds_bucket{k=\"v\",le=\"0.0025\"} 1"))
        #expect(lines.contains("c_seconds_bucket{k=\"v\",le=\"+Inf\"} 2"))
        #expect(lines.contains("c_seconds_sum{k=\"v\"} 20.002"))
        #expect(lines.contains("c_seconds_count{k=\"v\"} 2"))
    }

    @Test func `a metric stops growing`() {
        let registry = PrometheusRegistry()
        for index in 0..<(PrometheusRegistry.maxSeries + 5) {
            registry.makeCounter(label: "flood_total", dimensions: [("id", "\(index)")]).increment(by: 1)
        }
        let lines = registry.render().split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("flood_total{") }.count == PrometheusRegistry.maxSeries)
        #expect(lines.contains("latchkey_metrics_dropped_series_total 5"))
    }

    @Test func `increments from many threads all count`() async {
        let registry = PrometheusRegistry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = registry.makeCounter(label: "n_total", dimensions: [])
                    for _ in 0..<1000 { counter.increment(by: 1) }
                }
            }
        }
        #expect(registry.render().contains("n_total 8000"))
    }
}
