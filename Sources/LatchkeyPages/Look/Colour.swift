import Foundation
import LatchkeyBytes

/// A colour of sRGB, as `#7D5400`.
package struct Colour: Sendable, Hashable, CustomStringConvertible {
    private let red: UInt8
    private let green: UInt8
    private let blue: UInt8

    /// Nil unless the text is `#` and six hexadecimal digits.
    package init?(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "#"), let parts = Hexadecimal.decode(text.utf8.dropFirst()),
            parts.count == 3
        else { return nil }
        (red, green, blue) = (parts[0], parts[1], parts[2])
    }

    /// One of ours.
    init(known text: String) {
        guard let colour = Colour(text) else { preconditionFailure("\(text) is no colour") }
        self = colour
    }

    private init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }

    package var description: String {
        "#" + Hexadecimal.string([red, green, blue])
    }

    /// The contrast of text of this colour on a ground (WCAG 2.2): 1 to 21.
    package func contrast(on ground: Colour) -> Double {
        let (one, other) = (luminance, ground.luminance)
        return (max(one, other) + 0.05) / (min(one, other) + 0.05)
    }

    /// Part of the way to another colour.
    func mixed(with other: Colour, share: Double) -> Colour {
        let mix = { (one: UInt8, two: UInt8) in UInt8((Double(one) * (1 - share) + Double(two) * share).rounded()) }
        return Colour(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
    }

    /// Relative luminance (WCAG 2.2).
    private var luminance: Double {
        let linear = { (part: UInt8) -> Double in
            let value = Double(part) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}
