import CoreMetrics
import Synchronization

/// A counter without a lock: whole increments and fractions add up in one floating-point word, exact up to 2^53.
final class PrometheusCounter: CounterHandler, FloatingPointCounterHandler {
    private let bits = AtomicDouble()

    var value: Double { bits.value }

    func increment(by amount: Int64) { bits.add(Double(amount)) }
    func increment(by amount: Double) { bits.add(amount) }
    func reset() { bits.store(0) }
}

/// A value that goes up and down.
final class PrometheusGauge: MeterHandler, RecorderHandler {
    private let bits = AtomicDouble()

    var value: Double { bits.value }

    func set(_ value: Int64) { bits.store(Double(value)) }
    func set(_ value: Double) { bits.store(value) }
    func increment(by amount: Double) { bits.add(amount) }
    func decrement(by amount: Double) { bits.add(-amount) }
    func record(_ value: Int64) { bits.store(Double(value)) }
    func record(_ value: Double) { bits.store(value) }
}

/// A histogram with fixed buckets; for times from 100 µs to 10 s, in seconds.
final class PrometheusHistogram: TimerHandler, RecorderHandler {
    private struct State {
        var counts = [Int](repeating: 0, count: PrometheusHistogram.bounds.count)
        var count = 0
        var sum = 0.0
    }

    private static let bounds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private let unit: Double
    private let state = Mutex(State())

    /// - Parameter unit: what an integer stands for: 1e-9 for nanoseconds.
    init(unit: Double) { self.unit = unit }

    func recordNanoseconds(_ duration: Int64) { add(Double(duration) * unit) }
    func record(_ value: Int64) { add(Double(value) * unit) }
    func record(_ value: Double) { add(value * unit) }

    private func add(_ value: Double) {
        let bucket = Self.bounds.firstIndex { value <= $0 }
        state.withLock { state in
            if let bucket { state.counts[bucket] += 1 }
            state.count += 1
            state.sum += value
        }
    }

    func render(_ name: String, _ labels: String) -> String {
        let state = state.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var text = ""
        var cumulative = 0
        for (bound, count) in zip(Self.bounds, state.counts) {
            cumulative += count
            text += PrometheusText.line("\(name)_bucket", "\(prefix)le=\"\(bound)\"", Double(cumulative))
        }
        text += PrometheusText.line("\(name)_bucket", "\(prefix)le=\"+Inf\"", Double(state.count))
        text += PrometheusText.line("\(name)_sum", labels, state.sum)
        return text + PrometheusText.line("\(name)_count", labels, Double(state.count))
    }
}

/// A floating-point number that threads add to without a lock.
private final class AtomicDouble: Sendable {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func store(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let result = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if result.exchanged { return }
            old = result.original
        }
    }
}

/// The lexical rules of Prometheus' text format.
enum PrometheusText {
    /// A metric's name: whatever is not allowed becomes an underscore.
    static func name(_ label: String) -> String {
        let mapped = label.utf8.map { byte -> Character in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "_"):
                Character(UnicodeScalar(byte))
            default: "_"
            }
        }
        return (mapped.first?.isNumber == true ? "_" : "") + String(mapped)
    }

    /// Labels without braces, sorted by name, values escaped.
    static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.sorted { $0.0 < $1.0 }
            .map { "\(name($0.0))=\"\(escape($0.1, quote: true))\"" }
            .joined(separator: ",")
    }

    static func help(_ text: String) -> String { escape(text, quote: false) }

    static func line(_ name: String, _ labels: String, _ value: Double) -> String {
        "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(number(value))\n"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { String($0) } ?? "\(value)"
    }

    private static func escape(_ text: String, quote: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quote: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
