import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct RegisteredOriginsTests {
    private func client(_ id: String, _ origins: [String], disabled: Bool = false) throws -> Client {
        var draft = ClientDraft(id: try #require(ClientID(id)), kind: .public)
        draft.settings.firstParty = true
        draft.settings.origins = origins
        var client = try draft.validated(settings: Settings(issuer: "https://id.example"), at: Timestamp(seconds: 1))
        client.disabled = disabled
        return client
    }

    private func origins() throws -> RegisteredOrigins {
        RegisteredOrigins([
            try client("shop", ["https://shop.example.com", "https://shop.example.com:8443"]),
            try client("dev", ["http://localhost:5173"]), try client("gone", ["https://gone.example"], disabled: true),
            try client("blog", ["https://www.blog.example", "https://shop.example.com"]),
        ])
    }

    @Test func `an origin is known by its bytes, while its client is enabled`() throws {
        let origins = try origins()
        #expect(origins.contains("https://shop.example.com"))
        #expect(origins.contains("http://localhost:5173"))
        for other in ["https://gone.example", "https://SHOP.example.com", "https://shop.example.com/", "null", ""] {
            #expect(!origins.contains(other), "\(other)")
        }
        #expect(!origins.contains("https://shop.example.com\u{301}"))
    }

    @Test(arguments: [
        ("http://127.0.0.1:5173", "dev", "http://localhost:5173"),
        ("http://localhost:3000", "dev", "http://localhost:5173"),
        ("http://[::1]:5173", "dev", "http://localhost:5173"),
        // Of two clients that have it, the first by name.
        ("http://shop.example.com", "blog", "https://shop.example.com"),
        ("https://shop.example.com:9443", "blog", "https://shop.example.com"),
        ("https://blog.example", "blog", "https://www.blog.example"),
        ("https://pay.example.com", "blog", "https://shop.example.com"),
    ])
    func `the nearest is the one that was probably meant`(origin: String, client: String, nearest: String) throws {
        let found = try origins().nearest(to: origin)
        #expect(found?.origin == nearest)
        #expect(found?.client.description == client)
    }

    @Test(arguments: ["https://evil.test", "null", "", "https://gone.example", "https://192.0.2.1", "app.example.com"])
    func `where none is near, none is named`(origin: String) throws {
        #expect(try origins().nearest(to: origin) == nil)
    }
}
