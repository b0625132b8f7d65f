import Foundation

/// A logarithmic scale along the width of a small plot.
struct Axis {
    let lower: Double
    let upper: Double
    let width: Double
    /// Room at both ends for what is drawn around a point.
    static let margin = 8.0

    /// - Parameter values: positive ones are covered, to the next mark.
    init(covering values: [Double], width: Double) {
        let positive = values.filter { $0 > 0 }
        let (least, most) = (positive.min() ?? 1, positive.max() ?? 10)
        let start = Self.marks.last { $0 <= least } ?? 1
        lower = start
        upper = Self.marks.first { $0 >= most && $0 > start } ?? start * 10
        self.width = width
    }

    init(from lower: Double, to upper: Double, width: Double) {
        self.lower = lower
        self.upper = upper
        self.width = width
    }

    /// Where a value lies; what is beyond an end lies at the end.
    func x(_ value: Double) -> Double {
        let share = log(min(max(value, lower), upper) / lower) / log(upper / lower)
        return Self.margin + share * (width - 2 * Self.margin)
    }

    /// Powers of ten inside.
    var decades: [Double] {
        Self.marks.enumerated().filter { $0.offset.isMultiple(of: 3) }.map(\.element).filter(covers)
    }

    private func covers(_ value: Double) -> Bool { value >= lower * 0.999 && value <= upper * 1.001 }

    /// 1, 2, 5, 10, 20, 50, ... from a thousandth to a hundred million.
    private static let marks: [Double] = (-3...8).flatMap { power in [1, 2, 5].map { $0 * pow(10, Double(power)) } }

    /// Marks with their numbers, as the head of a column of plots.
    func head(_ marks: [Double], _ name: (Double) -> String) -> String {
        let ticks = marks.map { mark in
            let anchor = x(mark) < 14 ? "start" : x(mark) > width - 14 ? "end" : "middle"
            let place = anchor == "start" ? 0 : anchor == "end" ? width : x(mark)
            return "<text x=\"\(SVG.number(place))\" y=\"10\" text-anchor=\"\(anchor)\">\(name(mark))</text>"
        }
        return SVG.strip(width: width, height: 13, ticks.joined())
    }

    /// Faint lines at the marks.
    func grid(_ marks: [Double], height: Double) -> String {
        marks.map { SVG.line(x($0), 0, x($0), height, "--rule") }.joined()
    }
}

/// The few shapes that the page draws. Colours are names of the style sheet's variables.
enum SVG {
    static func strip(width: Double, height: Double, _ content: String) -> String {
        "<svg width=\"\(number(width))\" height=\"\(number(height))\" "
            + "viewBox=\"0 0 \(number(width)) \(number(height))\">\(content)</svg>"
    }

    static func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String, width: Double = 1
    ) -> String {
        "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" "
            + "stroke=\"var(\(colour))\" stroke-width=\"\(number(width))\" stroke-linecap=\"round\"/>"
    }

    static func dot(_ x: Double, _ y: Double, _ colour: String, radius: Double = 4) -> String {
        "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\" fill=\"var(\(colour))\"/>"
    }

    /// From the least to the greatest, with the median as a dot.
    static func whisker(_ spread: Spread, on axis: Axis, _ y: Double, _ colour: String) -> String {
        line(axis.x(spread.minimum), y, axis.x(spread.maximum), y, colour, width: 3)
            + dot(axis.x(spread.median), y, colour)
    }

    static func number(_ value: Double) -> String { Number.fixed(value, value == value.rounded() ? 0 : 1) }
}
