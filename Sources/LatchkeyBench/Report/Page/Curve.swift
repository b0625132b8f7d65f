import Foundation

/// A series over time, from zero, so that flat looks flat.
struct Curve {
    let series: Series

    private static let (width, height) = (400.0, 150.0)
    private static let (left, right, top, bottom) = (46.0, 8.0, 8.0, 20.0)
    /// More points than that are closer than a pixel: of each bundle the greatest is drawn, since peaks matter.
    private static let mostPoints = 360

    var html: String {
        let (seconds, values) = points
        guard let last = seconds.last, let highest = values.max(), last > 0 else { return "" }
        let top = Self.ceiling(highest)
        func x(_ second: Double) -> Double { Self.left + second / last * (Self.width - Self.left - Self.right) }
        func y(_ value: Double) -> Double {
            Self.height - Self.bottom - value / top * (Self.height - Self.top - Self.bottom)
        }
        let path = zip(seconds, values).map { "\(SVG.number(x($0))),\(SVG.number(y($1)))" }.joined(separator: " ")
        let levels = [0, top / 2, top].map { level in
            SVG.line(Self.left, y(level), Self.width - Self.right, y(level), "--rule")
                + "<text x=\"\(Self.left - 6)\" y=\"\(SVG.number(y(level) + 3.5))\" text-anchor=\"end\">"
                + "\(Number.mark(level))</text>"
        }
        let times = [0, last / 2, last].enumerated().map { index, time in
            let anchor = ["start", "middle", "end"][index]
            return "<text x=\"\(SVG.number(x(time)))\" y=\"\(Self.height - 5)\" text-anchor=\"\(anchor)\">"
                + "\(Number.mark(time.rounded())) s</text>"
        }
        return """
            <div><h3>\(Markup.text(series.title)) <span class="unit">\(Markup.text(series.unit))</span></h3>\
            <svg viewBox="0 0 \(SVG.number(Self.width)) \(SVG.number(Self.height))">\(levels.joined())\(times.joined())\
            <polyline points="\(path)" fill="none" stroke="var(--own)" stroke-width="1.6" stroke-linejoin="round"/>\
            </svg></div>
            """
    }

    private var points: (seconds: [Double], values: [Double]) {
        let count = min(series.seconds.count, series.values.count)
        let bundle = max(1, (count + Self.mostPoints - 1) / Self.mostPoints)
        let starts = Array(stride(from: 0, to: count, by: bundle))
        return (
            starts.map { series.seconds[$0] },
            starts.map { series.values[$0..<min(count, $0 + bundle)].max() ?? 0 }
        )
    }

    /// The next of 1, 2, 5 times a power of ten.
    private static func ceiling(_ value: Double) -> Double {
        guard value > 0 else { return 1 }
        let power = pow(10, log10(value).rounded(.down))
        return ([1, 2, 5].map { $0 * power }.first { $0 >= value }) ?? 10 * power
    }
}
