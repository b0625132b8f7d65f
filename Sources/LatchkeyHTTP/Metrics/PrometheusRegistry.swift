package import CoreMetrics
import Synchronization

/// A metrics factory for swift-metrics that renders Prometheus' text format. Labels must come from closed sets; as a
/// last line of defence a metric stops growing at ``maxSeries`` series, and what is beyond is counted but not kept.
package final class PrometheusRegistry: MetricsFactory {
    /// Most series (label combinations) of one metric.
    package static let maxSeries = 1000

    private enum Cell {
        case counter(PrometheusCounter)
        case gauge(PrometheusGauge)
        case histogram(PrometheusHistogram)
    }

    private struct Family {
        let kind: String
        var series: [String: Cell] = [:]
        var help: String?
    }

    private struct State {
        var families: [String: Family] = [:]
        var dropped = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Gives a metric the text of its `# HELP` line.
    package func describe(_ label: String, kind: Kind, _ help: String) {
        let name = PrometheusText.name(label)
        state.withLock { state in
            state.families[name, default: Family(kind: kind.rawValue)].help = help
        }
    }

    /// The kinds of metric in Prometheus' words.
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions, unit: 1) : gauge(label, dimensions)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, unit: 1e-9)
    }

    // A series lives as long as the process, so that a counter never starts over when its last handle goes.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> PrometheusCounter {
        let cell = cell(label, dimensions, kind: .counter) { .counter(PrometheusCounter()) }
        if case .counter(let counter) = cell { return counter }
        return PrometheusCounter()
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> PrometheusGauge {
        let cell = cell(label, dimensions, kind: .gauge) { .gauge(PrometheusGauge()) }
        if case .gauge(let gauge) = cell { return gauge }
        return PrometheusGauge()
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)], unit: Double) -> PrometheusHistogram {
        let cell = cell(label, dimensions, kind: .histogram) { .histogram(PrometheusHistogram(unit: unit)) }
        if case .histogram(let histogram) = cell { return histogram }
        return PrometheusHistogram(unit: unit)
    }

    /// The series' cell. One name used as two kinds, or one series too many, gets a cell that is not rendered.
    private func cell(
        _ label: String, _ dimensions: [(String, String)], kind: Kind, make: () -> Cell
    ) -> Cell {
        let name = PrometheusText.name(label)
        let labels = PrometheusText.labels(dimensions)
        return state.withLock { state in
            let family = state.families[name, default: Family(kind: kind.rawValue)]
            if let known = family.series[labels], family.kind == kind.rawValue { return known }
            let made = make()
            guard family.kind == kind.rawValue, family.series.count < Self.maxSeries else {
                state.dropped += 1
                return made
            }
            state.families[name, default: family].series[labels] = made
            return made
        }
    }

    // MARK: Rendering

    /// The content type of ``render()``.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All series in text exposition format 0.0.4, sorted, ending in a line feed.
    package func render() -> String {
        let (families, dropped) = state.withLock { ($0.families, $0.dropped) }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            if let help = family.help { text += "# HELP \(name) \(PrometheusText.help(help))\n" }
            text += "# TYPE \(name) \(family.kind)\n"
            for (labels, cell) in family.series.sorted(by: { $0.key < $1.key }) {
                switch cell {
                case .counter(let counter): text += PrometheusText.line(name, labels, counter.value)
                case .gauge(let gauge): text += PrometheusText.line(name, labels, gauge.value)
                case .histogram(let histogram): text += histogram.render(name, labels)
                }
            }
        }
        text += "# TYPE latchkey_metrics_dropped_series_total counter\n"
        return text + PrometheusText.line("latchkey_metrics_dropped_series_total", "", Double(dropped))
    }
}
