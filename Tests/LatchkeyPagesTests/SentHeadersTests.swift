import HTTPTypes
import LatchkeyPages
import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import LatchkeyHTTP

/// The headers of pages and their files as they leave the server, after its own defaults have joined them.
struct SentHeadersTests {
    /// Name and values of each field.
    private func sent(_ target: String) async throws -> [String: [String]] {
        let renderer = try PageRenderer(branding: Branding(name: "Example"))
        let page = Route(
            .get, "/account", "page", query: .tolerant,
            .open { _, _ in
                renderer.response(
                    AccountChoicePage(
                        client: ShownClient(name: "Orders", host: nil, isFirstParty: true), username: "ada", fields: []),
                    PageSetting(.english), status: .ok)
            })
        var settings = HTTPService.Settings()
        settings.isIssuerSecure = true
        let service = HTTPService(
            routes: RouteTable([page] + renderer.files.routes), settings: settings, metrics: RequestMetrics(),
            now: { 0 }, renderError: ErrorRenderer.render)
        let source = RequestSource(logger: Logger(label: "test"), peer: nil, isTLS: true, isLocalOperator: false)
        let prepared = service.prepare(
            method: .get, target: target, fields: [:], body: ByteBuffer(), source: source)
        let head = await service.respond(to: prepared).parts
        #expect(head.status == .ok)
        return Dictionary(grouping: head.headers) { $0.name.lowercased() }.mapValues { $0.map(\.value) }
    }

    @Test func `The page's own headers win, and none is sent twice`() async throws {
        let sent = try await sent("/account")
        #expect(sent.filter { $0.value.count != 1 }.isEmpty)
        #expect(sent["referrer-policy"] == ["same-origin"])
        #expect(sent["content-security-policy"]?[0].contains("form-action 'self'") ?? false)
        #expect(sent["cache-control"] == ["no-store"] && sent["x-content-type-options"] == ["nosniff"])
        #expect(sent["strict-transport-security"] == ["max-age=63072000"])
    }

    @Test(arguments: [PagePath.styleSheet, PagePath.script])
    func `A file may be kept, and shows nothing by itself`(path: String) async throws {
        let sent = try await sent(path)
        #expect(sent.filter { $0.value.count != 1 }.isEmpty)
        #expect(sent["cache-control"] == ["public, no-cache"])
        #expect(sent["content-security-policy"]?[0].contains("default-src 'none'") ?? false)
        #expect(sent["cross-origin-resource-policy"] == ["same-origin"])
    }
}
