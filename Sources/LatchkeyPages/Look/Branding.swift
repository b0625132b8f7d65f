import LatchkeyTokens

/// How a deployer makes the pages its own: a name, a picture, a colour a scheme.
package struct Branding: Sendable {
    package var name: String
    package var logo: Logo?
    /// For links and the main button; checked by ``accentTrouble(_:_:)``.
    package var lightAccent: Colour
    package var darkAccent: Colour

    package init(
        name: String, logo: Logo? = nil, lightAccent: Colour = Palette.light.accent,
        darkAccent: Colour = Palette.dark.accent
    ) {
        self.name = name
        self.logo = logo
        self.lightAccent = lightAccent
        self.darkAccent = darkAccent
    }

    /// What text needs to be read (WCAG 2.2, 1.4.3).
    package static let leastContrast = 4.5

    /// Why people could not read a link of this colour; nil when they can. For `config check`.
    package static func accentTrouble(_ accent: Colour, _ palette: Palette) -> String? {
        for (ground, name) in [(palette.paper, "page"), (palette.card, "card")] {
            let contrast = accent.contrast(on: ground)
            if contrast < leastContrast {
                // Rounded down, so that 4.49 is not called 4.5.
                let tenths = Int(contrast * 10)
                return "The accent \(accent) has a contrast of \(tenths / 10).\(tenths % 10) on the \(palette.name) "
                    + "\(name) (\(ground)); text needs at least 4.5."
            }
        }
        return nil
    }

    /// The picture beside the name: a file of the deployer, served by us.
    package struct Logo: Sendable {
        enum Form: String { case png = "image/png", svg = "image/svg+xml" }

        let bytes: [UInt8]
        let form: Form

        /// Larger pictures would slow every first page.
        package static let longest = 256 * 1024

        /// Nil unless these are the bytes of a PNG or SVG file of at most ``longest`` bytes.
        package init?(_ bytes: [UInt8]) {
            guard bytes.count <= Self.longest else { return nil }
            if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
                form = .png
            } else if Self.isSVG(bytes) {
                form = .svg
            } else {
                return nil
            }
            self.bytes = bytes
        }

        private static func isSVG(_ bytes: [UInt8]) -> Bool {
            let start = bytes.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
            guard start.starts(with: "<svg".utf8) || start.starts(with: "<?xml".utf8) || start.starts(with: "<!--".utf8)
            else { return false }
            return String(validating: bytes, as: UTF8.self) != nil
                && String(decoding: bytes, as: UTF8.self).utf8.contains("<svg".utf8)
        }
    }
}

extension String.UTF8View {
    /// Whether the bytes stand somewhere in these.
    fileprivate func contains(_ bytes: String.UTF8View) -> Bool {
        var rest = self[...]
        while let start = rest.firstIndex(of: bytes.first ?? 0) {
            rest = rest[start...]
            if rest.starts(with: bytes) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}

/// The colours of one scheme.
package struct Palette: Sendable {
    let name: String
    package let paper: Colour
    package let card: Colour
    package let sunk: Colour
    package let ink: Colour
    package let hint: Colour
    package let line: Colour
    package let edge: Colour
    package let accent: Colour
    package let accentHover: Colour
    package let onAccent: Colour
    package let soft: Colour
    package let ok: Colour
    package let warn: Colour
    package let bad: Colour
    package let info: Colour
    package let okGround: Colour
    package let warnGround: Colour
    package let badGround: Colour
    package let infoGround: Colour

    package static let light = Palette(
        name: "light", paper: .init(known: "#FAF8F4"), card: .init(known: "#FFFFFF"), sunk: .init(known: "#F1EEE7"),
        ink: .init(known: "#1C2126"), hint: .init(known: "#505963"), line: .init(known: "#DDD8CD"),
        edge: .init(known: "#7F7A6D"), accent: .init(known: "#7D5400"), accentHover: .init(known: "#5E3F00"),
        onAccent: .init(known: "#FFFFFF"), soft: .init(known: "#F7ECD2"), ok: .init(known: "#1D6B3B"),
        warn: .init(known: "#8A4A00"), bad: .init(known: "#A81E1E"), info: .init(known: "#1D5A96"),
        okGround: .init(known: "#E6F3EA"), warnGround: .init(known: "#FCF0DE"), badGround: .init(known: "#FBEAEA"),
        infoGround: .init(known: "#E8F0F9"))

    package static let dark = Palette(
        name: "dark", paper: .init(known: "#13161A"), card: .init(known: "#1B2026"), sunk: .init(known: "#0E1114"),
        ink: .init(known: "#ECE9E3"), hint: .init(known: "#AEB5BD"), line: .init(known: "#343B43"),
        edge: .init(known: "#7D8791"), accent: .init(known: "#E5BC62"), accentHover: .init(known: "#F2D28A"),
        onAccent: .init(known: "#17130A"), soft: .init(known: "#2E2717"), ok: .init(known: "#7FCF9A"),
        warn: .init(known: "#F2B369"), bad: .init(known: "#FF9D94"), info: .init(known: "#90C6FF"),
        okGround: .init(known: "#16291D"), warnGround: .init(known: "#33260F"), badGround: .init(known: "#331B1B"),
        infoGround: .init(known: "#15273A"))

    /// The custom properties of the style sheet.
    /// - Parameter accent: the deployer's; its hover and ground are made of it.
    func properties(accent: Colour) -> String {
        let isOwn = accent == self.accent
        let pairs: [(String, Colour)] = [
            ("paper", paper), ("card", card), ("sunk", sunk), ("ink", ink), ("hint", hint), ("line", line),
            ("edge", edge), ("accent", accent),
            ("accent-hover", isOwn ? accentHover : accent.mixed(with: ink, share: 0.25)),
            ("on-accent", onAccent), ("soft", isOwn ? soft : card.mixed(with: accent, share: 0.12)), ("ok", ok),
            ("warn", warn), ("bad", bad), ("info", info), ("ok-ground", okGround), ("warn-ground", warnGround),
            ("bad-ground", badGround), ("info-ground", infoGround),
        ]
        return pairs.map { "--\($0):\($1)" }.joined(separator: ";")
    }
}
