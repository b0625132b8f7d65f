import Foundation
import LatchkeyPages
import Testing

/// Writes every page in every language as a file, for pictures and for programs that judge accessibility:
///
///     LATCHKEY_PAGES_FOLDER=/tmp/pages swift test --filter StaticPagesTests
struct StaticPagesTests {
    private static let folder = ProcessInfo.processInfo.environment["LATCHKEY_PAGES_FOLDER"]

    @Test(.enabled(if: folder != nil, "LATCHKEY_PAGES_FOLDER names the folder"))
    func `All pages are written`() throws {
        let folder = URL(filePath: try #require(Self.folder), directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let renderer = try PageRenderer(branding: Branding(name: "Example"))
        for language in Language.allCases {
            for sample in SamplePages.all() {
                // The files lie beside the pages, and nothing leaves a page that is looked at.
                let html = sample.html(renderer, language).replacing("=\"/pages/", with: "=\"")
                    .replacing("<script>", with: "<script type=\"text/plain\">")
                    .replacing("http-equiv=\"refresh\"", with: "name=\"refresh\"")
                try Data(html.utf8).write(to: folder.appending(path: "\(sample.name).\(language.rawValue).html"))
            }
        }
        try Data(renderer.files.styleSheetText.utf8).write(to: folder.appending(path: "latchkey.css"))
        try Data(renderer.files.scriptText.utf8).write(to: folder.appending(path: "pages.js"))
    }
}
