import HTTPTypes
import LatchkeyHTTP
import LatchkeyPages
import LatchkeyTokens
import NIOCore
import Testing

/// The style sheet, the script and the logo.
struct PageFilesTests {
    private static let logo = Array("<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>".utf8)

    private func answer(
        _ path: String, query: String? = nil, headers: HTTPFields = [:], logo: Bool = true
    ) -> Response? {
        let branding = Branding(name: "Example", logo: logo ? Branding.Logo(Self.logo) : nil)
        let files = PageFiles(branding: branding)
        return files.answer(path, Request(method: .get, query: query, headers: headers, body: ByteBuffer()))
    }

    @Test(arguments: [
        (PagePath.styleSheet, "text/css; charset=utf-8"), (PagePath.script, "text/javascript; charset=utf-8"),
        (PagePath.logo, "image/svg+xml"),
    ])
    func `A file has its type and a strong tag, and is checked again unless its content is named`(
        path: String, type: String
    ) throws {
        let plain = try #require(answer(path))
        #expect(plain.status == .ok && plain.headers[.contentType] == type)
        #expect(plain.headers[.cacheControl] == "public, no-cache")
        let tag = try #require(plain.headers[.eTag])
        #expect(tag.hasPrefix("\"") && tag.utf8.count == 18)
        let version = String(tag.dropFirst().dropLast())

        let named = try #require(answer(path, query: "v=\(version)"))
        #expect(named.headers[.cacheControl] == "public, max-age=31536000, immutable")
        let other = try #require(answer(path, query: "v=0000000000000000"))
        #expect(other.headers[.cacheControl] == "public, no-cache")

        let known = try #require(answer(path, headers: [.ifNoneMatch: tag]))
        #expect(known.status == .notModified && known.body.readableBytes == 0)
    }

    @Test(arguments: [PagePath.styleSheet, PagePath.script])
    func `A compressed file has a tag of its own`(path: String) throws {
        let plain = try #require(answer(path))
        let coded = try #require(answer(path, headers: [.acceptEncoding: "gzip"]))
        #expect(coded.headers[.contentEncoding] == "gzip" && coded.body.readableBytes < plain.body.readableBytes)
        #expect(coded.headers[.eTag] != plain.headers[.eTag])
        #expect(coded.headers[.vary] == "Accept-Encoding" && plain.headers[.vary] == "Accept-Encoding")
    }

    @Test func `A logo cannot run anything, and without one there is no such file`() throws {
        let logo = try #require(answer(PagePath.logo))
        #expect(logo.headers[.contentSecurityPolicy] == "default-src 'none'; style-src 'unsafe-inline'; sandbox")
        #expect(answer(PagePath.logo, logo: false) == nil)
    }

    @Test func `Only pictures are logos`() {
        let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]
        #expect(Branding.Logo(png) != nil && Branding.Logo(Array("<?xml version=\"1.0\"?><svg/>".utf8)) != nil)
        for bytes in ["", "<html><svg>", "GIF89a", "<?xml version=\"1.0\"?><html/>", " svg"] {
            #expect(Branding.Logo(Array(bytes.utf8)) == nil)
        }
        #expect(Branding.Logo(png + [UInt8](repeating: 0, count: Branding.Logo.longest)) == nil)
        #expect(Branding.Logo(Array("<svg>".utf8) + [0xFF]) == nil)
    }

    @Test func `The style sheet names no side, no other host and no unknown colour`() {
        let text = PageFiles(branding: Branding(name: "Example")).styleSheetText
        for physical in [
            "left", "right", "margin-top", "margin-bottom", "padding-top", "padding-bottom", "width:1", "min-width:",
            "height:", "url(", "@import", "http",
        ] {
            let found = text.replacing("line-height:", with: "").replacing("min-block-size", with: "")
            #expect(!found.contains(physical), "\(physical)")
        }
        #expect(text.contains("--accent:#7d5400") && text.contains("--accent:#e5bc62"))
    }

    @Test func `The script writes text and never markup`() {
        let text = PageFiles(branding: Branding(name: "Example")).scriptText
        for forbidden in [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval", "Function(", "fetch",
        ] {
            #expect(!text.contains(forbidden), "\(forbidden)")
        }
        #expect(text.utf8.count < 3 * 1024)
    }

    @Test func `An accent of the deployer is in the style sheet`() throws {
        let branding = Branding(
            name: "Example", lightAccent: try #require(Colour("#005A9C")), darkAccent: try #require(Colour("#7FC4FF")))
        let text = PageFiles(branding: branding).styleSheetText
        #expect(text.contains("--accent:#005a9c") && text.contains("--accent:#7fc4ff") && !text.contains("#7d5400"))
    }
}

/// Colours that people can read.
struct BrandingTests {
    @Test(arguments: ["#000000", "#7D5400", "#7d5400", "#ffffff"])
    func `A colour is read and written`(text: String) throws {
        #expect(try #require(Colour(text)).description == text.asciiLowercased)
    }

    @Test(arguments: [
        "", "#", "7D5400", "#7D54", "#7D54000", "#7D540G", "#７D5400", "red", "#7D5400\u{301}", "#fff", " #7D5400",
    ])
    func `Anything else is no colour`(text: String) { #expect(Colour(text) == nil) }

    @Test func `Contrast is that of WCAG`() throws {
        let (black, white) = (try #require(Colour("#000000")), try #require(Colour("#FFFFFF")))
        #expect(black.contrast(on: white) == 21 && white.contrast(on: black) == 21 && white.contrast(on: white) == 1)
        let grey = try #require(Colour("#767676"))
        #expect((4.54..<4.55).contains(grey.contrast(on: white)))
    }

    @Test func `Our own accents can be read`() {
        #expect(Branding.accentTrouble(Palette.light.accent, .light) == nil)
        #expect(Branding.accentTrouble(Palette.dark.accent, .dark) == nil)
    }

    @Test func `An accent that is too light or too dark is refused with its contrast`() throws {
        let yellow = try #require(Colour("#E5BC62"))
        #expect(Branding.accentTrouble(yellow, .light)?.contains("contrast of 1.6 on the light page") ?? false)
        let navy = try #require(Colour("#003366"))
        #expect(Branding.accentTrouble(navy, .light) == nil && Branding.accentTrouble(navy, .dark) != nil)
        // Enough on white, not on paper.
        let grey = try #require(Colour("#767676"))
        #expect(Branding.accentTrouble(grey, .light)?.contains("4.2") ?? false)
    }

    @Test func `Every pair of colours that the style sheet puts on one another can be read`() {
        for palette in [Palette.light, .dark] {
            let texts = [
                palette.ink, palette.hint, palette.accent, palette.accentHover, palette.bad, palette.ok, palette.warn,
            ]
            for text in texts {
                for ground in [palette.paper, palette.card] { #expect(text.contrast(on: ground) >= 4.5) }
            }
            #expect(palette.onAccent.contrast(on: palette.accent) >= 4.5)
            #expect(palette.onAccent.contrast(on: palette.accentHover) >= 4.5)
            for ground in [palette.okGround, palette.badGround, palette.soft, palette.sunk] {
                #expect(palette.ink.contrast(on: ground) >= 4.5)
            }
            #expect(palette.hint.contrast(on: palette.sunk) >= 4.5 && palette.ok.contrast(on: palette.okGround) >= 4.5)
            for ground in [palette.paper, palette.card] {
                #expect(palette.edge.contrast(on: ground) >= 3 && palette.info.contrast(on: ground) >= 3)
            }
        }
    }

    @Test func `Ids that differ in one character have marks of eight cuts and five heights`() {
        let marks = (0..<200).map { BittingMark("0199c2f0-1111-7abc-8def-00000000\($0)") }
        #expect(marks.allSatisfy { $0.cuts.count == 8 && $0.cuts.allSatisfy((0..<5).contains) })
        #expect(Set(marks).count == 200 && Set(marks.flatMap(\.cuts)).count == 5)
        #expect(BittingMark("a") == BittingMark("a"))
        // SHA-256 of "abc" begins with ba 78 16 bf 8f 01 cf ea.
        #expect(BittingMark("abc").cuts == [1, 0, 2, 1, 3, 1, 2, 4])
    }
}
